import Devices
import JSONValues

/// What came of a whole `dpu live`.
struct LiveReport {
  let loaded: LoadedModel
  let source: String
  let snapshot: RunSnapshot
  let seconds: Double
  let feed: LiveFeed.Counts
  let latencies: LatencyHistogram
  let shares: LiveShares
  let recorded: LiveRecorder.Counts?
  let recordPath: String?
  /// Why it ended.
  let end: String
  /// Whether the end was said already, as an error.
  let isFailure: Bool
  /// What was measured meanwhile.
  let power: MeasuredPower

  private var framesPerSecond: Double? {
    snapshot.frames > 0 && seconds > 0 ? Double(snapshot.frames) / seconds : nil
  }

  /// The report for a person.
  var lines: [String] {
    var lines = [
      "\(snapshot.frames.grouped) frame\(snapshot.frames == 1 ? "" : "s") in \(seconds.formatted(decimals: 3)) s"
        + (framesPerSecond.map {
          ": \($0.formatted(decimals: 1)) frames/s end-to-end (first picture awaited to last result)"
        } ?? "")
        + "; \(feed.captured.grouped) captured, \(snapshot.dropped.grouped) dropped, "
        + "\(feed.unusableCount.grouped) unusable",
      "latency (capture to result): p50 \(milliseconds(0.5)), p90 \(milliseconds(0.9)), p99 \(milliseconds(0.99)), "
        + "max \(milliseconds(1))",
      power.line(frameCount: snapshot.frames),
    ]
    if let recorded, let recordPath {
      lines.append(
        "recorded \(recorded.written.grouped) frame\(recorded.written == 1 ? "" : "s") in \(recordPath.printable), "
          + "\(recorded.leftOut.grouped) left out")
    }
    if !isFailure { lines.append("ended: \(end)") }
    return lines
  }

  /// The report as JSON.
  var json: JSONValue {
    .object(
      JSONValue.Members(
        [
          ("schema", .string("dpu.live/1")), ("model", .string(loaded.path)), ("task", .string(loaded.task.rawValue)),
          ("device", loaded.device.description.json), ("card", loaded.cardJSON),
          ("rounding", .string(loaded.rounding.rawValue)), ("source", .string(source)),
          ("labels", .strings((0..<max(1, loaded.classCount)).map(loaded.label))),
          ("frames", .integer(snapshot.frames)), ("seconds", .number(seconds)),
          ("frames_per_second", .optional(framesPerSecond) { .number($0) }),
          ("interval", .string("end-to-end: first picture awaited to last result")),
          ("captured", .integer(feed.captured)), ("dropped", .integer(snapshot.dropped)),
          (
            "latency_seconds",
            .record([
              "of": .string(snapshot.latency.of), "p50": latency(0.5), "p90": latency(0.9), "p99": latency(0.99),
              "max": latency(1),
            ])
          ),
          ("power", power.json(frameCount: snapshot.frames)),
          ("classes", loaded.task == .tensors ? .null : .integers(shares.total)),
          (
            "recorded",
            .optional(recorded) {
              .record([
                "folder": .optional(recordPath) { .string($0) }, "frames": .integer($0.written),
                "left_out": .integer($0.leftOut),
              ])
            }
          ),
          ("end", .string(end)), ("unusable", .integer(feed.unusableCount)),
          ("failures", .array(feed.unusable.map(\.json))),
        ]))
  }

  private func milliseconds(_ share: Double) -> String {
    latencies.percentile(share).map { "\(($0.seconds * 1000).formatted(decimals: 1)) ms" } ?? "-"
  }

  private func latency(_ share: Double) -> JSONValue { .optional(latencies.percentile(share)) { .number($0.seconds) } }
}
