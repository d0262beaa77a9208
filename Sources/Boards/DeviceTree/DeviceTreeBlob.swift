/// Reads a flattened device tree: a `.dtb`, or the `.dtbo` of an overlay. Numbers have their highest byte first.
///
/// | byte | holds |
/// |---|---|
/// | 0 | 0xD00DFEED |
/// | 4, 8, 12 | bytes of the file, offset of the structure, offset of the names |
/// | 20, 24 | version, oldest version that can read it |
/// | 32, 36 | bytes of the names, bytes of the structure |
///
/// The structure is a list of 32-bit tokens: 1 begins a node (name, padded to words), 2 ends it, 3 is a property
/// (bytes, offset of its name, content, padded), 4 nothing, 9 the end.
///
/// - Source: Devicetree Specification 0.4, chapter 5.
package enum DeviceTreeBlob {
  /// Nodes in each other at most.
  private static let deepest = 64
  /// The largest file that is read: the kernel's trees have some 100 kB.
  private static let largest = 16 << 20

  /// Reads a blob.
  ///
  /// - Returns: Its root.
  /// - Throws: `malformed` with the byte.
  package static func read(_ file: [UInt8]) throws(BoardError) -> DeviceTreeNode {
    let whole = ByteReader(file, name: "device tree")
    guard file.starts(with: [0xD0, 0x0D, 0xFE, 0xED]) else {
      throw whole.fault(
        file.isEmpty ? "the file is empty" : "does not begin with 0xD00DFEED; compile the source with dtc -@ -O dtb",
        at: 0)
    }
    let length = Int(try whole.big(4, UInt32.self, "length"))
    guard length <= file.count else {
      throw whole.fault("says that it has \(length) bytes, but \(file.count) are there; copy it again", at: 4)
    }
    guard length <= largest else { throw whole.fault("\(length) bytes are more than any device tree has", at: 4) }
    let reader = try whole.part(0, length, name: "device tree")
    let version = try reader.big(20, UInt32.self, "version")
    let compatible = try reader.big(24, UInt32.self, "oldest compatible version")
    guard version >= 17, compatible <= 17 else {
      throw reader.fault("version \(version), readable by \(compatible) and later; expected 17", at: 20)
    }
    let names = try reader.part(
      Int(try reader.big(12, UInt32.self, "offset of the names")),
      Int(try reader.big(32, UInt32.self, "size of the names")), name: "device tree, names")
    let structure = try reader.part(
      Int(try reader.big(8, UInt32.self, "offset of the structure")),
      Int(try reader.big(36, UInt32.self, "size of the structure")), name: "device tree, structure")
    return try readNodes(structure, names)
  }

  private struct Open {
    let name: String
    var properties: [String: [UInt8]] = [:]
    var children: [DeviceTreeNode] = []
  }

  private static func readNodes(_ structure: ByteReader, _ names: ByteReader) throws(BoardError) -> DeviceTreeNode {
    var open: [Open] = []
    var position = 0
    while true {
      let token = try structure.big(position, UInt32.self, "token")
      let place = position
      position += 4
      switch token {
      case 1:
        guard open.count < deepest else { throw structure.fault("nodes are \(deepest) deep", at: place) }
        let name = try text(structure, position, "name of a node")
        position = aligned(position + name.utf8.count + 1)
        open.append(Open(name: name))
      case 2:
        guard let last = open.popLast() else { throw structure.fault("a node ends that never began", at: place) }
        let node = DeviceTreeNode(name: last.name, properties: last.properties, children: last.children)
        if open.isEmpty { return node }
        open[open.count - 1].children.append(node)
      case 3:
        guard !open.isEmpty else { throw structure.fault("a property stands outside of nodes", at: place) }
        let count = Int(try structure.big(position, UInt32.self, "size of a property"))
        let name = try text(names, Int(try structure.big(position + 4, UInt32.self, "name of a property")), "name")
        let content = try structure.part(position + 8, count, name: "property \(name)").bytes
        position = aligned(position + 8 + count)
        open[open.count - 1].properties[name] = Array(content)
      case 4: continue
      default: throw structure.fault("token \(token) where a node has to end", at: place)
      }
    }
  }

  private static func text(_ reader: ByteReader, _ position: Int, _ field: String) throws(BoardError) -> String {
    guard position >= 0, position < reader.count else {
      throw reader.fault("\(field) begins behind the end", at: reader.count)
    }
    let rest = reader.bytes[(reader.bytes.startIndex + position)...]
    guard let end = rest.firstIndex(of: 0) else { throw reader.fault("\(field) has no end", at: position) }
    return try reader.text(position, end - rest.startIndex, field)
  }

  private static func aligned(_ position: Int) -> Int { (position + 3) / 4 * 4 }
}
