import CVisionKernels
import Tensors
import TestSupport
import Testing

@Suite struct FloatTests {
  /// Numbers that once scaled lie around borders, halves and ends of the range, and some that are none.
  private static func values(_ count: Int, scale: Float, _ random: inout SeededGenerator) -> [Float] {
    let special: [Float] = [
      0, -0.0, 0.5, -0.5, 0.49999997, -0.50000006, 127, 127.49999, 127.5, 128, -128, -128.5, -128.50002, -129, 1e9,
      -1e9, .greatestFiniteMagnitude, -.greatestFiniteMagnitude, .leastNonzeroMagnitude, -.leastNonzeroMagnitude,
      .infinity, -.infinity, .nan, -.nan, .signalingNaN,
    ]
    // Mostly usual numbers, or blocks without any loss would be rare.
    let share = random.pick(0...60)
    return (0..<count).map { _ in
      let number: Float
      switch random.pick(0...60 + share) {
      case 0...40: number = Float.random(in: -127...127, using: &random)
      case 41...60: number = Float(random.pick(-256...254)) / 2
      case 61...80: number = Float.random(in: -400...400, using: &random)
      default: number = special[random.pick(0...special.count - 1)]
      }
      return number / scale
    }
  }

  private static func losses(of value: Float, scaled: Float) -> dpuv_losses {
    var losses = dpuv_losses()
    if value.isNaN {
      losses.not_a_number = 1
    } else if value.isInfinite {
      losses.infinite = 1
    } else if scaled >= 127.5 || scaled < -128.5 {
      losses.saturated = 1
    }
    return losses
  }

  private static func sum(_ all: [dpuv_losses]) -> [UInt64] {
    [all.map(\.saturated), all.map(\.not_a_number), all.map(\.infinite)].map { $0.reduce(0, +) }
  }

  @Test("quantizing equals the one definition of it, and counts what is lost", arguments: KernelSet.all)
  func quantizing(set: KernelSet) {
    for seed in UInt64(1)...2000 {
      var random = SeededGenerator(seed: seed)
      let count = random.pick(0...400)
      let fixPoint = FixPoint(seed % 5 == 0 ? random.pick(-149...127) : random.pick(-9...20))
      let values = Self.values(count, scale: fixPoint.scale, &random)
      let input = GuardedMemory(values, atEnd: seed % 2 == 0)
      let output = GuardedMemory(count: count, atEnd: seed % 3 != 0, filledWith: 0x77)
      // The counts are added to what was there.
      var losses = dpuv_losses(saturated: 5, not_a_number: 6, infinite: 7)
      dpuv_quantize(
        set.isa, input.elements(as: Float.self).baseAddress, output.elements(as: Int8.self).baseAddress, count,
        fixPoint.scale, &losses)
      #expect(output.elements(as: Int8.self).elementsEqual(values.map(fixPoint.quantize)), "seed \(seed)")
      let expected = Self.sum(
        [dpuv_losses(saturated: 5, not_a_number: 6, infinite: 7)]
          + values.map { Self.losses(of: $0, scaled: $0 * fixPoint.scale) })
      #expect(Self.sum([losses]) == expected, "seed \(seed)")
    }
  }

  @Test("every number of one binade is rounded half up", arguments: KernelSet.all)
  func halves(set: KernelSet) {
    // All single precision numbers from 0.25 to 1 in steps of 64 units, and their negatives: 0.5 and its neighbours.
    let bits = stride(from: Float(0.25).bitPattern, to: Float(1).bitPattern, by: 64)
    let near = (Float(0.5).bitPattern - 80...Float(0.5).bitPattern + 80)
    let values = (Array(bits) + Array(near)).flatMap { [Float(bitPattern: $0), -Float(bitPattern: $0)] }
    var results = [Int8](repeating: 0, count: values.count)
    var losses = dpuv_losses()
    dpuv_quantize(set.isa, values, &results, values.count, 1, &losses)
    // Exact in double precision.
    #expect(results == values.map { Int8((Double($0) + 0.5).rounded(.down)) })
    #expect(Self.sum([losses]) == [0, 0, 0])
  }

  @Test("mapped values are clamped and rounded in single precision, step by step", arguments: KernelSet.all)
  func mapped(set: KernelSet) {
    for seed in UInt64(1)...2000 {
      var random = SeededGenerator(seed: seed)
      let channels = seed % 20 == 0 ? random.pick(60...70) : random.pick(1...9)
      let pixels = random.pick(0...200), reversed = seed % 3 == 0
      let fixPoint = FixPoint(seed % 7 == 0 ? random.pick(-100...100) : random.pick(-3...8))
      let isFixed = random.pick(0...3) == 0
      let maps = (0..<channels).map { _ in
        let hasEnds = random.pick(0...2) > 0
        return dpuv_affine(
          factor: isFixed ? 0 : Float.random(in: -3...3, using: &random),
          offset: random.pick(0...1) == 0 ? 0 : Float.random(in: -2...2, using: &random),
          lowest: hasEnds ? -1 : -.infinity, highest: hasEnds ? 1 : .infinity)
      }
      let values = Self.values(pixels * channels, scale: fixPoint.scale, &random)
      let input = GuardedMemory(values, atEnd: seed % 2 == 0)
      let output = GuardedMemory(count: values.count, atEnd: seed % 4 < 2, filledWith: 0x77)
      var losses = dpuv_losses()
      dpuv_quantize_mapped(
        set.isa, input.elements(as: Float.self).baseAddress, output.elements(as: Int8.self).baseAddress, pixels,
        channels, maps, reversed, fixPoint.scale, &losses)
      var expected: [Int8] = []
      var lost: [dpuv_losses] = []
      for index in values.indices {
        let channel = index % channels
        let value = values[index - channel + (reversed ? channels - 1 - channel : channel)]
        let map = maps[channel]
        let result = value * map.factor + map.offset
        let network = result.isNaN ? 0 : max(map.lowest, min(map.highest, result))
        expected.append(value.isNaN ? 0 : fixPoint.quantize(network))
        lost.append(Self.losses(of: value, scaled: network * fixPoint.scale))
      }
      #expect(output.elements(as: Int8.self).elementsEqual(expected), "seed \(seed)")
      #expect(Self.sum([losses]) == Self.sum(lost), "seed \(seed)")
    }
  }

  @Test("dequantizing multiplies by the step", arguments: KernelSet.all)
  func dequantizing(set: KernelSet) {
    for seed in UInt64(1)...300 {
      var random = SeededGenerator(seed: seed)
      let values = random.int8s(random.pick(0...300)), fixPoint = FixPoint(random.pick(-130...140))
      let input = GuardedMemory(values, atEnd: seed % 2 == 0)
      let output = GuardedMemory(count: 4 * values.count, atEnd: seed % 3 != 0, filledWith: 0x77)
      let results = output.elements(as: Float.self)
      dpuv_dequantize(
        set.isa, input.elements(as: Int8.self).baseAddress, results.baseAddress, values.count, fixPoint.step)
      #expect(
        results.map(\.bitPattern) == values.map { fixPoint.dequantize($0).bitPattern }, "seed \(seed)")
    }
  }
}
