import CSoftwareKernels

/// An instruction set that this machine can run: the tests go over all of them, not only the best.
struct InstructionSet: Sendable, CustomStringConvertible {
  private let rawValue: UInt32

  private init(_ isa: dpuk_isa) { rawValue = isa.rawValue }

  /// As the kernels name it.
  var isa: dpuk_isa { dpuk_isa(rawValue: rawValue) }

  /// As people name it.
  var description: String { String(cString: dpuk_isa_name(isa)) }

  /// Those with convolution kernels.
  static let vectorised = [DPUK_ISA_AVX2, DPUK_ISA_AVX512_VNNI, DPUK_ISA_NEON, DPUK_ISA_NEON_DOTPROD]
    .filter { dpuk_isa_available($0) }.map(InstructionSet.init)

  /// Those and the compiler's baseline, which has element kernels only.
  static let all = [InstructionSet(DPUK_ISA_NONE)] + vectorised
}
