import SimulatedDPU
import Tensors
import Testing

/// CONV through programs of our own: every geometry, wraps of input and output, pads, offsets and activations.
@Suite struct ConvolutionProgramTests {
  @Test("CONV is the plain formula in every geometry", arguments: NamedTarget.all)
  func everyGeometry(named: NamedTarget) throws {
    for seed in UInt64(0)..<16 { try check(named, seed: seed, kernels: .best) }
  }

  @Test("all kernels give the same", arguments: Kernels.available)
  func everyKernel(kernels: Kernels) throws {
    for named in NamedTarget.all where named.name.hasPrefix("ISA1 B") {
      for seed in UInt64(20)..<40 { try check(named, seed: seed, kernels: kernels) }
    }
  }

  @Test("tall kernels reach the fourth base address", arguments: NamedTarget.all)
  func fourthBase(named: NamedTarget) throws {
    let limits = WindowCase.Limits(kernel: 1...5, kernelHeight: 12...16, stride: 1...2, needsLastBase: true)
    for seed in UInt64(50)..<52 { try check(named, seed: seed, limits: limits, kernels: .best) }
  }

  @Test("the random cases hold what no public program shows, in every geometry", arguments: NamedTarget.all)
  func rarities(named: NamedTarget) throws {
    let target = try named.target()
    var expected: Set<String> = [
      "output wraps", "input wraps", "stride_offset_out", "stride_out", "stride_offset_in", "channel_offset",
      "kernel of pads",
    ]
    if named.name.contains("MAX") { expected.insert("third group") }
    let cases = (UInt64(0)..<16).map { Self.window(named, target, seed: $0, limits: .init()) }
    #expect(cases.reduce(into: Set()) { $0.formUnion($1.rarities) } == expected)
  }

  private static func window(
    _ named: NamedTarget, _ target: DPUTarget, seed: UInt64, limits: WindowCase.Limits
  ) -> WindowCase {
    WindowCase(
      target, parallelism: target.pixelParallelism, limits: limits, outputGroups: 1,
      seed: seed &* 1_000 &+ named.fingerprint % 997)
  }

  private func check(
    _ named: NamedTarget, seed: UInt64, limits: WindowCase.Limits = .init(), kernels: Kernels
  ) throws {
    let target = try named.target()
    let width = target.bankWidth
    let window = Self.window(named, target, seed: seed, limits: limits)
    var random = SeededGenerator(seed: seed)
    let cells = window.kernelHeight * window.kernelWidth * window.groups
    let weights = (0..<width).map { _ in random.int8s(cells * width) }
    let biases = random.int8s(width)
    let weightRow = Int.random(in: 0...2047, using: &random)
    let biasRow = Int.random(in: 0...2047, using: &random)
    let cut = Int.random(in: 4...12, using: &random)
    let biasShift = Int.random(in: 0...20, using: &random)
    // Cores without leaky ReLU or ReLU6 refuse them; another test sees to that.
    let activation = named.name.contains("MIN") ? [0, 1, 4][Int(seed % 3)] : [0, 1, 3, 4][Int(seed % 4)]

    let bench = ProgramBench(target, seed: seed, kernels: kernels)
    bench.region(0, Array(weights.joined()) + biases)
    bench.region(2, window.imageBytes)
    bench.region(3, byteCount: window.resultByteCount)
    window.load(into: bench, register: 2)
    for channel in 0..<width {
      bench.add(
        "LOAD",
        [
          "bank_id": target.imageBankCount + channel, "bank_addr": weightRow, "length": cells, "channel": width,
          "jump_read": width, "ddr_addr": channel * cells * width,
        ])
    }
    bench.add(
      "LOAD", ["bank_id": named.biasBank, "bank_addr": biasRow, "channel": width, "ddr_addr": cells * width * width])
    var fields = window.fields
    fields["bank_addr_weights"] = weightRow
    fields["bank_addr_bias"] = biasRow
    fields["shift_cut"] = cut
    fields["shift_bias"] = biasShift
    fields["act_type"] = activation
    bench.add(.convinit, .conv, fields)
    window.save(from: bench, register: 3)
    try bench.run()

    let found = try bench.contents(3, window.resultByteCount)
    var expected: [Int8] = []
    for y in 0..<window.outputRows {
      for x in 0..<window.length {
        for output in 0..<width {
          var sum = 0
          for ky in 0..<window.kernelHeight {
            for kx in 0..<window.kernelWidth {
              for channel in 0..<window.groups * width {
                let place = (ky * window.kernelWidth + kx) * window.groups * width + channel
                sum +=
                  window.value(y * window.strideHeight + ky, x * window.strideWidth + kx, channel)
                  * Int(weights[output][place])
              }
            }
          }
          let value = ReferenceArithmetic.finish(
            sum, bias: Int(biases[output]), biasShift: biasShift, cut: cut, activation: activation)
          expected.append(Int8(value))
        }
      }
    }
    #expect(found == expected, "\(named.name) seed \(seed) \(kernels.title)")
  }
}
