import Foundation
import Tensors
import Threads

/// A board with its driver: memory, the image that is loaded, cores, and what was done wrong.
final class Board: @unchecked Sendable {
  // @unchecked: everything that changes is locked.

  /// A core as the loaded image tells of it.
  private struct Described {
    let name: String
    let base: UInt64
  }

  private struct State {
    var handleCount = 0
    var loaded: [UInt8]?
    var described: [Described] = []
    var units: [ComputeUnit] = []
    /// Whether a job hung, so that no core takes another one until an image is loaded anew.
    var isBad = false
    var contextCount = 0
    var jobs = 0
    var syncs = 0
    var violations: [String] = []
    var random: SeededGenerator
  }

  let memory: BoardMemory
  let configuration: Monitor<BoardConfiguration>
  private let state: Monitor<State>

  init(_ configuration: BoardConfiguration) {
    memory = BoardMemory(configuration)
    self.configuration = Monitor(configuration)
    state = Monitor(State(random: SeededGenerator(seed: configuration.seed)))
  }

  /// Writes down what no driver would object to and no board would survive.
  func note(_ violation: String) { state.update { $0.violations.append(violation) } }

  /// How long to take over something.
  func delay() -> Int {
    let limit = configuration.update { $0.delayMilliseconds }
    guard limit > 0 else { return 0 }
    return state.update { Int($0.random.next() % UInt64(limit + 1)) }
  }

  /// Takes its time.
  func dawdle() {
    let milliseconds = delay()
    if milliseconds > 0 { usleep(UInt32(milliseconds) * 1000) }
  }

  /// What happened, as JSON.
  var report: String {
    let isBad = state.update { $0.isBad }
    let (violations, jobs, syncs) = state.update { ($0.violations, $0.jobs, $0.syncs) }
    let (handles, contexts) = state.update { ($0.handleCount, $0.contextCount) }
    let object: [String: Any] = [
      "violations": violations, "jobs": jobs, "syncs": syncs, "handles": handles, "contexts": contexts,
      "buffers": memory.bufferCount, "isBad": isBad,
    ]
    let data = (try? JSONSerialization.data(withJSONObject: object)) ?? Data()
    return String(decoding: data, as: UTF8.self)
  }

  // MARK: What a handle asks for

  func opened() {
    state.update { state in
      state.handleCount += 1
      if state.handleCount == 1 { makeUnits(&state) }
    }
  }

  func closed() {
    let idle = state.update { state -> [ComputeUnit] in
      state.handleCount -= 1
      guard state.handleCount == 0 else { return [] }
      defer { state.units = [] }
      return state.units
    }
    for unit in idle { unit.stop() }
  }

  /// Takes an image; 0 or a negative errno.
  func load(_ image: UnsafeRawPointer) -> Int32 {
    guard memcmp(image, "xclbin2", 8) == 0 else { return -EINVAL }
    let configuration = configuration.update { $0 }
    var uuid = (0..<16).map { image.load(fromByteOffset: 416 + $0, as: UInt8.self) }
    let described = Board.cores(of: image)
    if let kept = configuration.keptUUID {
      uuid = stride(from: 0, to: 32, by: 2).map { place in
        let start = kept.index(kept.startIndex, offsetBy: place)
        return UInt8(kept[start..<kept.index(start, offsetBy: 2)], radix: 16) ?? 0
      }
    }
    let former = state.update { state -> Result<[ComputeUnit], ErrnoLike> in
      if state.loaded == uuid && !configuration.forcesLoad { return .success([]) }
      if state.contextCount > 0 { return .failure(ErrnoLike(number: EBUSY)) }
      let former = state.units
      state.loaded = uuid
      state.described = described
      state.isBad = false
      makeUnits(&state)
      return .success(former)
    }
    switch former {
    case .failure(let error): return -error.number
    case .success(let units):
      for unit in units { unit.stop() }
      return 0
    }
  }

  private struct ErrnoLike: Error { let number: Int32 }

  private func makeUnits(_ state: inout State) {
    let configuration = configuration.update { $0 }
    state.units = state.described.enumerated().map { place, core in
      ComputeUnit(name: core.name, index: configuration.index(ofCore: place), place: place, self)
    }
  }

  func index(ofCore name: String) -> Int? {
    guard configuration.update({ !$0.missingCores.contains(name) }) else { return nil }
    return state.update { $0.units.first { $0.name == name }?.index }
  }

  func unit(_ index: Int) -> ComputeUnit? { state.update { $0.units.first { $0.index == index } } }

  /// Whether a UUID is that of the loaded image.
  func isLoaded(_ uuid: [UInt8]) -> Bool { state.update { $0.loaded == uuid } }

  func contextOpened() { state.update { $0.contextCount += 1 } }

  func contextClosed() { state.update { $0.contextCount -= 1 } }

  /// Gives up all cores.
  func turnBad() { state.update { $0.isBad = true } }

  var isBad: Bool { state.update { $0.isBad } }

  /// The number of the next job, and its fault.
  func nextJob() -> BoardConfiguration.JobFault? {
    let number = state.update { state in
      state.jobs += 1
      return state.jobs - 1
    }
    return configuration.update { $0.jobs.first { $0.job == number } }
  }

  /// The number of the next sync.
  func nextSync() -> Int {
    state.update { state in
      state.syncs += 1
      return state.syncs - 1
    }
  }

  /// The names and addresses of the cores in an image.
  private static func cores(of image: UnsafeRawPointer) -> [Described] {
    let length = Int(image.loadUnaligned(fromByteOffset: 304, as: UInt64.self))
    let count = Int(image.loadUnaligned(fromByteOffset: 448, as: UInt32.self))
    var cores: [Described] = []
    for number in 0..<count {
      let header = 456 + 40 * number
      guard image.loadUnaligned(fromByteOffset: header, as: UInt32.self) == 8 else { continue }
      let start = Int(image.loadUnaligned(fromByteOffset: header + 24, as: UInt64.self))
      guard start + 8 <= length else { return [] }
      for entry in 0..<Int(image.loadUnaligned(fromByteOffset: start, as: Int32.self)) {
        let place = start + 8 + 80 * entry
        guard place + 80 <= length, image.loadUnaligned(fromByteOffset: place, as: UInt32.self) == 1 else { continue }
        let name = (0..<64).map { image.load(fromByteOffset: place + 16 + $0, as: UInt8.self) }.prefix { $0 != 0 }
        cores.append(
          Described(
            name: String(decoding: name, as: UTF8.self),
            base: image.loadUnaligned(fromByteOffset: place + 8, as: UInt64.self)))
      }
    }
    return cores
  }
}
