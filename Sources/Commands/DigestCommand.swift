import Devices
import Inference
import JSONValues
import Tensors
import Vision
import XModel

/// `dpu digest`: hashes every tensor of a run, to compare devices, versions and machines.
enum DigestCommand: Command {
  static let table = CommandTable(
    name: "digest", summary: "hashes the tensor of every operation of a run, to compare devices, versions, machines",
    operands: [
      Operand("MODEL", "a compiled .xmodel file"),
      Operand("INPUT", count: 0...Int.max, "an NPY file for each input of the model; or else --seed"),
    ],
    options: [
      Option(
        "seed", short: "s", takes: .integer("N", 0...Int.max),
        "feeds each DPU subgraph on its own with made-up numbers"),
      SubgraphChoice.option("runs DPU subgraph I only, counted from 0, on its own"),
    ] + DeviceOptions.options,
    examples: [
      .init("digest model.xmodel --seed 1 > here.json", "makes the record of this machine; compare two with diff"),
      .init("digest model.xmodel frame.npy", "hashes every tensor of the whole model for an input"),
    ],
    notes: [
      "Prints one JSON object (dpu.digest/1). The hash is SHA-256 of the tensor's bytes: int8 in NHWC order, or float32, "
        + "little endian. Results of float arithmetic on the host, such as softmax, have none, and on a device that executes "
        + "instructions neither have tensors that stay inside it.",
      "With --seed N, input k of DPU subgraph i is made by the splitmix64 sequence of seed N + 100 i + k: each element is "
        + "the signed high byte of one number.",
    ])

  static func run(_ arguments: Arguments, _ console: Console) throws -> ExitCode {
    let path = arguments.operands[0]
    let files = Array(arguments.operands.dropFirst())
    let seed = arguments.integer("seed")
    guard (seed == nil) != files.isEmpty else {
      throw CommandError(
        .usage,
        seed == nil
          ? "digest: needs NPY files to feed, or --seed (see 'dpu help digest')"
          : "digest: --seed makes the input; don't give files too")
    }
    let model = try Model(path: path)
    let number = arguments.integer("subgraph")
    let alone = seed == nil && number == nil ? [] : try SubgraphChoice.choices(in: model, number, for: "digest")
    let devices = try ModelDevices(for: model, arguments)
    try devices.announce(console, printsText: false)
    let runs: [Run]
    if let seed {
      runs = try alone.map { try seeded(model, $0, devices.device, seed: seed) }
    } else if let choice = alone.first {
      runs = [try fed(model, choice, devices.device, files)]
    } else {
      runs = [try whole(model, devices, files)]
    }
    let file = try MappedFile(path: path)
    try console.print(
      .object([
        "schema": .string("dpu.digest/1"),
        "model": .object([
          "path": .string(path), "sha256": .string(file.withUnsafeBytes { SHA256.hexDigest(of: $0) }),
        ]),
        "device": devices.device.description.json,
        "seed": .optional(seed) { .integer($0) },
        "inputs": .strings(files),
        "runs": .array(runs.map(\.json)),
      ]))
    let all = runs.reduce(0) { $0 + $1.digests.count }
    for reason in HiddenTensor.Reason.allCases {
      let hidden = runs.reduce(0) { $0 + ($1.hiddenCounts[reason] ?? 0) }
      if hidden > 0 { console.note("\(hidden) of \(all) tensors not observable: \(reason.rawValue)") }
    }
    return .success
  }

  /// What a run left.
  private struct Run {
    /// The number of the DPU subgraph, `nil` for the whole model.
    let subgraph: Int?
    let name: String
    let inputs: [JSONValue]
    let digests: [TensorDigest]
    let hiddenCounts: [HiddenTensor.Reason: Int]

    init(_ subgraph: Int?, name: String, inputs: [JSONValue], _ collector: DigestCollector) {
      self.subgraph = subgraph
      self.name = name
      self.inputs = inputs
      digests = collector.digests
      hiddenCounts = collector.hiddenCounts
    }

    var json: JSONValue {
      .object([
        "subgraph": .optional(subgraph) { .integer($0) }, "name": .string(name), "inputs": .array(inputs),
        "not_observable": .integer(hiddenCounts.values.reduce(0, +)), "operations": .array(digests.map(\.json)),
      ])
    }
  }

  /// Runs a DPU subgraph on made-up numbers.
  private static func seeded(
    _ model: Model, _ choice: SubgraphChoice, _ device: any Device, seed: Int
  ) throws -> Run {
    try runAlone(model, choice, device) { index, port, buffer in
      let (own, overflow) = seed.addingReportingOverflow(100 * choice.number + index)
      guard !overflow else { throw CommandError(.usage, "digest: seed \(seed) is too great") }
      var random = SeededGenerator(seed: UInt64(own))
      buffer.copyBytes(from: random.int8s(port.byteCount).map { UInt8(bitPattern: $0) })
      return ("seed", .integer(own))
    }
  }

  /// Runs a DPU subgraph on files.
  private static func fed(
    _ model: Model, _ choice: SubgraphChoice, _ device: any Device, _ files: [String]
  ) throws -> Run {
    try checkCount(files, choice.partition.inputs.count, of: "DPU subgraph \(choice.number)")
    return try runAlone(model, choice, device) { index, port, buffer in
      try fill(buffer, port, from: files[index])
      return ("file", .string(files[index]))
    }
  }

  private static func runAlone(
    _ model: Model, _ choice: SubgraphChoice, _ device: any Device,
    feed: (Int, TensorPort, UnsafeMutableRawBufferPointer) throws -> (String, JSONValue)
  ) throws -> Run {
    let program = try device.load(choice.partition, of: model, batch: 1)
    let job = try program.makeJob()
    var inputs: [JSONValue] = []
    var collector = DigestCollector(model)
    for (index, port) in program.inputs.enumerated() {
      let origin = try job.withInput(index) { buffer in
        let origin = try feed(index, port, buffer)
        collector.add(choice.partition.inputs[index], UnsafeRawBufferPointer(buffer))
        return origin
      }
      inputs.append(.record(["name": .string(port.name), origin.0: origin.1]))
    }
    let hidden = try job.run { collector.add($0, $1) }
    hidden.forEach { collector.add($0) }
    return Run(choice.number, name: choice.partition.name, inputs: inputs, collector)
  }

  /// Runs the whole model on files.
  private static func whole(_ model: Model, _ devices: ModelDevices, _ files: [String]) throws -> Run {
    let session = try Session(model: model, device: devices.device, host: devices.host, scope: .whole)
    try checkCount(files, session.inputs.count, of: "the model")
    let job = try session.makeJob()
    var collector = DigestCollector(model)
    var inputs: [JSONValue] = []
    for (index, port) in session.inputs.enumerated() {
      try job.withInput(index) { try fill($0, port, from: files[index]) }
      inputs.append(.record(["name": .string(port.name), "file": .string(files[index])]))
    }
    for (index, operation) in model.inputs.enumerated() where index < session.inputs.count {
      job.withInput(index) { collector.add(operation, UnsafeRawBufferPointer($0)) }
    }
    let hidden = try job.run { collector.add($0, $1) }
    hidden.forEach { collector.add($0) }
    return Run(nil, name: "whole model", inputs: inputs, collector)
  }

  private static func checkCount(_ files: [String], _ count: Int, of what: String) throws(CommandError) {
    guard files.count == count else {
      throw CommandError(
        .usage, "digest: \(what) has \(count) input\(count == 1 ? "" : "s"), \(files.count) given")
    }
  }

  /// Fills an input with the one frame of an array.
  private static func fill(
    _ buffer: UnsafeMutableRawBufferPointer, _ port: TensorPort, from path: String
  ) throws {
    do throws(VisionError) {
      let feeder = try InputFeeder(port, card: nil, rounding: .halfUp)
      let file = try InputFile(contentsOf: path)
      let count = try feeder.frameCount(of: file)
      guard count == 1 else { throw VisionError(.mismatch, "holds \(count) frames, expected one") }
      _ = try feeder.fill(buffer, from: file, frame: 0)
    } catch {
      throw error.inFile(path)
    }
  }
}
