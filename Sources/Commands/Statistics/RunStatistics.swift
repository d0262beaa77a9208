import Glibc
package import Devices
package import Inference
package import Threads

/// Counts what a command does, for its screen and for whoever looks in through its statistics socket.
///
/// The thread that ends frames calls `frameEnded`, which takes a lock for less than a microsecond and allocates nothing;
/// everything else is worked out by those who ask.
package final class RunStatistics: Sendable {
  /// What runs where.
  package struct Subject: Sendable {
    /// The command's name.
    package let command: String
    /// The model's file.
    package let model: String
    /// What runs it.
    package let device: DeviceDescription
    /// What the latencies are of, in words.
    package let latency: String

    /// Names what runs where.
    package init(command: String, model: String, device: DeviceDescription, latency: String) {
      self.command = command
      self.model = model
      self.device = device
      self.latency = latency
    }
  }

  /// Power as a sensor tells it.
  package struct Power: Sendable {
    /// - Units: Watts; `nil` where there is no sensor, or no reading yet.
    package let watts: Double?
    /// What it is of; why there is none, where nothing is measured.
    package let sensor: String
    /// What is wrong with the sensor, `nil` where it is well or there is none.
    package let problem: String?

    /// No sensor.
    package static let none = Power(watts: nil, sensor: "no sensor")

    /// Names a reading.
    package init(watts: Double?, sensor: String, problem: String? = nil) {
      self.watts = watts
      self.sensor = sensor
      self.problem = problem
    }
  }

  private struct BusySample {
    let moment: Moment
    let busy: [Duration]
  }

  /// What runs where.
  package let subject: Subject
  private let schedule: @Sendable () -> SchedulerStatistics?
  private let start = Moment.now
  private let startedAt: Double
  private let lock = ThreadLock()
  // @unchecked: the six below are used with the lock held.
  private nonisolated(unsafe) var power: @Sendable () -> Power
  private nonisolated(unsafe) var recent = RecentFrames(capacity: RunStatistics.recentCount)
  private nonisolated(unsafe) var endedCount = 0
  private nonisolated(unsafe) var droppedCount = 0
  private nonisolated(unsafe) var earlier: BusySample?
  private nonisolated(unsafe) var later: BusySample?

  /// Begins to count.
  ///
  /// - Parameters:
  ///   - subject: What runs where.
  ///   - schedule: What the cores have done so far, where there is a scheduler.
  ///   - power: The latest reading; called from other threads, about once a second.
  package init(
    _ subject: Subject, schedule: @escaping @Sendable () -> SchedulerStatistics? = { nil },
    power: @escaping @Sendable () -> Power = { .none }
  ) {
    self.subject = subject
    self.schedule = schedule
    self.power = power
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    startedAt = Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
  }

  /// Takes readings from a sensor that is found later.
  package func readPower(from power: @escaping @Sendable () -> Power) {
    lock.lock()
    self.power = power
    lock.unlock()
  }

  /// Counts a frame that is done.
  package func frameEnded(latency: Duration, at moment: Moment = .now) {
    lock.lock()
    recent.add(ended: moment, latency: latency)
    endedCount += 1
    lock.unlock()
  }

  /// Counts frames that were left out.
  package func framesDropped(_ count: Int) {
    lock.lock()
    droppedCount += count
    lock.unlock()
  }

  /// Frames that are done.
  package var frameCount: Int {
    lock.lock()
    defer { lock.unlock() }
    return endedCount
  }

  /// What is so now.
  package var snapshot: RunSnapshot {
    let now = Moment.now
    let scheduler = schedule()
    lock.lock()
    let reading = self.power
    lock.unlock()
    let power = reading()
    lock.lock()
    let (recent, frames, dropped) = (recent.copy, endedCount, droppedCount)
    let busy = shares(BusySample(moment: now, busy: scheduler?.cores.map(\.busyTime) ?? []))
    lock.unlock()
    let percentiles = recent.percentiles([0.5, 0.99])
    return RunSnapshot(
      schema: RunSnapshot.schema, pid: Int(getpid()), command: subject.command, model: subject.model,
      device: RunSnapshot.Device(kind: subject.device.kind, detail: subject.device.detail), started: startedAt,
      seconds: (now - start).seconds, frames: frames,
      framesPerSecond: recent.rate(at: now, since: start, window: RunStatistics.window),
      latency: RunSnapshot.Latency(of: subject.latency, p50: percentiles?[0], p99: percentiles?[1]), coreBusy: busy,
      queue: scheduler?.waitingCount ?? 0, running: scheduler?.runningCount ?? 0, dropped: dropped,
      watts: power.watts, sensor: power.sensor, sensorProblem: power.problem)
  }

  /// The share of time that each core was at work since a sample of one to two seconds ago; the lock is held.
  private func shares(_ now: BusySample) -> [Double] {
    let first = BusySample(moment: start, busy: now.busy.map { _ in .zero })
    if let later, now.moment - later.moment >= .seconds(1) {
      (self.earlier, self.later) = (later, now)
    } else if later == nil {
      (earlier, later) = (first, now)
    }
    let base = earlier ?? first
    let span = (now.moment - base.moment).seconds
    guard span > 0, base.busy.count == now.busy.count else { return now.busy.map { _ in 0 } }
    return zip(now.busy, base.busy).map { max(0, min(1, ($0 - $1).seconds / span)) }
  }

  /// The frames whose latencies count as lately.
  private static let recentCount = 1024
  /// The time whose frames make the rate.
  private static let window = Duration.seconds(2)
}
