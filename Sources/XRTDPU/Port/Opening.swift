import Devices
import Glibc

/// The steps from a library to opened cores, each with the words for what may be wrong.
struct Opening {
  let library: XRTLibrary
  let node: RenderNode?
  let tree: SystemTree
  let image: XRTImage

  /// Opens the device and tells the driver what its logic holds.
  func handle() throws(DeviceError) -> XRTHandle {
    guard !image.coreNames.isEmpty else {
      throw DeviceError(.unavailable, "the xclbin names no DPU core; use the xclbin that belongs to a DPU overlay")
    }
    let handle = try open()
    do throws(XRTFailure) { try handle.load(image.bytes) } catch {
      throw error.error(
        error.number == EBUSY ? .unavailable : .failed,
        error.number == EBUSY
          ? "another xclbin is in use by \(holders); end that first"
          : "does the xclbin belong to what the programmable logic holds, and libxrt to the zocl of this kernel?")
    }
    if let node, let loaded = tree.line("\(node.attributes)/xclbinid"), !loaded.isEmpty, loaded != uuid(image.uuid) {
      throw DeviceError(
        .unavailable,
        "the driver holds the xclbin \(loaded) and kept it, expected \(uuid(image.uuid)); end what uses the DPU, and load "
          + "the overlay again")
    }
    return handle
  }

  /// Opens a handle and a context for each core.
  func cores() throws(DeviceError) -> ([XRTCore], [Int]) {
    var cores: [XRTCore] = []
    var indices: [Int] = []
    for name in image.coreNames {
      let handle = try open()
      let index = try index(of: name, handle)
      do throws(XRTFailure) {
        cores.append(try XRTCore(handle, name: name, index: index, uuid: image.uuid))
      } catch {
        throw error.error(
          .unavailable, "core \(name) can't be opened; another process may own the DPU: it is used by \(holders)")
      }
      indices.append(Int(index))
    }
    return (cores, indices)
  }

  private func open() throws(DeviceError) -> XRTHandle {
    do throws(XRTFailure) { return try XRTHandle(library) } catch {
      throw error.error(.unavailable, "\(library.path) finds no device that it can open")
    }
  }

  private func index(of name: String, _ handle: XRTHandle) throws(DeviceError) -> UInt32 {
    let index: UInt32
    do throws(XRTFailure) { index = try handle.index(ofCore: name) } catch {
      let known = node.flatMap { tree.text("\($0.attributes)/kds_custat_raw") }
      let list = known.map {
        $0.isEmpty ? "it knows none" : "it knows \($0.split(separator: "\n").joined(separator: "; "))"
      }
      throw error.error(
        .unavailable,
        "the driver has no core \(name)\(list.map { ", \($0)" } ?? ""); the xclbin was not loaded, or libxrt and zocl are of "
          + "different releases")
    }
    guard index < CommandPacket.coreLimit else {
      throw DeviceError(.unavailable, "core \(name) has the number \(index), but a command names one of 32 cores")
    }
    return index
  }

  private var holders: String {
    let found = node?.holders(in: tree) ?? []
    return found.isEmpty ? "a process that can't be seen from here" : "process \(found.joined(separator: ", "))"
  }

  private func uuid(_ bytes: [UInt8]) -> String {
    let digits = bytes.map { byte in String(byte >> 4, radix: 16) + String(byte & 15, radix: 16) }
    return [0..<4, 4..<6, 6..<8, 8..<10, 10..<16].map { digits[$0].joined() }.joined(separator: "-")
  }
}
