import SimulatedDPU
import Tensors
import Testing
import XModel

/// POOL, DPTWISE and ALU through programs of our own: every geometry, with all that no public file shows.
@Suite struct ChannelwiseProgramTests {
  /// One instruction on a random window.
  private struct Run {
    let bench: ProgramBench
    let window: WindowCase
    let named: NamedTarget
    let seed: UInt64

    init(
      _ named: NamedTarget, parallelism: Int, limits: WindowCase.Limits = .init(), seed: UInt64,
      kernels: Kernels = .best
    ) throws {
      let target = try named.target()
      self.named = named
      self.seed = seed
      window = WindowCase(target, parallelism: parallelism, limits: limits, seed: seed &+ named.fingerprint % 997 << 16)
      bench = ProgramBench(target, seed: seed, kernels: kernels)
      bench.region(2, window.imageBytes)
      bench.region(3, byteCount: window.resultByteCount)
      window.load(into: bench, register: 2)
    }

    /// Runs the instruction and compares every value with a formula of place and channel.
    func check(_ setup: Opcode, _ opcode: Opcode, _ fields: [String: Int], _ value: (Int, Int, Int) -> Int) throws {
      bench.add(setup, opcode, window.fields.merging(fields) { $1 })
      window.save(from: bench, register: 3)
      try bench.run()
      var expected: [Int8] = []
      for y in 0..<window.outputRows {
        for x in 0..<window.length {
          for channel in 0..<window.groups * bench.target.bankWidth { expected.append(Int8(value(y, x, channel))) }
        }
      }
      #expect(
        try bench.contents(3, window.resultByteCount) == expected, "\(named.name) \(opcode) \(fields) seed \(seed)")
    }

    /// The values under the kernel of an output.
    func values(_ y: Int, _ x: Int, _ channel: Int, padding: Int = 0) -> [Int] {
      (0..<window.kernelHeight).flatMap { ky in
        (0..<window.kernelWidth).map { kx in
          window.value(y * window.strideHeight + ky, x * window.strideWidth + kx, channel, padding: padding)
        }
      }
    }
  }

  private static let isa0 = NamedTarget.all.filter { $0.name.hasPrefix("ISA0") }
  private static let isa0WithDepthwise = isa0.filter { !$0.name.contains("MIN") }
  private static let isa1 = NamedTarget.all.filter { $0.name.hasPrefix("ISA1 B") }

  @Test("maximum pools of ISA0", arguments: isa0)
  func maximum(named: NamedTarget) throws {
    let limits = WindowCase.Limits(kernel: 1...8, padAtEnd: 7, hasChannelOffset: false)
    for seed in UInt64(0)..<8 {
      let run = try Run(
        named, parallelism: Fingerprint(named.fingerprint).poolParallelism, limits: limits, seed: seed)
      let shift = Int(seed) * 2 % 15
      try run.check(.poolinit, .pool, ["shift_cut": shift]) { y, x, channel in
        let greatest = run.values(y, x, channel, padding: -128).max() ?? 0
        return ReferenceArithmetic.round(greatest, shift < 8 ? -shift : shift - 8)
      }
    }
  }

  @Test("maximum without pads of ISA0 steps by a kernel of its own", arguments: isa0)
  func maxReduction(named: NamedTarget) throws {
    let limits = WindowCase.Limits(kernel: 1...8, hasChannelOffset: false, hasPads: false, stepsByKernel: true)
    for seed in UInt64(10)..<14 {
      let run = try Run(
        named, parallelism: Fingerprint(named.fingerprint).poolParallelism, limits: limits, seed: seed)
      let fields = [
        "pool_type": 2, "ds_kernel_h": run.window.kernelHeight, "ds_kernel_w": run.window.kernelWidth, "shift_cut": 9,
        "kernel_h": 1, "kernel_w": 1, "stride_h": 2, "stride_w": 5, "pad_top": 1, "pad_left": 1, "pad_bottom": 0,
        "pad_right": 0,
      ]
      try run.check(.poolinit, .pool, fields) { y, x, channel in
        ReferenceArithmetic.round(run.values(y, x, channel).max() ?? 0, 1)
      }
    }
  }

  /// One over the size of a window, as the hardware has it: factor and bits.
  private static let averageFactors: [(Int, Int, Int)] = [
    (1, 1, 0), (2, 1, 2), (3, 28, 8), (4, 1, 4), (5, 10, 8), (6, 7, 8), (7, 21, 10), (8, 1, 6),
  ]

  @Test("averages of ISA0 for every kernel", arguments: averageFactors)
  func averages(kernel: Int, factor: Int, bits: Int) throws {
    let limits = WindowCase.Limits(kernel: kernel...kernel, padAtEnd: 7, hasChannelOffset: false)
    for named in Self.isa0 where !named.name.contains("MIN") {
      let run = try Run(
        named, parallelism: Fingerprint(named.fingerprint).poolParallelism, limits: limits, seed: UInt64(kernel))
      let shift = kernel % 2 == 0 ? 9 : 1
      try run.check(.poolinit, .pool, ["pool_type": 1, "shift_cut": shift]) { y, x, channel in
        let sum = run.values(y, x, channel).reduce(0, +)
        return ReferenceArithmetic.round(sum * factor, bits + (shift < 8 ? -shift : shift - 8))
      }
    }
  }

  @Test(
    "averages over rectangles: a constant of the width alone, or one over the size",
    arguments: [(3, 7, 28, 8), (5, 1, 10, 8), (6, 4, 7, 8), (7, 2, 21, 10), (2, 8, 1, 4), (8, 1, 1, 3), (1, 4, 1, 2)])
  func rectangles(width: Int, height: Int, factor: Int, bits: Int) throws {
    let limits = WindowCase.Limits(
      kernel: width...width, kernelHeight: height...height, padAtEnd: 7, hasChannelOffset: false)
    for named in Self.isa0 where named.name.contains("BG2") {
      let run = try Run(
        named, parallelism: Fingerprint(named.fingerprint).poolParallelism, limits: limits, seed: UInt64(width))
      try run.check(.poolinit, .pool, ["pool_type": 1, "shift_cut": 8]) { y, x, channel in
        ReferenceArithmetic.round(run.values(y, x, channel).reduce(0, +) * factor, bits)
      }
    }
  }

  @Test("depthwise convolutions of ISA0", arguments: isa0WithDepthwise)
  func dptwise(named: NamedTarget) throws {
    for seed in UInt64(20)..<28 {
      let run = try Run(
        named, parallelism: Fingerprint(named.fingerprint).depthwiseParallelism, seed: seed)
      try depthwise(run, .dwinit, .dptwise, rowsPerTap: run.window.groups, activations: [0, 1, 4], hasBias: true)
    }
  }

  @Test("depthwise convolutions of ALU, with bias and without", arguments: isa1)
  func alu(named: NamedTarget) throws {
    for seed in UInt64(30)..<38 {
      let run = try Run(named, parallelism: Fingerprint(named.fingerprint).poolParallelism, seed: seed)
      try depthwise(
        run, .aluinit, .alu, rowsPerTap: run.window.groups + Int(seed % 3), activations: [0, 1, 4],
        hasBias: seed % 2 == 0)
    }
  }

  @Test("all kernels give the same sums", arguments: Kernels.available)
  func everyKernel(kernels: Kernels) throws {
    for named in Self.isa1 {
      for seed in UInt64(40)..<44 {
        let run = try Run(
          named, parallelism: Fingerprint(named.fingerprint).poolParallelism, seed: seed, kernels: kernels)
        try depthwise(run, .aluinit, .alu, rowsPerTap: run.window.groups, activations: [0], hasBias: true)
      }
    }
  }

  /// Loads weights and biases, runs and compares.
  private func depthwise(
    _ run: Run, _ setup: Opcode, _ opcode: Opcode, rowsPerTap: Int, activations: [Int], hasBias: Bool
  ) throws {
    let (window, bench, width) = (run.window, run.bench, run.bench.target.bankWidth)
    var random = SeededGenerator(seed: run.seed)
    let channels = window.groups * width
    let taps = window.kernelHeight * window.kernelWidth
    let weights = (0..<taps).map { _ in random.int8s(channels) }
    let biases = random.int8s(channels)
    let weightRow = Int.random(in: 1900...2047, using: &random)
    let biasRow = Int.random(in: 2040...2047, using: &random)
    let activation = activations[Int(run.seed) % activations.count]
    let (cut, biasShift) = (Int.random(in: 0...9, using: &random), Int.random(in: 0...10, using: &random))
    bench.region(0, Array(weights.joined()) + biases)
    bench.add(
      "LOAD",
      [
        "bank_id": run.named.biasBank - 1, "bank_addr": weightRow, "length": taps, "channel": channels,
        "jump_read": channels, "jump_write": rowsPerTap,
      ])
    bench.add(
      "LOAD", ["bank_id": run.named.biasBank, "bank_addr": biasRow, "channel": channels, "ddr_addr": taps * channels])
    let fields = [
      "exec_mode": hasBias ? 0 : 6, "bank_addr_weights": weightRow, "bank_addr_bias": biasRow,
      "jump_read_weights": rowsPerTap, "shift_cut": cut, "shift_bias": biasShift, "act_type": activation,
    ]
    try run.check(setup, opcode, fields) { y, x, channel in
      let sum = zip(run.values(y, x, channel), weights).reduce(0) { $0 + $1.0 * Int($1.1[channel]) }
      return ReferenceArithmetic.finish(
        sum, bias: hasBias ? Int(biases[channel]) : 0, biasShift: hasBias ? biasShift : 0, cut: cut,
        activation: activation)
    }
  }

  @Test("pools of ALU", arguments: isa1)
  func aluPools(named: NamedTarget) throws {
    let parallelism = Fingerprint(named.fingerprint).poolParallelism
    let limits = WindowCase.Limits(kernel: 1...9, padAtEnd: 255)
    for seed in UInt64(50)..<54 {
      let run = try Run(named, parallelism: parallelism, limits: limits, seed: seed)
      let factor = [-128, -3, 57, 127][Int(seed) % 4]
      try run.check(.aluinit, .alu, ["exec_mode": 2, "multi_factor": factor, "shift_cut": 8 + 9]) { y, x, channel in
        ReferenceArithmetic.round(run.values(y, x, channel).reduce(0, +) * factor, 9)
      }
      let other = try Run(named, parallelism: parallelism, limits: limits, seed: seed &+ 4)
      let shift = seed % 2 == 0 ? 1 : 10
      try other.check(.aluinit, .alu, ["exec_mode": 3, "shift_cut": shift]) { y, x, channel in
        ReferenceArithmetic.round(
          other.values(y, x, channel, padding: -128).max() ?? 0, shift < 8 ? -shift : shift - 8)
      }
    }
  }

  @Test("maximum without pads of ALU", arguments: isa1)
  func aluMaxReduction(named: NamedTarget) throws {
    let limits = WindowCase.Limits(kernel: 1...9, hasChannelOffset: false, hasPads: false)
    let run = try Run(
      named, parallelism: Fingerprint(named.fingerprint).poolParallelism, limits: limits, seed: 60)
    let fields = ["exec_mode": 5, "pad_top": 2, "pad_left": 2, "pad_bottom": 0, "channel_offset": 3]
    try run.check(.aluinit, .alu, fields) { y, x, channel in run.values(y, x, channel).max() ?? 0 }
  }

  @Test("activations of ALU: hard sigmoid with its clamp, leaky ReLU, PReLU", arguments: isa1)
  func aluActivations(named: NamedTarget) throws {
    let parallelism = Fingerprint(named.fingerprint).poolParallelism
    let limits = WindowCase.Limits(kernel: 1...1, stride: 1...1)
    // From shift_bias 18 on, 2731x + 3 * 2731 * 2^shift_bias passes 2^32 for some x.
    for (seed, bias, cut) in [(70, 7, 13), (71, 18, 24), (72, 19, 26), (73, 20, 27)] as [(UInt64, Int, Int)] {
      let run = try Run(named, parallelism: parallelism, limits: limits, seed: seed)
      let fields = ["exec_mode": 7, "shift_bias": bias, "shift_cut": cut]
      try run.check(.aluinit, .alu, fields) { y, x, channel in
        let value = 2731 * run.values(y, x, channel)[0] + 3 * 2731 * (1 << bias)
        return ReferenceArithmetic.round(min(1 << 32, max(0, value)), cut)
      }
    }
    for (seed, factor) in [(74, 26), (76, -26)] as [(UInt64, Int)] {
      let leaky = try Run(named, parallelism: parallelism, limits: limits, seed: seed)
      let fields = ["exec_mode": 4, "multi_factor": factor, "shift_prelu_n": 40, "shift_prelu_p": 1]
      try leaky.check(.aluinit, .alu, fields) { y, x, channel in
        let value = leaky.values(y, x, channel)[0]
        return Self.slope(value, factor, negative: 8, positive: -1)
      }
    }
    let prelu = try Run(named, parallelism: parallelism, limits: limits, seed: 75)
    var random = SeededGenerator(seed: 75)
    let slopes = random.int8s(prelu.window.groups * prelu.bench.target.bankWidth)
    prelu.bench.region(0, slopes)
    prelu.bench.add("LOAD", ["bank_id": named.biasBank - 1, "bank_addr": 2047, "channel": slopes.count])
    let preluFields = ["exec_mode": 1, "bank_addr_weights": 2047, "shift_prelu_n": 38, "shift_prelu_p": 33]
    try prelu.check(.aluinit, .alu, preluFields) { y, x, channel in
      let value = prelu.values(y, x, channel)[0]
      return Self.slope(value, Int(slopes[channel]), negative: 6, positive: 1)
    }
  }

  /// A value below zero times a slope; the product's sign decides by which shift it is rounded.
  private static func slope(_ value: Int, _ slope: Int, negative: Int, positive: Int) -> Int {
    let product = value < 0 ? value * slope : value
    return ReferenceArithmetic.round(product, product < 0 ? negative : positive)
  }

  @Test("leaky ReLU in depthwise convolutions of cores that have it", arguments: isa1)
  func leakyDepthwise(named: NamedTarget) throws {
    let leaky = named.with(fingerprint: named.fingerprint | 1 << 29)
    for seed in UInt64(80)..<83 {
      let run = try Run(leaky, parallelism: Fingerprint(leaky.fingerprint).poolParallelism, seed: seed)
      try depthwise(run, .aluinit, .alu, rowsPerTap: run.window.groups, activations: [3], hasBias: seed % 2 == 0)
    }
  }

  @Test("tall kernels of DPTWISE and ALU reach the fourth base address", arguments: NamedTarget.all)
  func fourthBase(named: NamedTarget) throws {
    guard !named.name.contains("MIN") else { return }
    let isISA0 = named.name.hasPrefix("ISA0")
    let rows = Fingerprint(named.fingerprint).depthwiseParallelism
    let height = isISA0 ? 13...16 : 13...20
    let limits = WindowCase.Limits(
      kernel: 1...4, kernelHeight: height, stride: 1...1, padAtEnd: isISA0 ? 15 : 255, needsLastBase: true)
    let run = try Run(named, parallelism: rows, limits: limits, seed: 90)
    try depthwise(
      run, isISA0 ? .dwinit : .aluinit, isISA0 ? .dptwise : .alu, rowsPerTap: run.window.groups, activations: [0],
      hasBias: true)
  }
}
