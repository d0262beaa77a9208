package import Threads

/// How urgent a job is beside others.
package enum JobPriority: Int, CaseIterable, Comparable, Sendable {
  /// For what nobody waits for.
  case low
  /// For everything that says nothing else.
  case normal
  /// For what someone waits for.
  case high

  /// Whether one is less urgent than another.
  package static func < (one: JobPriority, other: JobPriority) -> Bool { one.rawValue < other.rawValue }
}

/// What a job asks for beside its inputs.
package struct JobOptions: Equatable, Sendable {
  /// How urgent it is.
  package var priority: JobPriority
  /// Until when its answer is of use; `nil` is until it comes.
  package var deadline: Moment?

  /// Makes options; without arguments, a job of normal priority that waits as long as it takes.
  package init(priority: JobPriority = .normal, deadline: Moment? = nil) {
    self.priority = priority
    self.deadline = deadline
  }

  /// Makes options whose deadline counts from now.
  package init(priority: JobPriority = .normal, within timeLimit: Duration) {
    self.init(priority: priority, deadline: .now + timeLimit)
  }
}
