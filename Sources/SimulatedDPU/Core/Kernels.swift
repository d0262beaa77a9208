import CSimulatedKernels

/// Which inner loops run: plain ones, or those for a processor's instruction set. All give the same sums.
package enum Kernels: String, CaseIterable, Sendable {
  case portable
  case avx2
  case avx512vnni = "avx512-vnni"
  case neon
  case neonDotProduct = "neon-dotprod"

  /// The best that this processor runs.
  package static var best: Kernels {
    let best = dpus_best_isa()
    return allCases.first { $0.isa == best } ?? .portable
  }

  /// Those that this processor runs.
  package static var available: [Kernels] { allCases.filter { dpus_kernels_for($0.isa) != nil } }

  /// The name for people.
  package var title: String { String(cString: dpus_isa_name(isa)) }

  /// The functions.
  ///
  /// - Precondition: This processor runs them.
  var functions: dpus_kernels {
    guard let functions = dpus_kernels_for(isa) else { preconditionFailure("this processor has no \(title)") }
    return functions.pointee
  }

  private var isa: dpus_isa {
    switch self {
    case .portable: DPUS_ISA_PORTABLE
    case .avx2: DPUS_ISA_AVX2
    case .avx512vnni: DPUS_ISA_AVX512_VNNI
    case .neon: DPUS_ISA_NEON
    case .neonDotProduct: DPUS_ISA_NEON_DOTPROD
    }
  }
}
