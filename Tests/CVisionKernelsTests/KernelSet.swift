import CVisionKernels
import Tensors
import TestSupport

/// A kernel set that this machine can run: the tests go over all of them, not only the best.
struct KernelSet: Sendable, CustomStringConvertible {
  private let rawValue: UInt32

  private init(_ isa: dpuv_isa) { rawValue = isa.rawValue }

  /// As the kernels name it.
  var isa: dpuv_isa { dpuv_isa(rawValue: rawValue) }

  /// As people name it.
  var description: String { String(cString: dpuv_isa_name(isa)) }

  /// Those of this machine, the portable one among them.
  static let all = [DPUV_ISA_PORTABLE, DPUV_ISA_AVX2, DPUV_ISA_AVX512, DPUV_ISA_NEON]
    .filter { dpuv_isa_available($0) }.map(KernelSet.init)
}

extension GuardedMemory {
  /// Copies elements right up to, or right behind, memory that nobody may touch.
  convenience init<Element>(_ elements: [Element], atEnd: Bool) {
    self.init(count: elements.count * MemoryLayout<Element>.stride, atEnd: atEnd, filledWith: 0)
    _ = self.elements(as: Element.self).initialize(from: elements)
  }
}

extension SeededGenerator {
  /// A number of a range.
  mutating func pick<Number: FixedWidthInteger>(_ range: ClosedRange<Number>) -> Number {
    Number.random(in: range, using: &self)
  }

  /// So many samples; at times of few values, so that equal ones stand side by side.
  mutating func samples(_ count: Int) -> [UInt8] {
    let isPoor = pick(0...2) == 0
    return (0..<count).map { _ in isPoor ? 126 + pick(0...3) : pick(0...255) }
  }
}
