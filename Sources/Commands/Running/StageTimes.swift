import Glibc
import JSONValues
import Threads

/// How long each stage of the way from file to result took, added up over frames.
struct StageTimes: Sendable {
  /// The stages in order.
  enum Stage: String, CaseIterable {
    /// Reading and decoding files.
    case decode
    /// Resizing, scaling and rounding into the device's buffer.
    case preprocess
    /// The model, its CPU subgraphs included.
    case device
    /// Classes, label maps and overlays out of the output.
    case postprocess
    /// Encoding and writing files.
    case write
  }

  /// What a stage took.
  private struct Sum {
    var time = Duration.zero
    var processorTime = Duration.zero
  }

  private var decode = Sum()
  private var preprocess = Sum()
  private var device = Sum()
  private var postprocess = Sum()
  private var write = Sum()

  /// The time of a stage.
  subscript(stage: Stage) -> Duration { sum(of: stage).time }

  /// The processor time of a stage, zero for that of the device.
  func processorTime(of stage: Stage) -> Duration { sum(of: stage).processorTime }

  /// Adds time to a stage.
  mutating func add(_ time: Duration, processorTime: Duration = .zero, to stage: Stage) {
    func grow(_ sum: inout Sum) {
      sum.time += time
      sum.processorTime += processorTime
    }
    switch stage {
    case .decode: grow(&decode)
    case .preprocess: grow(&preprocess)
    case .device: grow(&device)
    case .postprocess: grow(&postprocess)
    case .write: grow(&write)
    }
  }

  private func sum(of stage: Stage) -> Sum {
    switch stage {
    case .decode: decode
    case .preprocess: preprocess
    case .device: device
    case .postprocess: postprocess
    case .write: write
    }
  }

  /// Adds the times of others.
  static func += (times: inout StageTimes, others: StageTimes) {
    for stage in Stage.allCases {
      times.add(others[stage], processorTime: others.processorTime(of: stage), to: stage)
    }
  }

  /// Does something and adds its time to a stage.
  mutating func measure<R>(_ stage: Stage, _ body: () throws -> R) rethrows -> R {
    let start = Moment.now
    let processorStart = Self.processorTimeOfThread
    defer { add(.now - start, processorTime: Self.processorTimeOfThread - processorStart, to: stage) }
    return try body()
  }

  /// How long the calling thread has been on a processor.
  private static var processorTimeOfThread: Duration {
    var time = timespec()
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
    return .seconds(time.tv_sec) + .nanoseconds(time.tv_nsec)
  }
}

/// The speed of a run: end to end, with the share of each stage.
struct SpeedReport {
  /// What the frames per second count.
  var interval: String {
    "end-to-end: from opening the first input to the last result written, stages "
      + (isPipelined ? "side by side" : "one after another")
  }

  /// Whether stages of several frames run side by side, so that their times add up to more than the whole.
  let isPipelined: Bool
  let frameCount: Int
  let total: Duration
  let times: StageTimes

  /// Frames in a second, `nil` where none ran.
  var framesPerSecond: Double? { frameCount == 0 || total <= .zero ? nil : Double(frameCount) / total.seconds }

  /// The report for a person.
  var lines: [String] {
    guard let framesPerSecond else { return ["no frame ran"] }
    var table = TextTable([("stage", .left), ("ms/frame", .right), ("share", .right)])
    for stage in StageTimes.Stage.allCases {
      let seconds = times[stage].seconds
      table.add([
        stage.rawValue, (seconds * 1000 / Double(frameCount)).formatted(decimals: 3),
        "\((100 * seconds / total.seconds).formatted(decimals: 1)) %",
      ])
    }
    let frames = "\(frameCount) frame\(frameCount == 1 ? "" : "s")"
    return [
      "\(frames) in \(total.seconds.formatted(decimals: 3)) s: \(framesPerSecond.formatted(decimals: 1)) frames/s "
        + "end-to-end (first input opened to last result written)"
    ] + table.lines(indent: 2)
  }

  /// The report as members of a JSON object.
  var members: [(String, JSONValue)] {
    [
      ("frames", .integer(frameCount)), ("seconds", .number(total.seconds)),
      ("frames_per_second", .optional(framesPerSecond) { .number($0) }), ("interval", .string(interval)),
      (
        "stage_seconds",
        .object(
          JSONValue.Members(StageTimes.Stage.allCases.map { ($0.rawValue, .number(times[$0].seconds)) }))
      ),
    ]
  }
}

extension Duration {
  /// The duration in seconds, whole nanoseconds of it.
  var seconds: Double {
    Double(components.seconds * 1_000_000_000 + components.attoseconds / 1_000_000_000) / 1_000_000_000
  }
}
