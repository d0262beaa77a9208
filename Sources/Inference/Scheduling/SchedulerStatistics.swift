package import Devices

/// What a scheduler has done so far and holds now.
package struct SchedulerStatistics: Equatable, Sendable {
  /// What one core has done.
  package struct Core: Equatable, Sendable {
    /// The device that it belongs to.
    package let device: DeviceDescription
    /// Its number on the device.
    package let number: Int
    /// Whether it is given jobs.
    package internal(set) var state = Schedule.CoreState.active
    /// Jobs that it was given.
    package internal(set) var startCount = 0
    /// Jobs that it ran to their end.
    package internal(set) var finishCount = 0
    /// Jobs that failed on it.
    package internal(set) var failureCount = 0
    /// Those of them that did not end in time.
    package internal(set) var timeoutCount = 0
    /// How often it was taken out of use for failing.
    package internal(set) var outCount = 0
    /// How long it was at work; where the device does not tell, how long jobs took from start to end.
    package internal(set) var busyTime = Duration.zero

    init(device: DeviceDescription, number: Int) {
      self.device = device
      self.number = number
    }
  }

  /// The cores, by the scheduler's numbers.
  package let cores: [Core]
  /// Jobs that wait for a core.
  package let waitingCount: Int
  /// Jobs on cores.
  package let runningCount: Int

  /// Jobs that have not ended.
  package var underwayCount: Int { waitingCount + runningCount }
  /// Runs that have ended, well or not.
  package var endedCount: Int { cores.reduce(0) { $0 + $1.finishCount + $1.failureCount } }
  /// The cores that are out of use for failing, by the scheduler's numbers.
  package var coresOut: [Int] { cores.indices.filter { cores[$0].state == .out } }
}
