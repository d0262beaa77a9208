/// What one check of `dpu doctor` found, and the line that mends it.
package struct Finding: Equatable, Sendable {
  /// The checks, in the order in which they are made.
  package enum Check: String, CaseIterable, Sendable {
    case module
    case node
    case permission
    case logic = "PL"
    case xclbin
    case cores
    case fingerprint
    case memory
    case clocks
    case rails
    case versions
    case users
    case configuration
  }

  /// How it came out.
  package enum State: String, Sendable {
    case good = "ok"
    case warning
    case failed = "FAILED"
    case skipped = "not checked"

    /// The state as a word for programs.
    var key: String {
      switch self {
      case .good: "ok"
      case .warning: "warning"
      case .failed: "failed"
      case .skipped: "skipped"
      }
    }
  }

  /// What was checked.
  package let check: Check
  /// How it came out.
  package let state: State
  /// What was found.
  package let found: String
  /// What to do, where there is something.
  package let fix: String?

  /// Makes a finding.
  package init(_ check: Check, _ state: State, _ found: String, fix: String? = nil) {
    self.check = check
    self.state = state
    self.found = found
    self.fix = fix
  }
}
