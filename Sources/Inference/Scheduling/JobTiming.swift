package import Threads

/// When a job was where.
package struct JobTiming: Equatable, Sendable {
  /// When it was handed in.
  package internal(set) var submitted: Moment
  /// When it went to the core that ran it last.
  package internal(set) var started: Moment
  /// When its outputs were there.
  package internal(set) var ended: Moment
  /// How long cores were at work for it, where the device tells.
  package internal(set) var coreTime: Duration?
  /// The scheduler's number of the core that ran it last, `nil` where none has.
  package internal(set) var core: Int?
  /// How often it was started.
  package internal(set) var attempts: Int

  /// The times of a job that has not run.
  init() {
    submitted = Moment(nanoseconds: 0)
    started = submitted
    ended = submitted
    attempts = 0
  }

  /// From handing in to the start that counted.
  package var queueTime: Duration { started - submitted }
  /// From that start to the outputs: carrying in and out, waiting behind another job of the core, and the core's work.
  package var runTime: Duration { ended - started }
  /// From handing in to the outputs.
  package var totalTime: Duration { ended - submitted }
}
