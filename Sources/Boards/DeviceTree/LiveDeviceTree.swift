/// The device tree as the kernel shows it, a folder for each node and a file for each property.
struct LiveDeviceTree {
  /// Where the kernel shows it.
  static let folder = "/sys/firmware/devicetree/base"
  /// The properties that are read; others would only cost time.
  private static let properties: Set<String> = [
    "compatible", "status", "config-afi", "assigned-clocks", "assigned-clock-rates", "clocks", "firmware-name", "model",
  ]
  /// Nodes in each other at most.
  private static let deepest = 16

  let files: any BoardFiles

  /// The root with all nodes below.
  func root() -> DeviceTreeNode { node(Self.folder, name: "", depth: 0) }

  /// What the board calls itself.
  var model: String? { files.line("\(Self.folder)/model") }

  /// What the board is compatible with, most special first.
  var compatible: [String] {
    guard let bytes = try? files.read("\(Self.folder)/compatible", limit: 4096) else { return [] }
    return bytes.split(separator: 0).map { String(decoding: $0, as: UTF8.self) }
  }

  private func node(_ path: String, name: String, depth: Int) -> DeviceTreeNode {
    var properties: [String: [UInt8]] = [:]
    var children: [DeviceTreeNode] = []
    for entry in files.list(path) {
      let below = "\(path)/\(entry)"
      if Self.properties.contains(entry), let bytes = try? files.read(below, limit: 1 << 16) {
        properties[entry] = bytes
      } else if depth < Self.deepest, files.link(below) == nil, files.isFolder(below) {
        children.append(node(below, name: entry, depth: depth + 1))
      }
    }
    return DeviceTreeNode(name: name, properties: properties, children: children)
  }
}
