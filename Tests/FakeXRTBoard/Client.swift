import Foundation
import Threads

/// An opened handle: its buffers, contexts and events.
final class Client: @unchecked Sendable {
  // @unchecked: everything that changes is locked.

  private struct State {
    var buffers: [UInt32: BoardMemory.Buffer] = [:]
    var nextBuffer: UInt32 = 1
    var contexts: Set<Int> = []
    /// Contexts that were granted for another image and are worth nothing.
    var emptyContexts: Set<Int> = []
    var events = 0
    var spuriousEvents: Int
  }

  private let board: Board
  private let state: Monitor<State>

  init(_ board: Board) {
    self.board = board
    state = Monitor(State(spuriousEvents: board.configuration.update { $0.spuriousEvents }))
    board.opened()
  }

  /// Gives back what is left, as the kernel does.
  func close() {
    for context in state.update({ Array($0.contexts) }) { _ = closeContext(core: context) }
    for (number, buffer) in state.update({ $0.buffers }) {
      board.note("buffer \(number) of \(buffer.byteCount) bytes was left at the closing of its handle")
      board.memory.release(buffer)
    }
    board.closed()
  }

  func load(_ image: UnsafeRawPointer) -> Int32 { board.load(image) }

  func index(ofCore name: String) -> Int32 { board.index(ofCore: name).map { Int32($0) } ?? -ENOENT }

  func openContext(_ uuid: [UInt8], core: Int) -> Int32 {
    let configuration = board.configuration.update { $0 }
    if let refusal = configuration.contextErrno { return -refusal }
    guard board.isLoaded(uuid) else {
      guard configuration.grantsWrongUUID else { return -EINVAL }
      state.update { _ = $0.emptyContexts.insert(core) }
      return 0
    }
    guard board.unit(core) != nil else { return -EINVAL }
    let isNew = state.update { $0.contexts.insert(core).inserted }
    guard isNew else { return -EINVAL }
    board.contextOpened()
    return 0
  }

  func closeContext(core: Int) -> Int32 {
    let isEmpty = state.update { $0.emptyContexts.remove(core) != nil }
    if isEmpty { return 0 }
    let isMine = state.update { $0.contexts.remove(core) != nil }
    guard isMine else { return -EINVAL }
    // The kernel waits for what is on its way, and gives the cores up if that does not end.
    if board.unit(core)?.abort(of: self) == true { board.turnBad() }
    board.contextClosed()
    return 0
  }

  func allocate(byteCount: Int, flags: UInt32) -> UInt32 {
    board.dawdle()
    let limit = board.configuration.update { $0.allocationLimit }
    guard let buffer = board.memory.allocate(byteCount: byteCount, flags: flags, limit: limit) else { return .max }
    return state.update { state in
      let number = state.nextBuffer
      state.nextBuffer += 1
      state.buffers[number] = buffer
      return number
    }
  }

  func buffer(_ number: UInt32) -> BoardMemory.Buffer? { state.update { $0.buffers[number] } }

  func map(_ number: UInt32) -> UnsafeMutableRawPointer? {
    guard let buffer = buffer(number) else { return nil }
    buffer.mappings += 1
    return buffer.host
  }

  func unmap(_ number: UInt32, _ bytes: UnsafeMutableRawPointer?) -> Int32 {
    guard let buffer = buffer(number), bytes == buffer.host, buffer.mappings > 0 else { return -EINVAL }
    buffer.mappings -= 1
    return 0
  }

  func free(_ number: UInt32) {
    guard let buffer = state.update({ $0.buffers.removeValue(forKey: number) }) else {
      return board.note("a buffer was freed that is none")
    }
    if buffer.mappings > 0 { board.note("buffer \(number) was freed while it was mapped") }
    board.memory.release(buffer)
  }

  func sync(_ number: UInt32, direction: UInt32, byteCount: Int, offset: Int) -> Int32 {
    board.dawdle()
    guard let buffer = buffer(number), direction <= 1, offset >= 0, byteCount >= 0,
      offset <= buffer.byteCount, byteCount <= buffer.byteCount - offset
    else { return -EINVAL }
    let sync = board.nextSync()
    let (isLost, isRefused) = board.configuration.update {
      ($0.lostSyncs.contains(sync), $0.refusedSyncs.contains(sync))
    }
    if isRefused { return -EIO }
    if !isLost { board.memory.sync(buffer, offset: offset, byteCount: byteCount, toDevice: direction == 0) }
    return 0
  }

  func execute(_ number: UInt32) -> Int32 {
    guard let buffer = buffer(number), buffer.isCommand else { return -EINVAL }
    if board.isBad { return -EDEADLK }
    let words = (0..<44).map { buffer.host.load(fromByteOffset: 4 * $0, as: UInt32.self) }
    let check = CommandCheck(words, memory: board.memory)
    guard let core = check.core, state.update({ $0.contexts.contains(core) }), let unit = board.unit(core) else {
      return -EINVAL
    }
    let fault = board.nextJob()
    if let refusal = fault?.errno {
      if refusal == EDEADLK { board.turnBad() }
      return -refusal
    }
    unit.submit(ComputeUnit.Command(buffer, self, check, fault))
    return 0
  }

  func raiseEvent() { state.update { $0.events += 1 } }

  /// Waits for an event and takes it.
  func wait(milliseconds: Int) -> Int32 {
    let isSpurious = state.update { state -> Bool in
      guard state.spuriousEvents > 0 else { return false }
      state.spuriousEvents -= 1
      return true
    }
    if isSpurious { return 1 }
    return state.wait(timeLimit: .milliseconds(milliseconds)) { state -> Int32? in
      guard state.events > 0 else { return nil }
      state.events -= 1
      return 1
    } ?? 0
  }

  func read(core: Int, offset: UInt32) -> UInt32? {
    guard offset < 1 << 16, offset % 4 == 0 else { return nil }
    return board.unit(core)?.read(offset)
  }

  func write(core: Int, offset: UInt32, _ value: UInt32) -> Int32 {
    guard offset < 1 << 16, offset % 4 == 0, let unit = board.unit(core) else { return -EINVAL }
    unit.write(offset, value)
    return 0
  }
}
