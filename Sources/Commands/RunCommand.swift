import Devices
import Inference
import Vision
import XModel

/// `dpu run`: runs a model on pictures and arrays.
enum RunCommand: Command {
  static let table = CommandTable(
    name: "run", summary: "runs a model on pictures, arrays or volumes, from its first input to its last output",
    operands: [
      Operand("MODEL", "a compiled .xmodel file"),
      Operand("INPUT", count: 1...Int.max, "JPEG, PNG, NPY or NIfTI files, or folders of them"),
    ],
    options: [
      Option(
        "output", short: "o", takes: .text("DIR"),
        "writes label maps (PNG and NPY; NIfTI of volumes) and overlays, or tensors, there"),
      Option("tensors", "gives the model's last tensors, whatever its card says"),
    ] + SchedulingOptions.options + LoadedModel.options,
    examples: [
      .init("run model.xmodel slice.png -o results", "writes the label map of a slice and an overlay"),
      .init("run ctorg.xmodel scan.nii.gz -o labels.nii.gz", "writes the label map of a volume, slice by slice"),
      .init("run bccd.xmodel cells/ --json", "classifies the pictures of a folder, as one JSON object"),
      .init("run model.xmodel frames.npy --tensors -o raw", "writes the output tensors of an array of frames"),
    ],
    notes: [
      "What becomes of a picture says the model card, a JSON file beside the model (MODEL.card.json). Without a card, "
        + "arrays of the model's own shape run: int8 as raw fixed point, floats scaled.",
      "An input that can't be used is named, the others are run, and the exit code is 3.",
      "Volumes (.nii, .nii.gz, .hdr) are run by themselves. Where the model takes several channels, CASE_0000.nii.gz, "
        + "CASE_0001.nii.gz and so on are those of one case. -o may name one .nii or .nii.gz file.",
      "A model with several inputs takes that many files for each run, in the order that 'dpu inspect' shows.",
    ])

  static func run(_ arguments: Arguments, _ console: Console) throws -> ExitCode {
    let scheduling = try SchedulingOptions(arguments)
    let loaded = try LoadedModel(arguments.operands[0], arguments, wantsTensors: arguments.flag("tensors"))
    let inputs = InputList(arguments.operands.dropFirst(), takesVolumes: true)
    if inputs.files.contains(where: Volume.isNamedAsVolume) {
      return try VolumePass.run(loaded, inputs, arguments, console)
    }
    let arity = loaded.feeders.count
    guard inputs.files.count % arity == 0 else {
      throw CommandError(
        .usage, "run: the model has \(arity) inputs, so files come in groups of \(arity), not \(inputs.files.count)")
    }
    let output = arguments.text("output")
    let names = output == nil ? [:] : try OutputFolder.names(for: inputs.files)
    let folder = try output.map { path throws(CommandError) in try OutputFolder(path) }
    try loaded.announce(console)
    if folder == nil, loaded.task != .classification {
      console.note("nothing is written: give a folder for label maps or tensors with -o")
    }
    Interruption.watch()
    var pass = RunPass(
      loaded: loaded, jobs: try scheduling.stream(loaded), folder: folder, names: names, console: console)
    for failure in inputs.failures { pass.fail(failure) }
    let groups = stride(from: 0, to: inputs.files.count, by: arity).map { Array(inputs.files[$0..<$0 + arity]) }
    try pass.run(groups)
    return try pass.finish()
  }
}

/// One pass over the inputs of `dpu run`.
private struct RunPass {
  private let loaded: LoadedModel
  private let jobs: JobStream
  private var times = StageTimes()
  private let folder: OutputFolder?
  private let names: [String: String]
  private let console: Console
  private var frameCount = 0
  private var elapsed = Duration.zero
  private var results: [JSONValue] = []
  private var failures: [InputList.Failure] = []
  private var treatments: Set<String> = []

  init(loaded: LoadedModel, jobs: JobStream, folder: OutputFolder?, names: [String: String], console: Console) {
    self.loaded = loaded
    self.jobs = jobs
    self.folder = folder
    self.names = names
    self.console = console
  }

  /// Reports an input that can't be used; the others go on.
  mutating func fail(_ failure: InputList.Failure) {
    console.complain(failure.line)
    failures.append(failure)
  }

  mutating func run(_ groups: [[String]]) throws {
    let clock = ContinuousClock()
    let start = clock.now
    let producer = FrameProducer(loaded, jobs)
    let thread = try OwnThread { producer.run(groups) }
    defer {
      // Where this one gave up, the other must not wait for it.
      jobs.cancel()
      thread.join()
      while let slot = jobs.next() { slot.giveBack() }
      times += producer.times
      elapsed = clock.now - start
    }
    var bar = ProgressBar(total: groups.count, console)
    var unusableGroup: Int?
    while let item = producer.next() {
      do {
        switch item {
        case .opened(let group, let paths, let treatment):
          bar.show(done: group, doing: paths[0])
          note(treatment, of: paths[0], &bar)
        case .frame(let frame):
          guard let slot = jobs.next() else { preconditionFailure("a frame has its place in the stream") }
          defer { slot.giveBack() }
          // The other frames of a file that can't be used are let pass.
          guard let report = frame.report, unusableGroup != frame.group else { continue }
          unusableGroup = frame.group
          try finish(frame, slot, report, &bar)
          unusableGroup = nil
        case .unusable(let error, let paths, _):
          bar.clear()
          fail(InputList.Failure(path: error.path ?? paths[0], message: error.message))
        case .broken(let error): throw error
        }
      } catch let error as VisionError {
        bar.clear()
        // Where nothing can be written, the other inputs would fare no better.
        guard error.code != .cannotWrite, case .frame(let frame) = item else { throw error }
        fail(InputList.Failure(path: error.path ?? frame.paths[0], message: error.message))
      }
    }
    bar.clear()
  }

  /// Prints the speed, or everything as JSON.
  func finish() throws -> ExitCode {
    let speed = SpeedReport(isPipelined: true, frameCount: frameCount, total: elapsed, times: times)
    if console.isJSON {
      try console.print(json(speed))
    } else if frameCount > 0 {
      for line in speed.lines { console.note(line) }
      if let folder, let written = loaded.task.written {
        console.note("results in \(folder.path.printable): for each frame \(written)")
      }
    }
    if !failures.isEmpty { console.note(InputList.skipped(failures.count)) }
    if let code = Interruption.exitCode {
      console.complain("stopped by a signal after \(frameCount) frame\(frameCount == 1 ? "" : "s")")
      return code
    }
    return failures.isEmpty ? .success : .invalidInput
  }

  /// Makes of a job's outputs what is asked for.
  private mutating func finish(
    _ frame: FrameProducer.Frame, _ slot: JobSlot, _ lost: ConversionReport, _ bar: inout ProgressBar
  ) throws {
    do throws(InferenceError) { try slot.checkResult() } catch {
      throw DeviceError(error.cause?.code ?? .failed, error.message)
    }
    times.add(slot.timing.runTime, to: .device)
    let loaded = loaded
    let prediction = try times.measure(.postprocess) { try loaded.predict(slot, for: frame.files) }
    let (paths, number) = (frame.paths, frame.number)
    let name =
      (names[paths[0]] ?? paths[0]) + (number.map { ".\(String(1000 + $0).dropFirst($0 < 1000 ? 1 : 0))" } ?? "")
    let written = try write(prediction, slot, frame.files[0], name: name)
    frameCount += 1
    let title = paths[0].printable + (number.map { "[\($0)]" } ?? "")
    if let line = lost.line {
      bar.clear()
      console.warn("\(title): \(line)")
    }
    if console.isJSON {
      results.append(
        .object(
          JSONValue.Members(
            [("path", .string(paths[0])), ("frame", .integer(number ?? 0))] + members(of: prediction)
              + [
                ("lost", lost.json),
                ("files", .object(JSONValue.Members(written.map { ($0.kind, .string($0.path)) }))),
              ])))
    } else {
      bar.clear()
      try console.print("\(title): \(line(for: prediction))")
    }
  }

  private mutating func write(
    _ prediction: FrameRunner.Prediction, _ slot: JobSlot, _ file: InputFile, name: String
  ) throws -> [(kind: String, path: String)] {
    guard let folder else { return [] }
    let loaded = loaded
    switch prediction {
    case .scores: return []
    case .tensors(let tensors):
      return try times.measure(.write) { try folder.write(tensors.map(\.array), name: name) }
    case .labels(let map):
      let palette = loaded.palette
      let overlay = times.measure(.postprocess) {
        loaded.picture(slot, of: file).map { Overlay(palette: palette).draw(map, over: $0) }
      }
      return try times.measure(.write) {
        try folder.write(map, overlay: overlay, palette: palette, name: name)
      }
    }
  }

  /// Says how an array is taken, once for each way.
  private mutating func note(_ treatment: String?, of path: String, _ bar: inout ProgressBar) {
    guard let treatment, treatments.insert(treatment).inserted else { return }
    bar.clear()
    console.note("\(path.printable): \(treatment)")
  }

  private func line(for prediction: FrameRunner.Prediction) -> String {
    switch prediction {
    case .scores(let scores):
      let best = "\(loaded.label(scores.best).printable) \(percent(scores.probabilities[scores.best]))"
      guard console.isVerbose else { return best }
      let rest = scores.top(5).filter { $0.label != scores.best }
      return ([best] + rest.map { "\(loaded.label($0.label).printable) \(percent($0.probability))" })
        .joined(separator: ", ")
    case .labels(let map):
      let counts = map.pixelCounts(classCount: max(1, loaded.classCount))
      return counts.enumerated().filter { $0.element > 0 }.map {
        "\(loaded.label($0.offset).printable) \(percent(Float($0.element) / Float(map.labels.count)))"
      }.joined(separator: ", ")
    case .tensors(let tensors):
      return tensors.map { "\($0.name.printable) \($0.array.shape) \($0.array.element.rawValue)" }
        .joined(separator: ", ")
    }
  }

  private func percent(_ share: Float) -> String { "\((Double(share) * 100).formatted(decimals: 1)) %" }

  private func members(of prediction: FrameRunner.Prediction) -> [(String, JSONValue)] {
    switch prediction {
    case .scores(let scores):
      return [
        ("class", .integer(scores.best)), ("label", .string(loaded.label(scores.best))),
        ("score", .number(Double(scores.probabilities[scores.best]))),
        ("scores", .array(scores.probabilities.map { .number(Double($0)) })),
      ]
    case .labels(let map):
      return [
        ("width", .integer(map.width)), ("height", .integer(map.height)),
        ("pixels", .integers(map.pixelCounts(classCount: max(1, loaded.classCount)))),
      ]
    case .tensors(let tensors):
      return [
        (
          "tensors",
          .array(
            tensors.map {
              .object([
                "name": .string($0.name), "shape": .integers($0.array.shape.dimensions),
                "element": .string($0.array.element.rawValue),
              ])
            })
        )
      ]
    }
  }

  private func json(_ speed: SpeedReport) -> JSONValue {
    return .object(
      JSONValue.Members(
        [
          ("schema", .string("dpu.run/1")), ("model", .string(loaded.path)), ("task", .string(loaded.task.rawValue)),
          ("device", loaded.device.description.json), ("card", loaded.cardJSON),
          ("rounding", .string(loaded.rounding.rawValue)),
          ("labels", .strings((0..<max(1, loaded.classCount)).map(loaded.label))),
          ("job_bytes", .integer(loaded.session.jobByteCount)),
        ] + speed.members + [
          ("results", .array(results)), ("failures", .array(failures.map(\.json))),
        ]))
  }
}
