import CSoftwareKernels
import TestSupport
import Testing

@Suite struct ConvolutionTests {
  @Test("equals the definition for any shape", arguments: InstructionSet.vectorised, [false, true])
  func equalsDefinition(set: InstructionSet, depthwise: Bool) throws {
    for seed in UInt64(1)...1500 {
      let example = ConvolutionCase(seed: seed, depthwise: depthwise)
      try expectDefinition(example, set, "seed \(seed)", rowsAtATime: Int32(seed % 4) + 1)
    }
  }

  @Test("equals the definition where every product is the largest", arguments: InstructionSet.vectorised)
  func extremes(set: InstructionSet) throws {
    for (weight, element) in [(-128, -128), (-128, 127), (127, -128), (127, 127)] as [(Int8, Int8)] {
      for depthwise in [false, true] {
        var example = ConvolutionCase(
          geometry: ConvolutionCase.plain(height: 9, width: 35, channels: 64, outChannels: 64, kernel: 3))
        example.depthwise = depthwise
        example.geometry.shift = 16
        example.weights = Array(repeating: weight, count: example.weightCount)
        example.input = Array(repeating: element, count: example.inputExtent)
        example.bias = Array(repeating: 1, count: 64)
        try expectDefinition(example, set, "\(weight) x \(element)", rowsAtATime: 9)
      }
    }
  }

  @Test("the widest shapes of real networks equal the definition", arguments: InstructionSet.vectorised)
  func realShapes(set: InstructionSet) throws {
    // height, width, input and output channels, kernel, stride: first, middle, last and bottleneck layers.
    let shapes: [(Int32, Int32, Int32, Int32, Int32, Int32)] = [
      (12, 256, 1, 8, 3, 1), (8, 256, 24, 16, 3, 1), (6, 250, 3, 8, 3, 1), (9, 240, 4, 16, 3, 2),
      (5, 32, 192, 128, 3, 1),
      (15, 15, 144, 24, 1, 1), (4, 4, 30, 4, 4, 1), (13, 13, 32, 128, 13, 1), (9, 88, 3, 30, 7, 2),
    ]
    for (height, width, channels, outChannels, kernel, stride) in shapes {
      var example = ConvolutionCase(seed: UInt64(width), depthwise: false)
      var g = ConvolutionCase.plain(
        height: height, width: width, channels: channels, outChannels: outChannels, kernel: kernel)
      (g.stride_y, g.stride_x) = (stride, stride)
      (g.out_height, g.out_width) = ((g.out_height - 1) / stride + 1, (g.out_width - 1) / stride + 1)
      g.out_row_stride = Int(g.out_width) * g.out_pixel_stride
      g.shift = 12
      example.geometry = g
      example.weights = (0..<example.weightCount).map { Int8(truncatingIfNeeded: $0 &* 31 &+ $0 / 7) }
      example.input = (0..<example.inputExtent).map { Int8(truncatingIfNeeded: $0 &* 17 &+ $0 / 5) }
      example.bias = (0..<outChannels).map { $0 * 100 }
      try expectDefinition(example, set, "real shape", rowsAtATime: g.out_height)
    }
  }

  /// Runs a case between guard pages, in pieces of rows, and compares every byte, those between pixels too.
  private func expectDefinition(
    _ example: ConvolutionCase, _ set: InstructionSet, _ context: String, rowsAtATime: Int32
  ) throws {
    let g = example.geometry
    let prepared = try #require(example.prepared(for: set), "\(context): \(example)")
    defer { dpuk_conv_destroy(prepared) }
    let atEnd = g.out_width % 2 == 0
    let input = GuardedMemory(count: example.inputExtent, atEnd: atEnd, filledWith: 0)
    _ = input.elements(as: Int8.self).initialize(from: example.input)
    let output = GuardedMemory(count: example.outputExtent, atEnd: !atEnd, filledWith: sentinel)
    let sumCount = Int(g.out_height) * Int(g.out_width) * Int(g.out_channels)
    let sums = GuardedMemory(count: 4 * sumCount, atEnd: true, filledWith: sentinel)
    let scratchSize = (dpuk_conv_scratch_size(prepared) + 63) / 64 * 64
    let scratch = GuardedMemory(count: scratchSize, atEnd: true, filledWith: 0x5A)
    let (inputElements, outputElements) = (input.elements(as: Int8.self), output.elements(as: Int8.self))
    let sumElements = sums.elements(as: Int32.self)
    let sumsOfRow = Int(g.out_width) * Int(g.out_channels)
    var row: Int32 = 0
    while row < g.out_height {
      let end = min(row + rowsAtATime, g.out_height)
      dpuk_conv_run(prepared, inputElements.baseAddress, outputElements.baseAddress, row, end, scratch.start)
      dpuk_conv_run(prepared, inputElements.baseAddress, outputElements.baseAddress, end, end, scratch.start)
      dpuk_conv_run_sums(
        prepared, inputElements.baseAddress, sumElements.baseAddress.map { $0 + Int(row) * sumsOfRow }, row, end,
        scratch.start)
      row = end
    }

    var expected = [Int8](repeating: Int8(bitPattern: sentinel), count: example.outputExtent)
    var expectedSums: [Int32] = []
    for y in 0..<Int(g.out_height) {
      for x in 0..<Int(g.out_width) {
        for channel in 0..<Int(g.out_channels) {
          let sum = example.sum(y: y, x: x, channel: channel)
          expectedSums.append(Int32(sum))
          expected[y * g.out_row_stride + x * g.out_pixel_stride + channel] = example.finished(sum, channel: channel)
        }
      }
    }
    #expect(outputElements.elementsEqual(expected), "output, \(context): \(example)")
    #expect(sumElements.elementsEqual(expectedSums), "sums, \(context): \(example)")
  }
}

/// What stands where nobody may write.
private let sentinel: UInt8 = 0x77
