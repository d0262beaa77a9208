import CSoftwareKernels
import Tensors
import TestSupport
import Testing

@Suite struct ElementTests {
  /// round_half_up(value / 2^shift), not saturated.
  private func scaled(_ value: Int, by shift: Int32) -> Int {
    shift > 0 ? (value + 1 << (Int(shift) - 1)) >> Int(shift) : value << -Int(shift)
  }

  private func saturated(_ value: Int) -> Int8 { Int8(clamping: value) }

  @Test("an addition equals its definition for any number of inputs, scale and length", arguments: InstructionSet.all)
  func addition(set: InstructionSet) {
    for seed in UInt64(1)...3000 {
      var random = SeededGenerator(seed: seed)
      func pick(_ range: ClosedRange<Int32>) -> Int32 { Int32.random(in: range, using: &random) }
      let inputs = Int(pick(1...8)), count = Int(pick(0...200))
      let usual = pick(1...4) > 1
      let down = (0..<inputs).map { _ in usual ? pick(0...4) : pick(0...31) }
      let shift = usual ? pick(0...5) : pick(-8...31)
      let low = pick(-128...0), high = pick(0...127)
      let memories = (0..<inputs).map { _ in GuardedMemory(count: count, atEnd: true, filledWith: 0x80) }
      if seed % 5 > 0 {
        for memory in memories { _ = memory.elements(as: Int8.self).initialize(from: random.int8s(count)) }
      }
      let output = GuardedMemory(count: count, atEnd: true, filledWith: 0x77)
      let pointers = memories.map { UnsafePointer($0.elements(as: Int8.self).baseAddress) }
      dpuk_eltwise_add(
        set.isa, pointers, down, Int32(inputs), shift, low, high, output.elements(as: Int8.self).baseAddress, count)
      let expected = (0..<count).map { index in
        let sum = (0..<inputs).reduce(0) {
          $0 + (4 * Int(memories[$1].elements(as: Int8.self)[index])) >> Int(down[$1])
        }
        return Int8(min(max(scaled(sum, by: shift), Int(low)), Int(high)))
      }
      #expect(output.elements(as: Int8.self).elementsEqual(expected), "seed \(seed)")
    }
  }

  @Test("an addition may overwrite one of its inputs", arguments: InstructionSet.all)
  func additionInPlace(set: InstructionSet) {
    var values = (0..<101).map { Int8($0 - 50) }
    let other = [Int8](repeating: 3, count: 101)
    values.withUnsafeMutableBufferPointer { values in
      other.withUnsafeBufferPointer { other in
        dpuk_eltwise_add(
          set.isa, [UnsafePointer(values.baseAddress), other.baseAddress], [0, 0], 2, 2, -128, 127, values.baseAddress,
          101)
      }
    }
    #expect(values == (0..<101).map { Int8($0 - 47) })
  }

  @Test("a change of scale equals its definition and keeps what lies between pixels", arguments: InstructionSet.all)
  func requantization(set: InstructionSet) {
    for seed in UInt64(1)...3000 {
      var random = SeededGenerator(seed: seed)
      func pick(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &random) }
      let channels = pick(1...80), pixels = pick(1...20)
      let inStride = channels + (pick(0...1) == 0 ? 0 : pick(0...9))
      let outStride = channels + (pick(0...1) == 0 ? 0 : pick(0...9))
      let shift = Int32(pick(0...2) == 0 ? pick(-8...31) : pick(-2...3))
      let input = GuardedMemory(count: (pixels - 1) * inStride + channels, atEnd: true, filledWith: 0)
      _ = input.elements(as: Int8.self).initialize(from: random.int8s(input.count))
      let output = GuardedMemory(count: (pixels - 1) * outStride + channels, atEnd: true, filledWith: 0x77)
      let (from, to) = (input.elements(as: Int8.self), output.elements(as: Int8.self))
      dpuk_requantize(set.isa, from.baseAddress, inStride, to.baseAddress, outStride, channels, pixels, shift)
      var expected = [Int8](repeating: 0x77, count: output.count)
      for pixel in 0..<pixels {
        for channel in 0..<channels {
          expected[pixel * outStride + channel] = saturated(scaled(Int(from[pixel * inStride + channel]), by: shift))
        }
      }
      #expect(to.elementsEqual(expected), "seed \(seed)")
    }
  }

  @Test("a change of scale may work in place", arguments: InstructionSet.all)
  func requantizationInPlace(set: InstructionSet) {
    // Five channels of every seven, then all without gaps.
    for (channels, stride, shift) in [(5, 7, 1), (7, 7, 1), (5, 7, 0), (7, 7, 0), (40, 50, 1)] as [(Int, Int, Int32)] {
      var values = (0..<700).map { Int8(truncatingIfNeeded: $0) }
      let expected = values.enumerated().map { index, value in
        index % stride < channels ? saturated(scaled(Int(value), by: shift)) : value
      }
      values.withUnsafeMutableBufferPointer { values in
        dpuk_requantize(set.isa, values.baseAddress, stride, values.baseAddress, stride, channels, 700 / stride, shift)
      }
      #expect(values == expected, "\(channels) of \(stride), shift \(shift)")
    }
  }

  @Test("a max pool equals its definition for any window", arguments: InstructionSet.all)
  func maxPool(set: InstructionSet) {
    for seed in UInt64(1)...3000 {
      var random = SeededGenerator(seed: seed)
      func pick(_ range: ClosedRange<Int32>) -> Int32 { Int32.random(in: range, using: &random) }
      var g = ConvolutionCase.plain(height: pick(1...12), width: pick(1...30), channels: 1, outChannels: 1)
      if pick(0...2) == 0 {
        (g.kernel_height, g.kernel_width, g.stride_y, g.stride_x) = (2, 2, 2, 2)
        g.in_channels = 1 << pick(0...6)
        g.out_width = max(g.in_width / 2, 1)
      } else {
        (g.kernel_height, g.kernel_width, g.stride_y, g.stride_x) = (pick(1...4), pick(1...4), pick(1...3), pick(1...3))
        (g.dilation_y, g.dilation_x) = (pick(1...2), pick(1...2))
        (g.pad_top, g.pad_left) = (pick(-1...5), pick(-1...5))
        g.in_channels = pick(1...90)
        g.out_width = pick(1...20)
      }
      g.out_channels = g.in_channels
      g.out_height = pick(1...8)
      g.in_pixel_stride = Int(g.in_channels + pick(0...1) * pick(0...3))
      g.in_row_stride = Int(g.in_width) * g.in_pixel_stride + Int(pick(0...3))
      g.out_pixel_stride = Int(g.in_channels + pick(0...1) * pick(0...9))
      g.out_row_stride = Int(g.out_width) * g.out_pixel_stride + Int(pick(0...3))
      let shift = pick(0...1) == 0 ? 0 : pick(-8...31)
      let example = ConvolutionCase(geometry: g)
      let input = GuardedMemory(count: example.inputExtent, atEnd: true, filledWith: 0)
      _ = input.elements(as: Int8.self).initialize(from: random.int8s(input.count))
      let output = GuardedMemory(count: example.outputExtent, atEnd: true, filledWith: 0x77)
      let (from, to) = (input.elements(as: Int8.self), output.elements(as: Int8.self))
      let middle = pick(0...g.out_height)
      dpuk_max_pool(set.isa, &g, shift, from.baseAddress, to.baseAddress, 0, middle)
      dpuk_max_pool(set.isa, &g, shift, from.baseAddress, to.baseAddress, middle, g.out_height)
      #expect(to.elementsEqual(pooled(g, from, shift)), "seed \(seed): \(example)")
    }
  }

  /// A max pool by its definition, with sentinels between pixels.
  private func pooled(_ g: dpuk_conv_params, _ input: UnsafeMutableBufferPointer<Int8>, _ shift: Int32) -> [Int8] {
    var result = [Int8](repeating: 0x77, count: ConvolutionCase(geometry: g).outputExtent)
    for y in 0..<Int(g.out_height) {
      for x in 0..<Int(g.out_width) {
        for channel in 0..<Int(g.in_channels) {
          var most: Int8 = -128
          for ky in 0..<Int(g.kernel_height) {
            for kx in 0..<Int(g.kernel_width) {
              let inY = y * Int(g.stride_y) - Int(g.pad_top) + ky * Int(g.dilation_y)
              let inX = x * Int(g.stride_x) - Int(g.pad_left) + kx * Int(g.dilation_x)
              guard (0..<Int(g.in_height)).contains(inY), (0..<Int(g.in_width)).contains(inX) else { continue }
              most = max(most, input[inY * g.in_row_stride + inX * g.in_pixel_stride + channel])
            }
          }
          result[y * g.out_row_stride + x * g.out_pixel_stride + channel] = saturated(scaled(Int(most), by: shift))
        }
      }
    }
    return result
  }
}
