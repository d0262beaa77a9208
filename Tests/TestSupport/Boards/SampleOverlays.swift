package import Boards

extension DeviceTreeNode {
  /// The bytes of a flattened device tree, written here so that the reader is tested without dtc.
  package func blob() -> [UInt8] {
    var structure: [UInt8] = []
    var names: [UInt8] = []
    write(into: &structure, &names)
    structure += highestByteFirst(9)
    let structureStart = 40 + 16
    let namesStart = structureStart + structure.count
    let total = namesStart + names.count
    let header: [Int] = [0xD00D_FEED, total, structureStart, namesStart, 40, 17, 16, 0, names.count, structure.count]
    return header.flatMap { highestByteFirst($0) } + [UInt8](repeating: 0, count: 16) + structure + names
  }

  private func write(into structure: inout [UInt8], _ names: inout [UInt8]) {
    structure += highestByteFirst(1) + padded(Array(name.utf8) + [0])
    for (property, content) in properties.sorted(by: { $0.key < $1.key }) {
      structure +=
        highestByteFirst(3) + highestByteFirst(content.count) + highestByteFirst(names.count) + padded(content)
      names += Array(property.utf8) + [0]
    }
    for child in children { child.write(into: &structure, &names) }
    structure += highestByteFirst(2)
  }

  private func padded(_ bytes: [UInt8]) -> [UInt8] {
    bytes + [UInt8](repeating: 0, count: (4 - bytes.count % 4) % 4)
  }

  /// A node whose properties are texts.
  package init(
    _ name: String, texts: [String: String] = [:], cells: [String: [UInt32]] = [:], _ children: [DeviceTreeNode] = []
  ) {
    var properties = texts.mapValues { Array($0.utf8) + [0] }
    for (key, numbers) in cells { properties[key] = numbers.flatMap { highestByteFirst(Int($0)) } }
    self.init(name: name, properties: properties, children: children)
  }
}

/// A number of 32 bits, highest byte first.
package func highestByteFirst(_ value: Int) -> [UInt8] {
  (0..<4).reversed().map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
}

/// Device-tree overlays as boards get them.
package enum SampleOverlays {
  /// Widths of 128 bit everywhere but on HPM0_LPD, as Vivado's generator writes them.
  package static let usualWidths: [UInt32] = (0...13).flatMap { [UInt32($0), 0] } + [14, 0xA00, 15, 0]

  /// The overlay of a design, by default one that programs the PL itself.
  package static func overlay(
    firmware: String? = "dpu-overlay.bin", hertz: UInt32 = 100_000_000, widths: [UInt32] = usualWidths
  ) -> DeviceTreeNode {
    let clock = DeviceTreeNode(
      "clocking0", texts: ["compatible": "xlnx,fclk"],
      cells: ["assigned-clocks": [0xFFFF_FFFF, 71], "assigned-clock-rates": [hertz]])
    let afi = DeviceTreeNode("afi0", texts: ["compatible": "xlnx,afi-fpga"], cells: ["config-afi": widths])
    let content = DeviceTreeNode("__overlay__", texts: firmware.map { ["firmware-name": $0] } ?? [:], [clock, afi])
    return DeviceTreeNode("", [DeviceTreeNode("fragment@0", cells: ["target": [0xFFFF_FFFF]], [content])])
  }
}
