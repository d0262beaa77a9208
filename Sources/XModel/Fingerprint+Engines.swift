extension Fingerprint {
  /// Output rows that pools (ISA0) or the ALU (ISA1) compute at once.
  package var poolParallelism: Int { field(8, 4) }

  /// Output rows that depthwise convolutions compute at once; 0 where a core has none.
  package var depthwiseParallelism: Int { instructionSet == 0 ? field(12, 4) : poolParallelism }

  /// Rows that element-wise operations compute at once.
  ///
  /// - Source: AMD's create_target_DPUCZDX8G_ISA1.cpp, which gives them the ALU's parallelism.
  package var eltwiseParallelism: Int { instructionSet == 0 ? field(16, 4) : poolParallelism }

  /// What a core can do beyond the least.
  package enum Capability: String, Sendable {
    case convolutionLeakyReLU = "leaky ReLU in convolutions"
    case convolutionReLU6 = "ReLU6 in convolutions"
    case depthwiseLeakyReLU = "leaky ReLU in depthwise convolutions"
    case depthwiseReLU6 = "ReLU6 in depthwise convolutions"
    case averagePooling = "average pooling"
    case maxReduction = "max reduction"
    case argmax = "argmax on save"
  }

  /// Whether a core can do something.
  package func has(_ capability: Capability) -> Bool {
    let isFirst = instructionSet == 0
    return switch capability {
    case .convolutionLeakyReLU: bit(28)
    case .convolutionReLU6: isFirst ? bit(29) : true
    case .depthwiseLeakyReLU: isFirst ? false : bit(29)
    case .depthwiseReLU6: isFirst ? bit(31) : true
    case .averagePooling: isFirst ? bit(30) : true
    case .maxReduction: isFirst ? bit(37) : true
    case .argmax: isFirst ? false : bit(30)
    }
  }
}
