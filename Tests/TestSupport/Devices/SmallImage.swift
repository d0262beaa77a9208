/// The smallest xclbin that a driver takes: names and addresses of cores, one memory, no bitstream.
///
/// - Source: `struct axlf`, `ip_layout` and `mem_topology` of xclbin.h, as measured with XRT 2.7 to 2.16.
package struct SmallImage: Sendable {
  /// A core of the programmable logic.
  package struct Core: Sendable {
    /// The name, `kernel:instance`.
    package var name: String
    /// The address of its registers.
    package var base: UInt64

    /// Makes a core.
    package init(_ name: String, base: UInt64) {
      self.name = name
      self.base = base
    }
  }

  /// The cores, as they stand in the file.
  package var cores = [Core("DPUCZDX8G:DPUCZDX8G_1", base: 0x8000_0000)]
  /// The number by which images are told apart.
  package var uuid = [UInt8](1...16)

  /// An image of one core.
  package init() {}

  /// The file.
  package var bytes: [UInt8] {
    var layout = little(UInt64(cores.count))
    for core in cores {
      // An interrupt line, started by AP_CTRL_HS.
      layout += little(UInt32(1)) + little(UInt32(3)) + little(core.base) + text(core.name, byteCount: 64)
    }
    let kibibytes: UInt64 = 0x20_0000
    let memories =
      little(UInt64(1)) + little(UInt64(0x100)) + little(kibibytes) + little(UInt64(0)) + text("HP0", byteCount: 16)
    let sections: [(kind: UInt32, bytes: [UInt8])] = [(8, layout), (6, memories)]

    // At least the 496 bytes of the structure, which includes one section's header.
    var end = 456 + 40 * sections.count
    var headers: [UInt8] = []
    for section in sections {
      headers += little(section.kind) + text("", byteCount: 20)
      headers += little(UInt64(end)) + little(UInt64(section.bytes.count))
      end += section.bytes.count
    }
    var header = [UInt8](repeating: 0, count: 456)
    func put(_ bytes: [UInt8], at place: Int) { header.replaceSubrange(place..<place + bytes.count, with: bytes) }
    put([UInt8]("xclbin2".utf8), at: 0)
    put(little(UInt64(end)), at: 304)
    put(uuid, at: 416)
    put(little(UInt32(sections.count)), at: 448)
    return header + headers + sections.flatMap(\.bytes)
  }

  private func little(_ value: some FixedWidthInteger) -> [UInt8] {
    (0..<value.bitWidth / 8).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
  }

  private func text(_ characters: String, byteCount: Int) -> [UInt8] {
    let bytes = [UInt8](characters.utf8)
    return bytes + [UInt8](repeating: 0, count: byteCount - bytes.count)
  }
}
