import Devices
import Foundation

// The functions of libxrt_core that programs find here: those of the board's back end, and a few for the tests.

/// Which board the calling thread opens.
private enum Selection {
  private static let key: pthread_key_t = {
    var key = pthread_key_t()
    pthread_key_create(&key) { board in board.map { Unmanaged<Board>.fromOpaque($0).release() } }
    return key
  }()

  /// The board of all threads that have chosen none: set up by the variable FAKE_XRT_BOARD, JSON or a file of it.
  private static let common: Board = {
    guard let text = ProcessInfo.processInfo.environment["FAKE_XRT_BOARD"] else { return Board(BoardConfiguration()) }
    do {
      let json = text.hasPrefix("{") ? text : try String(contentsOfFile: text, encoding: .utf8)
      return Board(try BoardConfiguration(json: json))
    } catch {
      fatalError("FAKE_XRT_BOARD can't be read: \(error)")
    }
  }()

  static var board: Board {
    pthread_getspecific(key).map { Unmanaged<Board>.fromOpaque($0).takeUnretainedValue() } ?? common
  }

  static func select(_ board: Board) {
    if let former = pthread_getspecific(key) { Unmanaged<Board>.fromOpaque(former).release() }
    pthread_setspecific(key, Unmanaged.passRetained(board).toOpaque())
  }
}

private func client(_ handle: UnsafeMutableRawPointer?) -> Client {
  guard let handle else { fatalError("the fake board got no handle") }
  return Unmanaged<Client>.fromOpaque(handle).takeUnretainedValue()
}

/// The mark by which everyone knows that there is no board, and what it is called.
@_cdecl("cxrt_fake_board")
public func fakeBoard() -> UnsafePointer<CChar>? { name }

// @unchecked: never changes, never freed.
private nonisolated(unsafe) let name: UnsafePointer<CChar>? = strdup("fake libxrt").map { UnsafePointer($0) }

/// Makes a board and lets the calling thread open it; 0, or -1 for a configuration that can't be read.
@_cdecl("cxrt_fake_board_select")
public func fakeBoardSelect(_ json: UnsafePointer<CChar>) -> Int32 {
  guard let configuration = try? BoardConfiguration(json: String(cString: json)) else { return -1 }
  Selection.select(Board(configuration))
  return 0
}

/// Gives the calling thread's board another configuration, from now on.
@_cdecl("cxrt_fake_board_change")
public func fakeBoardChange(_ json: UnsafePointer<CChar>) -> Int32 {
  guard let configuration = try? BoardConfiguration(json: String(cString: json)) else { return -1 }
  Selection.board.configuration.update { $0 = configuration }
  return 0
}

/// What happened on the calling thread's board, as JSON, to be freed by the caller.
@_cdecl("cxrt_fake_board_report")
public func fakeBoardReport() -> UnsafeMutablePointer<CChar>? { strdup(Selection.board.report) }

/// There is one board.
@_cdecl("xclProbe")
public func xclProbe() -> UInt32 { 1 }

/// Opens the board that the calling thread has chosen.
@_cdecl("xclOpen")
public func xclOpen(_ index: UInt32, _ log: UnsafePointer<CChar>?, _ verbosity: UInt32) -> UnsafeMutableRawPointer? {
  index == 0 ? Unmanaged.passRetained(Client(Selection.board)).toOpaque() : nil
}

/// Gives back what a handle still holds.
@_cdecl("xclClose")
public func xclClose(_ handle: UnsafeMutableRawPointer?) {
  client(handle).close()
  if let handle { Unmanaged<Client>.fromOpaque(handle).release() }
}

/// Takes an image and makes its cores, unless it is loaded already.
@_cdecl("xclLoadXclBin")
public func xclLoadXclBin(_ handle: UnsafeMutableRawPointer?, _ image: UnsafeRawPointer) -> Int32 {
  client(handle).load(image)
}

/// Grants a core to a handle.
@_cdecl("xclOpenContext")
public func xclOpenContext(
  _ handle: UnsafeMutableRawPointer?, _ uuid: UnsafePointer<UInt8>, _ core: UInt32, _ isShared: Bool
) -> Int32 {
  client(handle).openContext(Array(UnsafeBufferPointer(start: uuid, count: 16)), core: Int(core))
}

/// Takes a core back; one that hangs takes all others with it.
@_cdecl("xclCloseContext")
public func xclCloseContext(
  _ handle: UnsafeMutableRawPointer?, _ uuid: UnsafePointer<UInt8>, _ core: UInt32
) -> Int32 {
  client(handle).closeContext(core: Int(core))
}

/// Reserves memory, filled with garbage.
@_cdecl("xclAllocBO")
public func xclAllocBO(_ handle: UnsafeMutableRawPointer?, _ byteCount: Int, _ unused: Int32, _ flags: UInt32) -> UInt32
{
  client(handle).allocate(byteCount: byteCount, flags: flags)
}

/// Gives the processor's copy.
@_cdecl("xclMapBO")
public func xclMapBO(
  _ handle: UnsafeMutableRawPointer?, _ buffer: UInt32, _ isWritten: Bool
) -> UnsafeMutableRawPointer? {
  client(handle).map(buffer)
}

/// Takes the processor's copy back.
@_cdecl("xclUnmapBO")
public func xclUnmapBO(
  _ handle: UnsafeMutableRawPointer?, _ buffer: UInt32, _ bytes: UnsafeMutableRawPointer?
) -> Int32 {
  client(handle).unmap(buffer, bytes)
}

/// Frees memory.
@_cdecl("xclFreeBO")
public func xclFreeBO(_ handle: UnsafeMutableRawPointer?, _ buffer: UInt32) { client(handle).free(buffer) }

/// Makes both copies equal, in whole cache lines.
@_cdecl("xclSyncBO")
public func xclSyncBO(
  _ handle: UnsafeMutableRawPointer?, _ buffer: UInt32, _ direction: UInt32, _ byteCount: Int, _ offset: Int
) -> Int32 {
  client(handle).sync(buffer, direction: direction, byteCount: byteCount, offset: offset)
}

/// Tells the address that the DPU sees.
@_cdecl("xclGetBOProperties")
public func xclGetBOProperties(
  _ handle: UnsafeMutableRawPointer?, _ buffer: UInt32, _ properties: UnsafeMutableRawPointer
) -> Int32 {
  guard let found = client(handle).buffer(buffer) else { return -EINVAL }
  properties.storeBytes(of: buffer, as: UInt32.self)
  properties.storeBytes(of: found.flags, toByteOffset: 4, as: UInt32.self)
  properties.storeBytes(of: UInt64(found.byteCount), toByteOffset: 8, as: UInt64.self)
  properties.storeBytes(of: found.address, toByteOffset: 16, as: UInt64.self)
  return 0
}

/// Takes a command.
@_cdecl("xclExecBuf")
public func xclExecBuf(_ handle: UnsafeMutableRawPointer?, _ buffer: UInt32) -> Int32 { client(handle).execute(buffer) }

/// Waits for an event of the handle, whatever it means.
@_cdecl("xclExecWait")
public func xclExecWait(_ handle: UnsafeMutableRawPointer?, _ milliseconds: Int32) -> Int32 {
  client(handle).wait(milliseconds: Int(milliseconds))
}

/// Reads a register of a core.
@_cdecl("xclRegRead")
public func xclRegRead(
  _ handle: UnsafeMutableRawPointer?, _ core: UInt32, _ offset: UInt32, _ value: UnsafeMutablePointer<UInt32>
) -> Int32 {
  guard let word = client(handle).read(core: Int(core), offset: offset) else { return -EINVAL }
  value.pointee = word
  return 0
}

/// Writes a register of a core.
@_cdecl("xclRegWrite")
public func xclRegWrite(_ handle: UnsafeMutableRawPointer?, _ core: UInt32, _ offset: UInt32, _ value: UInt32) -> Int32
{
  client(handle).write(core: Int(core), offset: offset, value)
}

/// Finds the number of a core.
@_cdecl("xclIPName2Index")
public func xclIPName2Index(_ handle: UnsafeMutableRawPointer?, _ name: UnsafePointer<CChar>) -> Int32 {
  client(handle).index(ofCore: String(cString: name))
}

/// Allows reads, which are allowed anyway.
@_cdecl("xclIPSetReadRange")
public func xclIPSetReadRange(
  _ handle: UnsafeMutableRawPointer?, _ core: UInt32, _ start: UInt32, _ byteCount: UInt32
) -> Int32 { 0 }
