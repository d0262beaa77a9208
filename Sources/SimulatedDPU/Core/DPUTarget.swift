package import XModel

/// The geometry of a core: its banks and how many rows its engines compute at once.
///
/// | banks | number | what |
/// |---|---|---|
/// | from 0 | groups x PP | images |
/// | then | OCP | weights of convolutions, one bank for each output channel |
/// | then | 1, 0 on cores without depthwise | weights of depthwise convolutions and the ALU |
/// | then | 1 | biases |
///
/// Each bank has 2048 rows of ICP bytes.
///
/// - Source: AMD's target descriptions (DPUCZDX8G_ISA1_*.prototxt, DPUCZDX8G_ISA0_*_MIN and _MAX.prototxt).
package struct DPUTarget: Equatable, Sendable {
  /// Rows of every bank; row addresses wrap there.
  package static let rowsPerBank = 2048

  /// What a bank holds.
  package enum Bank: Equatable, Sendable {
    /// Image rows; the number counts image banks.
    case image(Int)
    /// Convolution weights of one output channel.
    case weights(channel: Int)
    /// Weights of depthwise convolutions and the ALU.
    case depthwiseWeights
    /// Biases.
    case bias
  }

  /// The fingerprint that the rest follows from.
  package let fingerprint: Fingerprint
  /// The encoding of its programs.
  package let isa: ISA
  /// Image rows that a convolution computes at once, and banks of one group.
  package let pixelParallelism: Int
  /// Bytes of a bank row: input channels that are multiplied at once, and as many output channels.
  package let bankWidth: Int
  /// Image banks in all groups.
  package let imageBankCount: Int

  /// Works out the geometry of a fingerprint.
  ///
  /// - Throws: `.unsupported` for other families, arrays below B512, and numbers that describe no core.
  package init(_ fingerprint: Fingerprint) throws(ProgramError) {
    guard let isa = ISA(fingerprint) else {
      throw ProgramError(.unsupported, "cannot simulate \(fingerprint); the simulator runs DPUCZDX8G, ISA0 and ISA1")
    }
    guard let array = fingerprint.array, array.peakOperationsPerCycle >= 512 else {
      throw ProgramError(
        .unsupported, "cannot simulate \(fingerprint); the simulator runs the arrays B512 to B4096")
    }
    self.fingerprint = fingerprint
    self.isa = isa
    pixelParallelism = array.pixelParallelism
    bankWidth = array.inputChannelParallelism
    imageBankCount = fingerprint.imageBankGroups * array.pixelParallelism
    let parallelisms = [
      fingerprint.poolParallelism, fingerprint.depthwiseParallelism, fingerprint.eltwiseParallelism,
    ]
    guard imageBankCount > 0, parallelisms.allSatisfy({ $0 <= array.pixelParallelism }) else {
      throw ProgramError(
        .unsupported,
        "cannot simulate \(fingerprint.hexadecimal): it has \(fingerprint.imageBankGroups) image bank groups and computes "
          + "\(parallelisms) rows at once; expected 1 to 3, and at most \(array.pixelParallelism)")
    }
  }

  /// Whether the core has weights for depthwise convolutions.
  package var hasDepthwiseWeights: Bool { fingerprint.depthwiseParallelism > 0 }

  /// All banks.
  package var bankCount: Int { imageBankCount + bankWidth + (hasDepthwiseWeights ? 2 : 1) }

  /// What the bank with a number holds, `nil` where there is no such bank.
  package func bank(_ id: Int) -> Bank? {
    guard id >= 0, id < bankCount else { return nil }
    if id < imageBankCount { return .image(id) }
    if id < imageBankCount + bankWidth { return .weights(channel: id - imageBankCount) }
    return id == bankCount - 1 ? .bias : .depthwiseWeights
  }
}
