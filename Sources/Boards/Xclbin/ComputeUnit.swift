/// An entry of IP_LAYOUT: a compute unit of the PL, or another piece of it that has registers.
package struct ComputeUnit: Hashable, Sendable {
  /// What kind of piece it is, by its number in the file.
  package struct Kind: Hashable, Sendable {
    /// The number in the file.
    let rawValue: UInt32

    /// Something that the host starts, such as a DPU core.
    package static let kernel = Kind(rawValue: 1)
  }

  /// How the host starts it, by its number in the file.
  package struct ControlProtocol: Hashable, Sendable {
    /// The number in the file.
    let rawValue: UInt8

    /// Start, done, idle and ready bits in register 0: AP_CTRL_HS.
    package static let handshake = ControlProtocol(rawValue: 0)
    /// The same with the next start taken before the end: AP_CTRL_CHAIN.
    package static let chain = ControlProtocol(rawValue: 1)
  }

  /// What kind of piece it is.
  package let kind: Kind
  /// The name of kernel and instance with a colon between, as XRT looks it up.
  package let fullName: String
  /// Where its registers begin.
  package let baseAddress: UInt64
  /// The interrupt, `nil` where the kernel has to ask it in turn.
  package let interrupt: Int?
  /// How it is started.
  package let controlProtocol: ControlProtocol
  /// Bits of the properties that have no meaning here.
  let otherProperties: UInt32

  /// Makes an entry.
  package init(
    _ fullName: String, at baseAddress: UInt64, interrupt: Int? = nil, kind: Kind = .kernel,
    controlProtocol: ControlProtocol = .handshake
  ) {
    precondition(interrupt.map { (0..<128).contains($0) } ?? true, "an interrupt has seven bits")
    self.kind = kind
    self.fullName = fullName
    self.baseAddress = baseAddress
    self.interrupt = interrupt
    self.controlProtocol = controlProtocol
    otherProperties = interrupt == nil ? 0 : 1
  }

  /// Takes the properties apart.
  init(kind: UInt32, properties: UInt32, baseAddress: UInt64, fullName: String) {
    self.kind = Kind(rawValue: kind)
    self.fullName = fullName
    self.baseAddress = baseAddress
    interrupt = properties & 1 == 1 ? Int(properties >> 1 & 0x7F) : nil
    controlProtocol = ControlProtocol(rawValue: UInt8(properties >> 8 & 0xFF))
    otherProperties = properties & ~0xFF00 & (properties & 1 == 1 ? ~0xFE : ~0)
  }

  /// The number that holds interrupt and protocol.
  var properties: UInt32 {
    UInt32(controlProtocol.rawValue) << 8 | UInt32(interrupt ?? 0) << 1 | otherProperties
  }

  /// Whether it is a softmax core, which some images have beside the DPU cores.
  package var isSoftmax: Bool { kind == .kernel && fullName.contains("sfm") }

  /// Whether it is a DPU core, by the rule that AMD's runtime has for names.
  package var isDPU: Bool {
    kind == .kernel && !isSoftmax && (fullName.contains("DPU") || fullName.contains("dpu"))
  }
}
