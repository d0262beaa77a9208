import Devices
import JSONValues
import Vision

/// One pass over volumes with label volumes: each is a case, scored slice by slice.
struct VolumeEvaluation {
  private let runner: VolumeRunner
  private let console: Console
  private var scores: CaseScores
  private var paths: [String] = []
  private var sliceCount = 0
  private var elapsed = Duration.zero
  private var results: [JSONValue] = []
  private var failures: [InputList.Failure] = []
  /// Why nothing more was scored.
  private var earlyEnd: EarlyEnd?

  init(runner: VolumeRunner, console: Console) {
    self.runner = runner
    self.console = console
    scores = CaseScores(classCount: max(1, runner.loaded.classCount))
  }

  mutating func run(_ set: VolumeSet) throws {
    for failure in set.failures { fail(failure) }
    let clock = ContinuousClock()
    let start = clock.now
    defer { elapsed = clock.now - start }
    var bar = ProgressBar(total: set.items.count, console)
    for (index, item) in set.items.enumerated() {
      if Interruption.exitCode != nil { break }
      bar.show(done: index, doing: item.volumes.paths[0])
      do {
        try score(item)
      } catch let error as VisionError {
        bar.clear()
        fail(InputList.Failure(path: error.path ?? item.volumes.paths[0], message: error.message))
      } catch let error as DeviceError where error.isOfTheDevice {
        bar.clear()
        fail(InputList.Failure(path: item.volumes.paths[0], message: error.message))
        earlyEnd = .deviceFailed
        break
      }
    }
    bar.clear()
  }

  func finish(_ form: EvaluationForm, _ limits: ScoreLimits) throws -> ExitCode {
    let loaded = runner.loaded
    let score = SegmentationScore(
      scores: scores, paths: paths, labels: (0..<scores.pooled.classCount).map(loaded.label), kind: .volume)
    let report = EvaluationReport(
      loaded: loaded, score: score,
      speed: SpeedReport(isPipelined: false, frameCount: sliceCount, total: elapsed, times: runner.times),
      results: results,
      failures: failures, end: EarlyEnd(after: earlyEnd),
      done: ScoreText.count(paths.count, "volume"))
    return try report.finish(form, limits, console)
  }

  private mutating func fail(_ failure: InputList.Failure) {
    console.complain(failure.line)
    failures.append(failure)
  }

  private mutating func score(_ item: VolumeSet.Item) throws {
    let path = item.volumes.paths[0]
    let volumes = try runner.read(item.volumes)
    let truth = try runner.times.measure(.decode) {
      let volume = try Volume(contentsOf: item.labels)
      try volume.checkGeometry(path: item.labels, agreesWith: volumes[0], of: path)
      return try labels(volume, item.labels)
    }
    var slices: [ConfusionMatrix] = []
    let found = try runner.run(
      volumes, item.volumes,
      didRun: { voxels, map in
        var matrix = ConfusionMatrix(classCount: scores.pooled.classCount)
        try matrix.add(truth: voxels.map { truth[$0] }, prediction: map.labels)
        slices.append(matrix)
      })
    guard let found else { return }
    if let line = found.lost.line { console.warn("\(path.printable): \(line)") }
    let one = CaseScores.Case(slices: slices)
    scores.add(one)
    paths.append(path)
    sliceCount += one.sliceCount
    results.append(
      .record(
        JSONValue.Members(
          [("path", .string(path)), ("truth", .string(item.labels))] + SegmentationScore.members(of: one))))
  }

  /// The labels of a volume, checked to be classes of the model before it runs for nothing.
  private func labels(_ volume: Volume, _ path: String) throws(VisionError) -> [UInt8] {
    do throws(VisionError) {
      let labels = try volume.labels()
      let greatest = Int(labels.max() ?? 0)
      guard greatest < scores.pooled.classCount else {
        throw VisionError(
          .mismatch,
          "holds the label \(greatest), which is none of the model's \(scores.pooled.classCount) classes 0 to "
            + "\(scores.pooled.classCount - 1)")
      }
      return labels
    } catch {
      throw error.inFile(path)
    }
  }
}
