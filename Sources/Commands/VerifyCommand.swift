import Devices
import Inference
import Tensors
import Vision
import XModel

/// `dpu verify`: compares a device with the software device, tensor by tensor.
enum VerifyCommand: Command {
  static let table = CommandTable(
    name: "verify",
    summary: "compares the compiled instructions with the graph, tensor by tensor, and names what differs",
    operands: [
      Operand("MODEL", "a compiled .xmodel file with instructions (mc_code)"),
      Operand("INPUT", count: 0...Int.max, "pictures or NPY files for the whole model; or else made-up numbers"),
    ],
    options: [
      Option(
        "seed", short: "s", takes: .integer("N", 0...Int.max), fallback: "1",
        "feeds each DPU subgraph on its own with made-up numbers, those of 'dpu digest'"),
      Option("inputs", takes: .text("FILE"), isList: true, "an input, the same as INPUT"),
      SubgraphChoice.option("compares DPU subgraph I only, counted from 0, on its own"),
      Option("card", short: "c", takes: .text("FILE"), fallback: "MODEL's, or a built-in one", "the model card"),
    ] + DeviceOptions.options(among: [.simulated, .xrt], fallback: DeviceKind.simulated.rawValue),
    examples: [
      .init("verify model.xmodel", "runs the program on the simulated device and the graph on the software device"),
      .init("verify bccd.xmodel cells/", "does so with photographs"),
      .init("verify model.xmodel --seed 7 --order-seed 3", "lets the engines work in another order"),
    ],
    notes: [
      "Outputs come from the program of the subgraph. Inner tensors come from the programs of its superlayers, which files of "
        + "compilers up to 2.5 have; what neither leaves in memory is not observable, and is counted with the reason.",
      "Exit code 0: every byte that can be seen is equal; 1: some differ; 3: the file has no instructions; 5: the program "
        + "broke off.",
    ])

  static func run(_ arguments: Arguments, _ console: Console) throws -> ExitCode {
    let path = arguments.operands[0]
    let operands = arguments.texts("inputs") + arguments.operands.dropFirst()
    guard operands.isEmpty || arguments.text("seed") == nil else {
      throw CommandError(.usage, "verify: --seed makes the input; don't give files too")
    }
    let seed = operands.isEmpty ? arguments.integer("seed") ?? 1 : nil
    let model = try Model(path: path)
    let number = arguments.integer("subgraph")
    let choices = try SubgraphChoice.choices(in: model, number, for: "verify")
    for choice in choices { _ = try choice.code(in: model) }
    let devices = try ModelDevices(for: model, arguments, fallback: .simulated)
    let inputs = InputList(operands)
    if let failure = inputs.failures.first { throw CommandError(.invalidInput, failure.line) }
    let file = try MappedFile(path: path)
    var pass = VerificationPass(
      devices: devices, console: console,
      report: VerificationReport(
        model, sha256: file.withUnsafeBytes { SHA256.hexDigest(of: $0) }, device: devices.device.description,
        reference: devices.host.description, seed: seed, files: inputs.files))
    try devices.announce(console, printsText: !console.isJSON)
    console.note("device: \(devices.device.description.line), against \(devices.host.description.line)")
    Interruption.watch()
    if let seed {
      for choice in choices where Interruption.exitCode == nil { try pass.run(choice, seed: seed) }
    } else {
      let card = number == nil ? try FoundCard.find(for: model, at: arguments.text("card")) : nil
      try pass.run(number == nil ? .whole : .subgraph(choices[0]), inputs.files, card: card?.card)
    }
    return try pass.finish()
  }
}

/// One pass over the inputs of `dpu verify`.
private struct VerificationPass {
  let devices: ModelDevices
  let console: Console
  var report: VerificationReport

  /// Compares a DPU subgraph on made-up numbers.
  mutating func run(_ choice: SubgraphChoice, seed: Int) throws {
    let programs = try Programs(.subgraph(choice), of: report.model, on: devices)
    var inputs: [[UInt8]] = []
    for (index, port) in programs.device.inputs.enumerated() {
      let (own, overflow) = seed.addingReportingOverflow(100 * choice.number + index)
      guard !overflow else { throw CommandError(.usage, "verify: seed \(seed) is too great") }
      var random = SeededGenerator(seed: UInt64(own))
      inputs.append(random.int8s(port.byteCount).map { UInt8(bitPattern: $0) })
    }
    try compare(inputs, from: "seed \(seed)", programs)
  }

  /// Compares on files, every frame of them.
  mutating func run(_ subject: VerificationSubject, _ files: [String], card: ModelCard?) throws {
    let programs = try Programs(subject, of: report.model, on: devices)
    let ports = programs.device.inputs
    guard files.count % ports.count == 0 else {
      throw CommandError(
        .usage, "verify: there are \(ports.count) inputs, so files come in groups of \(ports.count), not \(files.count)"
      )
    }
    let feeders = try ports.map { try InputFeeder($0, card: ports.count == 1 ? card : nil, rounding: .halfUp) }
    var bar = ProgressBar(total: files.count, console)
    defer { bar.clear() }
    for start in stride(from: 0, to: files.count, by: ports.count) {
      let paths = Array(files[start..<start + ports.count])
      bar.show(done: start, doing: paths[0])
      let group = try paths.map { try InputFile(contentsOf: $0) }
      let counts = try zip(feeders, zip(group, paths)).map { feeder, file in
        try Self.naming(file.1) { () throws(VisionError) in try feeder.frameCount(of: file.0) }
      }
      guard let count = counts.first, counts.allSatisfy({ $0 == count }) else {
        throw CommandError(
          .invalidInput,
          "\(paths.joined(separator: ", ")): the inputs of one run have \(counts) frames, expected equal numbers")
      }
      for frame in 0..<count {
        if Interruption.exitCode != nil { return }
        let inputs = try feeders.indices.map { index in
          var bytes = [UInt8](repeating: 0, count: ports[index].byteCount)
          try bytes.withUnsafeMutableBytes { buffer in
            try Self.naming(paths[index]) { () throws(VisionError) in
              _ = try feeders[index].fill(buffer, from: group[index], frame: frame)
            }
          }
          return bytes
        }
        bar.clear()
        try compare(inputs, from: paths[0] + (count == 1 ? "" : "[\(frame)]"), programs)
      }
    }
  }

  /// Prints what was found.
  func finish() throws -> ExitCode {
    if console.isJSON {
      try console.print(report.json)
    } else {
      for line in report.differenceLines { try console.print(line) }
      for line in report.hiddenLines { try console.print(line) }
      try console.print(report.conclusion)
    }
    if let code = Interruption.exitCode {
      console.complain("stopped by a signal after \(report.frames.count) comparisons")
      return code
    }
    return report.isEqual ? .success : .checkFailed
  }

  /// A subject loaded on both devices.
  private struct Programs {
    let subject: VerificationSubject
    let device: VerificationProgram
    let reference: VerificationProgram

    init(_ subject: VerificationSubject, of model: Model, on devices: ModelDevices) throws {
      self.subject = subject
      device = try VerificationProgram(subject, of: model, on: devices.device, host: devices.host)
      reference = try VerificationProgram(subject, of: model, on: devices.host, host: devices.host)
    }
  }

  private mutating func compare(_ inputs: [[UInt8]], from origin: String, _ programs: Programs) throws {
    let frame = try VerifiedFrame(
      inputs, from: origin, of: report.model, programs.subject, on: programs.device, against: programs.reference)
    report.add(frame)
    guard !console.isJSON else { return }
    try console.print(report.line(for: frame))
    if console.isVerbose { for line in report.tensorLines(of: frame) { try console.print(line) } }
  }

  /// Puts the file's path into an error.
  private static func naming<R>(_ path: String, _ body: () throws(VisionError) -> R) throws(VisionError) -> R {
    do { return try body() } catch { throw error.inFile(path) }
  }
}
