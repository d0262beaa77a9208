import CSoftwareKernels

/// Which kernels run: the portable Swift reference, or vector kernels for a processor's instruction set.
package enum InstructionSet: String, CaseIterable, Sendable {
  case portable
  case avx2
  case avx512vnni = "avx512-vnni"
  case neon
  case neonDotProduct = "neon-dotprod"

  /// The best that this processor runs.
  package static var best: InstructionSet { allCases.first { $0.vector == dpuk_best_isa() } ?? .portable }

  /// Those that this processor runs, the portable one first.
  package static var available: [InstructionSet] {
    allCases.filter { $0 == .portable || dpuk_isa_available($0.vector) }
  }

  /// The name for people.
  package var title: String { self == .portable ? "portable" : String(cString: dpuk_isa_name(vector)) }

  /// The C kernels' name of it.
  var vector: dpuk_isa {
    switch self {
    case .portable: DPUK_ISA_NONE
    case .avx2: DPUK_ISA_AVX2
    case .avx512vnni: DPUK_ISA_AVX512_VNNI
    case .neon: DPUK_ISA_NEON
    case .neonDotProduct: DPUK_ISA_NEON_DOTPROD
    }
  }
}
