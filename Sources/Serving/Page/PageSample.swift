import Inference
import Threads

/// The service's counters at one moment; the difference of two is what the page calls now.
struct PageSample: Sendable {
  /// What requests spent their time with, in the order in which they do.
  enum Stage: String, CaseIterable {
    /// Reading the request.
    case reading
    /// Waiting: in its model's line, for buffers, and for a core.
    case queue
    /// Bringing the inputs into the model's form.
    case input
    /// The run itself.
    case device
    /// Taking the outputs and writing the answer.
    case output
  }

  let moment: Moment
  private var frameCount = 0
  private var requestCount = 0
  private var failureCount = 0
  private var stageTimes = [Duration](repeating: .zero, count: Stage.allCases.count)
  private var busyTimes: [Duration] = []

  /// Takes a sample.
  init(_ entries: [LoadedEntry], _ schedule: SchedulerStatistics?, at moment: Moment) {
    self.moment = moment
    busyTimes = schedule?.cores.map(\.busyTime) ?? []
    for entry in entries {
      let statistics = entry.statistics
      frameCount += statistics.frameCount
      requestCount += statistics.success.count
      failureCount += statistics.failure.count
      let times = [
        statistics.sum(.decode), statistics.sum(.queue), statistics.sum(.preprocess), statistics.sum(.device),
        statistics.sum(.postprocess, .encode),
      ].map(\.time)
      for (index, time) in times.enumerated() { stageTimes[index] += time }
    }
  }

  /// What came about between an earlier sample and this one.
  struct Change: Sendable {
    /// Frames that were answered, in a second.
    var framesPerSecond = 0.0
    /// Requests that were answered with a result, in a second.
    var requestsPerSecond = 0.0
    /// Requests that were not, in a second.
    var failuresPerSecond = 0.0
    /// What a request spent with each stage, in milliseconds; `nil` where none was answered.
    var stages: [Double]?
    /// The share of time that each core was at work.
    var busy: [Double] = []
  }

  /// Compares with an earlier sample; counters that a model took away with it count as nothing.
  func change(since earlier: PageSample) -> Change {
    var change = Change()
    let seconds = (moment - earlier.moment).inSeconds
    guard seconds > 0 else { return change }
    change.framesPerSecond = Double(max(0, frameCount - earlier.frameCount)) / seconds
    change.requestsPerSecond = Double(max(0, requestCount - earlier.requestCount)) / seconds
    change.failuresPerSecond = Double(max(0, failureCount - earlier.failureCount)) / seconds
    let requests = requestCount - earlier.requestCount
    if requests > 0 {
      change.stages = zip(stageTimes, earlier.stageTimes).map { max(0, ($0 - $1).inSeconds) * 1000 / Double(requests) }
    }
    if busyTimes.count == earlier.busyTimes.count {
      change.busy = zip(busyTimes, earlier.busyTimes).map { max(0, min(1, ($0 - $1).inSeconds / seconds)) }
    }
    return change
  }
}
