package import Devices
package import XModel

/// What goes wrong on a simulated board, and when: everything is counted from 0 from the making of the port.
package struct FaultPlan: Sendable, ExpressibleByArrayLiteral {
  /// The way of a sync.
  package enum Direction: Sendable {
    case toDevice, fromDevice
  }

  /// One fault.
  package enum Fault: Sendable {
    /// A job never ends; its counters stand where they are given.
    case hang(job: Int, EngineCounters)
    /// A job ends so much later than it would.
    case late(job: Int, by: Duration)
    /// A job ends in another state than completed, without touching memory.
    case end(job: Int, DriverState)
    /// The driver refuses to start a job, and every later one on that core, as after a hang that it noticed.
    case refusedStart(job: Int)
    /// An allocation finds no memory.
    case allocation(Int)
    /// A core says another fingerprint than it was built with.
    case fingerprint(core: Int, Fingerprint)
    /// A sync does nothing and says nothing.
    case lostSync(Int, Direction)
    /// A sync is refused by the driver.
    case refusedSync(Int, Direction)
  }

  /// The faults.
  package let faults: [Fault]

  /// Makes a plan.
  package init(_ faults: [Fault]) { self.faults = faults }

  /// Makes a plan; an empty one lets everything go well.
  package init(arrayLiteral elements: Fault...) { faults = elements }

  /// What is to become of a job.
  enum JobFault {
    case hang(EngineCounters)
    case late(Duration)
    case end(DriverState)
    case refusedStart
  }

  /// The fault of a job, `nil` if it goes well.
  func job(_ number: Int) -> JobFault? {
    for fault in faults {
      switch fault {
      case .hang(number, let counters): return .hang(counters)
      case .late(number, let delay): return .late(delay)
      case .end(number, let state): return .end(state)
      case .refusedStart(number): return .refusedStart
      default: continue
      }
    }
    return nil
  }

  /// Whether an allocation finds no memory.
  func failsAllocation(_ number: Int) -> Bool {
    faults.contains { if case .allocation(number) = $0 { true } else { false } }
  }

  /// The fingerprint that a core says, `nil` for the true one.
  func fingerprint(ofCore core: Int) -> Fingerprint? {
    for fault in faults { if case .fingerprint(core, let wrong) = fault { return wrong } }
    return nil
  }

  /// What becomes of a sync.
  func sync(_ number: Int, _ direction: Direction) -> SyncCounter.Outcome {
    for fault in faults {
      switch fault {
      case .lostSync(number, direction): return .lost
      case .refusedSync(number, direction): return .refused
      default: continue
      }
    }
    return .done
  }
}

/// The states in which the board's driver leaves a command, other than completed.
///
/// - Source: `ert_cmd_state` of XRT.
package enum DriverState: Int, CaseIterable, Sendable {
  case error = 5
  case abort = 6
  case timeout = 8
  case noResponse = 9

  /// The state as the driver's header names it.
  package var name: String {
    switch self {
    case .error: "ERROR"
    case .abort: "ABORT"
    case .timeout: "TIMEOUT"
    case .noResponse: "NORESPONSE"
    }
  }
}
