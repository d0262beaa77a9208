/// A node of a device tree: of a blob, of an overlay, or of the tree that the kernel shows.
package struct DeviceTreeNode: Equatable, Sendable {
  /// The name with its address.
  package let name: String
  /// The properties by name, bytes as they are stored.
  package let properties: [String: [UInt8]]
  /// The nodes below.
  package let children: [DeviceTreeNode]

  /// Makes a node.
  package init(name: String, properties: [String: [UInt8]] = [:], children: [DeviceTreeNode] = []) {
    self.name = name
    self.properties = properties
    self.children = children
  }

  /// The texts of a property, empty where it is missing.
  package func texts(_ property: String) -> [String] {
    guard let bytes = properties[property] else { return [] }
    return bytes.split(separator: 0).map { String(decoding: $0, as: UTF8.self) }
  }

  /// The 32-bit numbers of a property, `nil` where it is missing or not made of them.
  package func cells(_ property: String) -> [UInt32]? {
    guard let bytes = properties[property], bytes.count % 4 == 0 else { return nil }
    return stride(from: 0, to: bytes.count, by: 4).map { start in
      bytes[start..<start + 4].reduce(0) { $0 << 8 | UInt32($1) }
    }
  }

  /// Whether the kernel would give it a driver.
  var isEnabled: Bool {
    let status = texts("status")
    return status.isEmpty || status == ["okay"] || status == ["ok"]
  }

  /// The node and all nodes below that fit a driver, outermost first.
  package func nodes(compatibleWith driver: String) -> [DeviceTreeNode] {
    (texts("compatible").contains(driver) && isEnabled ? [self] : [])
      + children.flatMap { $0.nodes(compatibleWith: driver) }
  }

  /// The texts of a property of the node and of all nodes below.
  func allTexts(_ property: String) -> [String] { texts(property) + children.flatMap { $0.allTexts(property) } }
}
