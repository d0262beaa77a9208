package import Devices
import Glibc

extension XRTLibrary {
  /// The name under which the loader knows the library.
  package static let name = "libxrt_core.so.2"

  /// Where the library is looked for, the first that opens wins.
  ///
  /// | order | place |
  /// |---|---|
  /// | only | the path that the caller gives |
  /// | 1 | `lib` in the folder that the variable `XILINX_XRT` names |
  /// | 2 | wherever the loader finds `libxrt_core.so.2` |
  /// | 3 | `/opt/xilinx/xrt/lib` |
  package static func candidates(path: String?, xilinxXRT: String?) -> [String] {
    if let path { return [path.contains("/") ? path : "./" + path] }
    var candidates = [name, "/opt/xilinx/xrt/lib/" + name]
    if let xilinxXRT, !xilinxXRT.isEmpty { candidates.insert("\(xilinxXRT)/lib/\(name)", at: 0) }
    return candidates
  }

  /// Opens the first library that can be opened.
  ///
  /// - Parameters:
  ///   - path: The library to use instead of searching.
  ///   - node: The render node, or why there is none: then only a fake board's library is opened.
  /// - Throws: `.unavailable` with what was wrong at each place, or the reason why there is no node.
  package static func find(
    path: String?, node: Result<RenderNode, DeviceError>
  ) throws(DeviceError) -> XRTLibrary {
    let candidates = candidates(path: path, xilinxXRT: getenv("XILINX_XRT").map { String(cString: $0) })
    if case .failure(let reason) = node, !candidates.contains(where: looksFake) { throw reason }
    var reasons: [String] = []
    for candidate in candidates {
      do throws(DeviceError) {
        return try load(candidate)
      } catch {
        reasons.append(error.message)
      }
    }
    throw DeviceError(
      .unavailable, "no library of XRT can be used: \(reasons.joined(separator: "; also "))")
  }
}
