/// The samples of one sensor over time, of which a span can be asked what it adds up to.
///
/// | form | a sample is | between two samples |
/// |---|---|---|
/// | level | the value at its instant | the straight line: areas are trapezoids |
/// | counter | what had flowed by then | a constant rate |
///
/// Samples too far apart are not joined: what happened between them nobody knows, and it is not covered. Memory is
/// bounded: of long traces the early part is kept as statistics from its beginning, and can be asked for only as a whole.
package struct SensorTrace: Sendable {
  /// What a sample's value is.
  package enum Form: Sendable {
    case level, counter
  }

  /// A value and when it was read.
  package struct Sample: Equatable, Sendable {
    /// Seconds on the meter's clock.
    package let seconds: Double
    /// The value.
    package let value: Double
    /// Whether the time since the sample before is covered.
    package let isJoined: Bool
  }

  /// What a sample's value is.
  package let form: Form
  /// Samples farther apart in seconds are not joined.
  package let longestGap: Double
  /// At most twice so many samples are kept.
  package let keptCount: Int
  /// The samples that are kept, in the order of their instants.
  package private(set) var samples: [Sample] = []
  /// How many samples came before those.
  package private(set) var foldedCount = 0
  private var early = SampleStatistics()
  private var earlyStart = 0.0
  private var isBroken = false

  /// Makes an empty trace.
  package init(_ form: Form, longestGap: Double, keptCount: Int = 1 << 16) {
    precondition(keptCount > 1, "a trace of no samples says nothing")
    (self.form, self.longestGap, self.keptCount) = (form, longestGap, keptCount)
  }

  /// Adds a sample; one that is not later than the last is left out.
  package mutating func append(_ value: Double, at seconds: Double) {
    if let last = samples.last {
      guard seconds > last.seconds else { return }
      samples.append(
        Sample(seconds: seconds, value: value, isJoined: !isBroken && seconds - last.seconds <= longestGap))
    } else {
      samples.append(Sample(seconds: seconds, value: value, isJoined: false))
    }
    isBroken = false
    if samples.count >= 2 * keptCount { fold() }
  }

  /// Does not join the next sample to the last.
  package mutating func breakOff() { isBroken = true }

  /// The power at the last sample, of a counter since the one before; `nil` where that can't be said.
  package var lastLevel: Double? {
    guard let last = samples.last else { return nil }
    guard form == .counter else { return last.value }
    guard last.isJoined, samples.count > 1 else { return nil }
    let before = samples[samples.count - 2]
    return (last.value - before.value) / (last.seconds - before.seconds)
  }

  /// What the samples of a span add up to.
  ///
  /// - Parameters:
  ///   - start: Seconds on the meter's clock.
  ///   - end: Not before the start.
  package func statistics(from start: Double, to end: Double) -> SampleStatistics {
    var result = SampleStatistics()
    guard let first = samples.first else { return result }
    if foldedCount > 0, start <= earlyStart, end >= first.seconds { result = early }
    var index = firstIndex(from: start)
    while index < samples.count {
      let segmentStart = index > 0 ? samples[index - 1].seconds : samples[index].seconds
      guard segmentStart <= end else { break }
      add(index, from: start, to: end, into: &result)
      index += 1
    }
    return result
  }

  /// The first sample at an instant or later.
  private func firstIndex(from start: Double) -> Int {
    var (low, high) = (0, samples.count)
    while low < high {
      let middle = (low + high) / 2
      if samples[middle].seconds < start { low = middle + 1 } else { high = middle }
    }
    return low
  }

  /// Adds a sample and the time since the one before, as far as they lie in a span.
  private func add(_ index: Int, from start: Double, to end: Double, into result: inout SampleStatistics) {
    let sample = samples[index]
    if form == .level, sample.seconds >= start, sample.seconds <= end { result.add(sample.value) }
    guard index > 0, sample.isJoined else { return }
    let before = samples[index - 1]
    let (from, to) = (max(before.seconds, start), min(sample.seconds, end))
    guard to > from else { return }
    let slope = (sample.value - before.value) / (sample.seconds - before.seconds)
    switch form {
    case .level:
      result.add(mean: before.value + slope * ((from + to) / 2 - before.seconds), over: to - from)
    case .counter:
      result.add(slope)
      result.add(mean: slope, over: to - from)
    }
  }

  /// Keeps the older half as statistics only.
  private mutating func fold() {
    if foldedCount == 0 { earlyStart = samples[0].seconds }
    let end = samples[keptCount].seconds
    for index in 0...keptCount {
      // The first one that stays is counted later; the time before it is counted now.
      if index == keptCount, form == .level {
        var last = SampleStatistics()
        add(index, from: -.greatestFiniteMagnitude, to: end, into: &last)
        if let mean = last.mean { early.add(mean: mean, over: last.coveredSeconds) }
      } else {
        add(index, from: -.greatestFiniteMagnitude, to: end, into: &early)
      }
    }
    samples.removeFirst(keptCount)
    foldedCount += keptCount
  }
}
