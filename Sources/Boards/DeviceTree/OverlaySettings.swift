/// What a device tree sets for a PL design: port widths, clocks, the firmware it asks for.
///
/// | node | property | holds |
/// |---|---|---|
/// | `xlnx,afi-fpga` | `config-afi` | pairs of register and value |
/// | `xlnx,fclk` | `assigned-clocks`, `assigned-clock-rates` | clock 71 to 74 is PL clock 0 to 3; Hz |
/// | fpga region | `firmware-name` | the bitstream that the kernel programs when the overlay is applied |
/// | `xlnx,zocl` | | XRT's driver |
///
/// Registers of `config-afi`: 2n reads, 2n+1 writes of port n (HPC0, HPC1, HP0 to HP3, LPD; 0 is 128 bit, 1 is 64,
/// 2 is 32); 14 is HPM0_FPD in bits 9:8 and HPM1_FPD in 11:10, 15 is HPM0_LPD in 9:8 (0 is 32 bit, 1 is 64, 2 is 128).
///
/// - Source: bindings xlnx,afi-fpga and xlnx,fclk of linux-xlnx; xlnx-zynqmp-clk.h for the numbers of clocks.
package struct OverlaySettings: Equatable, Sendable {
  /// A clock from the PS to the PL.
  package struct Clock: Hashable, Sendable {
    /// The name of its node, by which the kernel calls the device.
    package let node: String
    /// Which PL clock it is, 0 to 3; `nil` where the tree names another.
    package let index: Int?
    /// The frequency that the tree asks for, `nil` where it asks for none.
    package let hertz: UInt32?

    /// Makes a clock.
    package init(node: String, index: Int?, hertz: UInt32?) {
      self.node = node
      self.index = index
      self.hertz = hertz
    }
  }

  /// The widths that are set, empty where none are.
  package let widths: [AXIPort: AXIPortWidth]
  /// The clocks.
  package let clocks: [Clock]
  /// The bitstreams that it asks for.
  package let firmwareNames: [String]
  /// Whether it has a node for XRT's driver.
  package let hasZocl: Bool

  /// Reads the settings of a tree.
  ///
  /// - Throws: `invalid` where widths or clocks are not what the drivers take.
  package init(of root: DeviceTreeNode) throws(BoardError) {
    var widths: [AXIPort: AXIPortWidth] = [:]
    for node in root.nodes(compatibleWith: "xlnx,afi-fpga") { try OverlaySettings.read(node, into: &widths) }
    self.widths = widths
    clocks = root.nodes(compatibleWith: "xlnx,fclk").map { node in
      // An overlay's reference to a label is filled in by the kernel; the number behind it stands there already.
      let number = node.cells("assigned-clocks")?.last ?? node.cells("clocks")?.last
      return Clock(
        node: node.name, index: number.flatMap { (71...74).contains($0) ? Int($0) - 71 : nil },
        hertz: node.cells("assigned-clock-rates")?.first)
    }
    firmwareNames = root.allTexts("firmware-name")
    hasZocl = !root.nodes(compatibleWith: "xlnx,zocl").isEmpty
  }

  private static func read(_ node: DeviceTreeNode, into widths: inout [AXIPort: AXIPortWidth]) throws(BoardError) {
    func wrong(_ problem: String) -> BoardError {
      BoardError(.invalid, "device tree, node \(node.name), config-afi: \(problem)")
    }
    guard let cells = node.cells("config-afi"), !cells.isEmpty, cells.count % 2 == 0 else {
      throw wrong("expected pairs of register and value")
    }
    // Two nodes that set one port differently leave its width to the order in which drivers started.
    func set(_ port: AXIPort, _ way: WritableKeyPath<AXIPortWidth, Int>, _ bits: Int) throws(BoardError) {
      var width = widths[port] ?? AXIPortWidth(read: 0, write: 0)
      guard width[keyPath: way] == 0 || width[keyPath: way] == bits else {
        throw wrong("port \(port.rawValue) is set to \(bits) bit, elsewhere to \(width[keyPath: way]) bit")
      }
      width[keyPath: way] = bits
      widths[port] = width
    }
    for index in stride(from: 0, to: cells.count, by: 2) {
      let (register, value) = (cells[index], cells[index + 1])
      switch register {
      case 0...13:
        guard value <= 2 else { throw wrong("register \(register) is \(value), expected 0, 1 or 2") }
        let port = AXIPort.allCases[Int(register) / 2]
        try set(port, register % 2 == 0 ? \.read : \.write, 128 >> Int(value))
      case 14, 15:
        let fields: [(AXIPort, Int)] = register == 14 ? [(.hpm0, 8), (.hpm1, 10)] : [(.hpm0LPD, 8)]
        for (port, shift) in fields {
          let field = Int(value >> UInt32(shift) & 3)
          guard field <= 2 else {
            throw wrong("register \(register) is \(value), expected 0, 1 or 2 in bits \(shift + 1):\(shift)")
          }
          try set(port, \.read, 32 << field)
          try set(port, \.write, 32 << field)
        }
      default: throw wrong("there is no register \(register); expected 0 to 15")
      }
    }
  }
}
