import Devices
import JSONValues
import Tensors
import Vision

/// One pass of `dpu run` over volumes: a label map of each.
struct VolumePass {
  /// Where label maps go.
  enum Target {
    case folder(OutputFolder)
    case file(String)
  }

  private let runner: VolumeRunner
  private let target: Target?
  private let console: Console
  private let description: String
  private var caseCount = 0
  private var sliceCount = 0
  private var elapsed = Duration.zero
  private var results: [JSONValue] = []
  private var failures: [InputList.Failure] = []
  /// Why no further volume was run, and the one that showed it.
  private var earlyEnd: (end: EarlyEnd, failure: InputList.Failure)?

  /// Runs a model on the volumes that the arguments name.
  ///
  /// - Parameter inputs: What the operands list; all are volumes.
  static func run(
    _ loaded: LoadedModel, _ inputs: InputList, _ arguments: Arguments, _ console: Console
  ) throws -> ExitCode {
    if let other = inputs.files.first(where: { !Volume.isNamedAsVolume($0) }) {
      throw CommandError(
        .usage, "run: \(other) is no volume, other inputs are; run pictures and arrays apart from volumes")
    }
    try refuse(arguments, loaded)
    let runner = try VolumeRunner(loaded)
    let (cases, incomplete) = VolumeCase.group(inputs.files, channels: runner.channelCount)
    let target = try arguments.text("output").map { try self.target($0, for: cases) }
    try loaded.announce(console)
    if target == nil {
      console.note("nothing is written: give a file or folder for label maps with -o")
    }
    Interruption.watch()
    var pass = try VolumePass(runner: runner, target: target, console: console)
    for failure in inputs.failures + incomplete { pass.fail(failure) }
    var power = PowerRecording(arguments, of: loaded.device.description, console)
    let statistics = RunStatistics(
      loaded.subject(of: "run", latency: "slice in the input's buffer to outputs there"), power: power.reading)
    runner.statistics = statistics
    let publisher = StatisticsPublisher.start(statistics, console)
    defer { publisher?.stop() }
    power.begin()
    try pass.run(cases)
    return try pass.finish(power.finish())
  }

  /// Refuses options that are nothing for volumes.
  private static func refuse(_ arguments: Arguments, _ loaded: LoadedModel) throws(CommandError) {
    // A label map in a volume's own format has no room for what the standard output says of such a device.
    if loaded.isPaced {
      throw CommandError(
        .usage,
        "run: option '--device paced' is not for volumes: it computes nothing, and their label maps would look like results; "
          + "give another device")
    }
    if let option = ["cores", "in-flight"].first(where: { arguments.text($0) != nil }) {
      throw CommandError(
        .usage, "run: option '--\(option)' is not for volumes, whose slices are run one at a time; leave it out")
    }
  }

  private init(runner: VolumeRunner, target: Target?, console: Console) throws {
    self.runner = runner
    self.target = target
    self.console = console
    // Result files say what made them; reading the model once more is little beside running it.
    let digest = try FileContent.read(runner.loaded.path).withUnsafeBytes { SHA256.hexDigest(of: $0) }
    description = "dpu \(DPUProgram.version) \(InputList.fileName(runner.loaded.path)) sha256 \(digest.prefix(16))"
  }

  /// A file where the name is that of a volume, else a folder.
  private static func target(_ path: String, for cases: [VolumeCase]) throws(CommandError) -> Target {
    let target: Target
    if Volume.hasKnownExtension(path), !InputList.isFolder(path) {
      guard path.lowercased().hasSuffix(".nii") || path.lowercased().hasSuffix(".nii.gz") else {
        throw CommandError(.usage, "run: label maps are single files; name \(path) .nii or .nii.gz")
      }
      guard cases.count == 1 else {
        throw CommandError(
          .usage, "run: \(path) takes the label map of one volume, there are \(cases.count); give a folder with -o")
      }
      target = .file(path)
    } else {
      target = .folder(try OutputFolder(path))
    }
    var owners: [String: String] = [:]
    for one in cases {
      let result = self.path(of: one, in: target)
      if let other = owners.updateValue(one.paths[0], forKey: result) {
        throw CommandError(
          .usage,
          "\(other) and \(one.paths[0]) would be written under the same name; run them into folders of their own")
      }
      if let input = one.paths.first(where: { FileContent.isSame($0, result) }) {
        throw CommandError(.usage, "\(input): the label map would overwrite its volume; give another folder with -o")
      }
    }
    return target
  }

  private static func path(of one: VolumeCase, in target: Target) -> String {
    switch target {
    case .file(let path): path
    case .folder(let folder): InputList.join(folder.path, one.fileName)
    }
  }

  private mutating func fail(_ failure: InputList.Failure) {
    console.complain(failure.line)
    failures.append(failure)
  }

  private mutating func run(_ cases: [VolumeCase]) throws {
    let clock = ContinuousClock()
    let start = clock.now
    defer { elapsed = clock.now - start }
    for one in cases {
      if Interruption.exitCode != nil { break }
      do {
        try run(one)
      } catch let error as VisionError {
        let failure = InputList.Failure(path: error.path ?? one.paths[0], message: error.message)
        // Where nothing can be written, the other volumes would fare no better.
        guard error.code == .cannotWrite else {
          fail(failure)
          continue
        }
        earlyEnd = (.unwritable, failure)
      } catch let error as DeviceError where error.isOfTheDevice {
        earlyEnd = (.deviceFailed, InputList.Failure(path: one.paths[0], message: error.message))
      }
      if let earlyEnd {
        console.complain(earlyEnd.failure.line)
        break
      }
    }
  }

  private mutating func run(_ one: VolumeCase) throws {
    let volumes = try runner.read(one)
    for (volume, path) in zip(volumes, one.paths) where volume.trailingByteCount > 0 {
      console.warn("\(path.printable): \(volume.trailingByteCount.grouped) bytes behind the last voxel are left out")
    }
    var bar = ProgressBar(total: volumes[0].voxelCount, console)
    defer { bar.clear() }
    let found = try runner.run(
      volumes, one,
      willRun: { slice, count in
        bar.show(done: slice * (volumes[0].voxelCount / count), doing: "slice \(slice + 1)/\(count) of \(one.paths[0])")
      })
    guard let found else { return }
    bar.clear()
    let written = target.map { Self.path(of: one, in: $0) }
    if let written {
      try runner.times.measure(.write) { try found.labels.write(to: written, description: description) }
    }
    caseCount += 1
    sliceCount += found.plan.count
    if let line = found.lost.line { console.warn("\(one.paths[0].printable): \(line)") }
    try report(one, volumes, found, written)
  }

  private mutating func report(
    _ one: VolumeCase, _ volumes: [Volume], _ found: VolumeRunner.Prediction, _ written: String?
  ) throws {
    let loaded = runner.loaded
    let counts = LabelMap(width: found.labels.labels.count, height: 1, labels: found.labels.labels)
      .pixelCounts(classCount: max(1, loaded.classCount))
    let millilitres = counts.map { Double($0) * volumes[0].geometry.voxelCubicMillimetres / 1000 }
    guard console.isJSON else {
      let shares = counts.enumerated().filter { $0.element > 0 }.map { label, count in
        let share = (100 * Double(count) / Double(found.labels.labels.count)).formatted(decimals: 1)
        return "\(loaded.label(label).printable) \(share) % (\(millilitres[label].formatted(decimals: 1)) ml)"
      }
      let size = "\(ScoreText.count(found.plan.count, "slice")) of \(found.plan.width)x\(found.plan.height)"
      try console.print("\(one.paths[0].printable): \(size); \(shares.joined(separator: ", "))")
      return
    }
    results.append(
      .object([
        "path": .string(one.paths[0]), "case": .string(one.name), "volumes": .strings(one.paths),
        "extents": .integers(found.labels.extents), "slices": .integer(found.plan.count),
        "width": .integer(found.plan.width), "height": .integer(found.plan.height), "voxels": .integers(counts),
        "millilitres": .array(millilitres.map { .number($0) }), "lost": found.lost.json,
        "files": .object(JSONValue.Members(written.map { [("labels", .string($0))] } ?? [])),
      ]))
  }

  private func finish(_ power: MeasuredPower) throws -> ExitCode {
    let loaded = runner.loaded
    let speed = SpeedReport(isPipelined: false, frameCount: sliceCount, total: elapsed, times: runner.times)
    let end = EarlyEnd(after: earlyEnd?.end)
    if console.isJSON {
      try console.print(
        .object(
          JSONValue.Members(
            [
              ("schema", .string("dpu.run/1")), ("model", .string(loaded.path)),
              ("task", .string(loaded.task.rawValue)),
              ("device", loaded.device.description.json), ("card", loaded.cardJSON),
              ("rounding", .string(loaded.rounding.rawValue)),
              ("labels", .strings((0..<max(1, loaded.classCount)).map(loaded.label))),
              ("job_bytes", .integer(loaded.session.jobByteCount)),
            ] + speed.members + [
              ("power", power.json(frameCount: sliceCount)), ("results", .array(results)),
              ("failures", .array((failures + [earlyEnd?.failure].compactMap { $0 }).map(\.json))),
              ("incomplete", .optional(end) { .string($0.words) }),
            ])))
    } else if sliceCount > 0 {
      for line in speed.lines + [power.line(frameCount: sliceCount)] { console.note(line) }
      if let target { console.note(Self.place(target)) }
    }
    if !failures.isEmpty { console.note(InputList.skipped(failures.count)) }
    end?.tell(console, done: ScoreText.count(caseCount, "volume"))
    return end?.exitCode ?? (failures.isEmpty ? .success : .invalidInput)
  }

  private static func place(_ target: Target) -> String {
    switch target {
    case .file(let path): "label map in \(path.printable)"
    case .folder(let folder): "label maps in \(folder.path.printable), each named as its volume"
    }
  }
}
