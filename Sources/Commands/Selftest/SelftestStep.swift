import Devices

/// One thing that a self-test looks at, and how it came out.
struct SelftestStep {
  /// What is looked at, in the order in which it is.
  enum Name: String, CaseIterable {
    case fingerprint
    case registers
    case load
    case zeroJob = "zero job"
    case goldenJob = "golden job"
    case secondJob = "second job"
    case counters
  }

  /// How it came out.
  enum Outcome: String {
    case passed = "ok"
    case failed = "FAILED"
    case skipped = "not run"
  }

  let name: Name
  let outcome: Outcome
  /// What was found, in words.
  let found: String
  /// What to do, where there is something.
  let remedy: String?
  /// The exit code that it stands for.
  let code: ExitCode

  private init(_ name: Name, _ outcome: Outcome, _ found: String, _ remedy: String?, _ code: ExitCode) {
    (self.name, self.outcome, self.found, self.remedy, self.code) = (name, outcome, found, remedy, code)
  }

  /// Makes a step that came out right.
  static func passed(_ name: Name, _ found: String) -> SelftestStep {
    SelftestStep(name, .passed, found, nil, .success)
  }

  /// Makes a step that came out wrong.
  static func failed(_ name: Name, _ found: String, _ remedy: String? = nil) -> SelftestStep {
    SelftestStep(name, .failed, found, remedy, .checkFailed)
  }

  /// Makes a step that a device broke off.
  static func failed(_ name: Name, _ error: DeviceError, _ remedy: String? = nil) -> SelftestStep {
    SelftestStep(name, .failed, error.message, remedy, CommandError(error).code)
  }

  /// Makes a step that there was no point in doing.
  static func skipped(_ name: Name, _ reason: String, _ remedy: String? = nil) -> SelftestStep {
    SelftestStep(name, .skipped, reason, remedy, .checkFailed)
  }
}
