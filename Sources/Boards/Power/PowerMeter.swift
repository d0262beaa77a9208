/// Measures power and temperature on threads of its own while something else runs.
///
/// ```
/// let meter = try PowerMeter(PowerSensors.find(in: files, board: board))
/// try meter.start()
/// let idle = meter.mark()          // samples, then gives the instant
/// let begin = meter.mark()
/// work()
/// let summary = meter.summary(from: begin)            // until now
/// let baseline = meter.summary(from: idle, to: begin)  // of what has been
/// meter.stop()
/// ```
///
/// Sensors of one chip are asked one after another on one thread; a chip that does not answer holds up no other one, nor
/// this object, nor the end of the program.
package final class PowerMeter: Sendable {
  /// How often sensors are asked where nobody says.
  ///
  /// - Source: an INA226 converts for 2.2 ms times its averages, and behind a bus of 400 kHz with a multiplexer 10 ms is the
  ///   least that makes sense; rails of PMBus chips are slower and coarse. A tenth of a second follows a workload.
  package static let usualInterval = Duration.milliseconds(100)
  /// How long a mark waits for sensors that have not been found stalled yet.
  private static let patience = Duration.milliseconds(500)

  /// What is measured.
  package let sensors: PowerSensors
  /// How often.
  package let interval: Duration
  /// When the meter was made: the zero of its seconds.
  package var epoch: ContinuousClock.Instant { core.epoch }
  private let core: MeterCore

  /// Makes a meter that does not measure yet.
  ///
  /// - Throws: `failed` where the process may open no further files.
  package init(_ sensors: PowerSensors, interval: Duration = PowerMeter.usualInterval) throws(BoardError) {
    precondition(interval > .zero, "a meter needs time between two samples")
    self.sensors = sensors
    self.interval = interval
    core = try MeterCore(sensors, interval: interval)
  }

  deinit { core.stop() }

  /// Starts measuring, and waits a moment for the first samples; does nothing without sensors.
  ///
  /// - Throws: `failed` where the system gives no threads.
  package func start() throws(BoardError) {
    try core.start()
    core.sample(patience: Self.patience)
  }

  /// Stops measuring, without waiting for anything; what was measured stays.
  package func stop() { core.stop() }

  /// Asks all sensors once more, waits a moment for their answers, and gives the instant: the beginning of a span.
  package func mark() -> ContinuousClock.Instant {
    core.sample(patience: Self.patience)
    return .now
  }

  /// What was measured from one instant to now; asks all sensors once more for that.
  package func summary(from start: ContinuousClock.Instant) -> PowerSummary {
    let end = ContinuousClock.now
    core.sample(patience: Self.patience)
    return summary(from: start, to: end)
  }

  /// What was measured from one instant to another.
  package func summary(from start: ContinuousClock.Instant, to end: ContinuousClock.Instant) -> PowerSummary {
    let (from, to, now) = (core.seconds(start), core.seconds(end), core.seconds(.now))
    return core.state.withLock { state in
      func line(_ index: Int) -> PowerSummary.Line {
        PowerSummary.Line(
          sensors.sensors[index], state.logs[index], state.logs[index].trace.statistics(from: from, to: to),
          over: to - from, at: now)
      }
      var summary = PowerSummary(basis: sensors.basis, seconds: max(0, to - from), interval: interval)
      for index in sensors.sensors.indices {
        if sensors.sensors[index].quantity == .temperature {
          summary.temperatures.append(line(index))
        } else {
          summary.rails.append(line(index))
        }
      }
      let parts = sensors.totalIndices
      if let label = sensors.basis.label, let first = parts.first {
        summary.total =
          parts.count == 1
          ? line(first).renamed(label)
          : PowerSummary.Line(
            label, sumOf: parts.map(line), state.sum?.trace.statistics(from: from, to: to) ?? SampleStatistics(),
            over: to - from)
      }
      return summary
    }
  }

  /// What the sensors show now; nothing of those whose last sample is old.
  package func latest() -> PowerReadings {
    let now = core.seconds(.now)
    return core.state.withLock { state in
      func level(_ trace: SensorTrace) -> Double? {
        trace.samples.last.flatMap { now - $0.seconds <= trace.longestGap ? trace.lastLevel : nil }
      }
      var readings = PowerReadings(seconds: now, basis: sensors.basis)
      for (sensor, log) in zip(sensors.sensors, state.logs) {
        let reading = PowerReadings.Reading(
          label: sensor.label, value: level(log.trace), condition: log.condition(at: now))
        if sensor.quantity == .temperature {
          readings.temperatures.append(reading)
        } else {
          readings.rails.append(reading)
        }
      }
      let parts = sensors.totalIndices
      readings.totalWatts =
        parts.count == 1 ? level(state.logs[parts[0]].trace) : state.sum.flatMap { level($0.trace) }
      readings.totalProblem =
        parts.compactMap { index in
          let problem = state.logs[index].condition(at: now).problem
          return parts.count == 1 ? problem : problem.map { "\(sensors.sensors[index].label): \($0)" }
        }.first
      return readings
    }
  }

  /// The samples that have come since the last call with the same place, in the order of their instants.
  package func samples(since place: inout SamplePlace) -> [MeasuredSample] {
    var result: [MeasuredSample] = []
    core.state.withLock { state in
      place.counts += Array(repeating: 0, count: max(0, state.logs.count - place.counts.count))
      for (index, log) in state.logs.enumerated() {
        let trace = log.trace
        for sample in trace.samples.dropFirst(max(0, place.counts[index] - trace.foldedCount)) {
          result.append(
            MeasuredSample(sensor: sensors.sensors[index], seconds: sample.seconds, value: sample.value))
        }
        place.counts[index] = trace.foldedCount + trace.samples.count
      }
    }
    return result.sorted { $0.seconds < $1.seconds }
  }
}

/// How far somebody has read the samples of a meter.
package struct SamplePlace: Sendable {
  fileprivate var counts: [Int] = []

  /// The beginning.
  package init() {}
}

/// A sample as it was read.
package struct MeasuredSample: Sendable {
  /// Of what.
  package let sensor: PowerSensor
  /// When, in seconds since the meter was made, by a clock that nobody sets.
  package let seconds: Double
  /// The value: watts, degrees Celsius, or joules since the first sample.
  package let value: Double
}
