import CSimulatedKernels
import Tensors
import TestSupport
import Testing

/// The functions that work on each channel by itself.
@Suite struct TapTests {
  private enum Function: CaseIterable { case multiply, add, max }

  @Test("products, sums and maxima over taps equal their definitions", arguments: KernelSet.all)
  func taps(set: KernelSet) {
    for seed in UInt64(1)...600 {
      var random = SeededGenerator(seed: seed)
      let count = random.pick(0...60), outputs = random.pick(1...40), step = 16 * random.pick(1...5)
      let least = Int32(random.pick(0...1) * -128)
      let images = (0..<count).map { _ in GuardedMemory(random.cells((outputs - 1) * step / 16 + 1)) }
      let weights = (0..<count).map { _ in GuardedMemory(random.cells(1)) }
      for function in Function.allCases {
        let memory = GuardedMemory(count: outputs * 64, atEnd: true, filledWith: 0x5A)
        let sums = memory.elements(as: Int32.self)
        let x = images.map { UnsafePointer($0.pointer) }, w = weights.map { UnsafePointer($0.pointer) }
        switch function {
        case .multiply: set.functions.multiply_taps(x, w, Int32(count), step, Int32(outputs), memory.int32s)
        case .add: set.functions.add_taps(x, Int32(count), step, Int32(outputs), memory.int32s)
        case .max: set.functions.max_taps(x, Int32(count), step, Int32(outputs), least, memory.int32s)
        }
        let expected = (0..<outputs * 16).map { place -> Int32 in
          let values = images.map { Int32($0.pointer[place / 16 * step + place % 16]) }
          switch function {
          case .multiply:
            return zip(values, weights).reduce(0) { $0 + $1.0 * Int32($1.1.pointer[place % 16]) }
          case .add: return values.reduce(0, +)
          case .max: return values.reduce(least, max)
          }
        }
        let isEqual = sums.elementsEqual(expected)
        #expect(isEqual, "\(function), seed \(seed)")
      }
    }
  }
}
