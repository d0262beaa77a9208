import CXRT
package import Devices
import Threads

/// XRT's library, opened once and for good: it does not survive being closed.
package final class XRTLibrary: Sendable {
  // @unchecked: what it points to never changes after loading, and is never freed.
  nonisolated(unsafe) let raw: OpaquePointer
  /// The file that was opened.
  package let path: String
  /// Whether a library of the tests stands in for XRT, so that everything that comes from it is simulated.
  package let isFake: Bool

  /// The one real library that this process has opened: a second one would end the process.
  private static let opened = Monitor<XRTLibrary?>(nil)

  private static let fakes = Monitor(0)

  /// Whether this process has opened a board in a library: whatever it says from then on may be of that board.
  package static var hasOpenedFake: Bool { fakes.update { $0 } > 0 }

  private init(_ raw: OpaquePointer) {
    self.raw = raw
    path = String(cString: cxrt_library_path(raw))
    isFake = cxrt_fake_board_name(raw) != nil
    if isFake { XRTLibrary.fakes.update { $0 += 1 } }
  }

  /// Opens a library.
  ///
  /// - Parameter name: A file, or a name that the loader searches.
  /// - Throws: `.unavailable` if it can't be opened or lacks a function, with its name.
  package static func load(_ name: String) throws(DeviceError) -> XRTLibrary {
    try opened.update { (opened) throws(DeviceError) in
      let isStandIn = XRTLibrary.looksFake(name)
      if !isStandIn, let opened {
        let isSame = opened.path == name || opened.path == XRTLibrary.resolved(name) || !name.contains("/")
        guard isSame else {
          throw DeviceError(
            .unavailable,
            "cannot open \(name): this process uses \(opened.path) already, and two of XRT's libraries end a process; "
              + "use one in each process")
        }
        return opened
      }
      var raw: OpaquePointer?
      do throws(XRTFailure) { try check(cxrt_load(name, &raw)) } catch {
        throw error.error(.unavailable, "is XRT installed?")
      }
      guard let raw else { preconditionFailure("a loaded library is somewhere") }
      let library = XRTLibrary(raw)
      if let missing = cxrt_missing_function(raw) {
        throw DeviceError(
          .unavailable,
          "\(library.path) has no function \(String(cString: missing)), so it can't drive a board: expected the "
            + "libxrt_core.so.2 of XRT 2.7 to 2.17 for Zynq, found one for other devices; install the board's own XRT, or "
            + "name its library with --xrt-library")
      }
      if !library.isFake { opened = library }
      return library
    }
  }

  /// Whether a file exports the mark of a fake board, found without opening it as a library.
  ///
  /// A real library runs code as soon as it is opened, and ends the process where there is no device.
  package static func looksFake(_ path: String) -> Bool {
    guard path.contains("/"), let bytes = SystemTree().bytes(path) else { return false }
    let mark = [0] + [UInt8]("cxrt_fake_board".utf8) + [0]
    return bytes.indices.contains { bytes[$0] == 0 && bytes[$0...].starts(with: mark) }
  }

  private static func resolved(_ path: String) -> String { SystemTree().resolved(path) ?? path }
}
