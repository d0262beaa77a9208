package import Threads

/// Where a connection is between two requests, and until when it may be there.
///
/// The library's own limit is on silence: a client that sends a byte now and then would keep its connection for ever. Here
/// each step has its end, however busy the line is:
///
/// | step | from | until |
/// |---|---|---|
/// | waiting | opening | the first line of a request: `readingTime` |
/// | | the end of an answer | the first byte of a request: `idleTime` |
/// | beginning | the first byte, where the system tells of it | the request's last byte: `readingTime` |
/// | reading | the first line | the same, else `readingTime` |
/// | answering | the request's last byte | `answeringTime` after the first line |
/// | sending | the answer | its last byte: `sendingTime` |
/// | streaming | the beginning of an answer that goes on | no end; its stream knows whether the client still takes it |
package struct ConnectionClock: Equatable, Sendable {
  /// The steps.
  package enum Step: Equatable, Sendable {
    case waiting(isFirst: Bool)
    /// Some of a further request has come, its first line not yet.
    case beginning
    case reading
    case answering
    case sending
    /// An answer goes out that has no end.
    case streaming
    /// Nothing more is read or sent.
    case over
  }

  /// What is to be done with a connection whose time is up.
  package enum Action: Equatable, Sendable {
    /// Nothing: there is time left.
    case wait
    /// Say 408, and end the connection.
    case refuse
    /// Answer in place of the handler.
    case answer
    /// End the connection.
    case end
  }

  /// The step.
  package private(set) var step = Step.waiting(isFirst: true)
  /// When the step must be over.
  package private(set) var deadline: Moment
  /// When the request's answer must be there.
  package private(set) var answerDeadline: Moment
  private let limits: HTTPLimits

  /// Begins with the opening of a connection.
  package init(_ limits: HTTPLimits, openedAt now: Moment) {
    self.limits = limits
    deadline = now + limits.readingTime
    answerDeadline = deadline
  }

  /// The first byte of a request has come that is not the connection's first.
  package mutating func bytesCame(at now: Moment) {
    guard step == .waiting(isFirst: false) else { return }
    step = .beginning
    deadline = now + limits.readingTime
  }

  /// The first line of a request has come.
  package mutating func requestBegan(at now: Moment) {
    guard step != .over else { return }
    // A connection's first request counts from its opening: its first byte came no sooner.
    let isCounted = step == .waiting(isFirst: true) || step == .beginning
    let end = now + limits.readingTime
    deadline = isCounted ? min(deadline, end) : end
    answerDeadline = now + limits.answeringTime
    step = .reading
  }

  /// Shortens the time for reading the request.
  package mutating func hurry(until moment: Moment) {
    if step == .reading { deadline = min(deadline, moment) }
  }

  /// The request's last byte has come.
  package mutating func requestEnded() {
    guard step == .reading else { return }
    step = .answering
    deadline = answerDeadline
  }

  /// The answer goes out.
  package mutating func answerBegan(at now: Moment) {
    guard step != .over else { return }
    step = .sending
    deadline = now + limits.sendingTime
  }

  /// An answer goes out that has no end.
  package mutating func streamBegan() {
    guard step != .over else { return }
    step = .streaming
  }

  /// The answer is out.
  package mutating func answerEnded(at now: Moment) {
    guard step != .over else { return }
    step = .waiting(isFirst: false)
    deadline = now + limits.idleTime
  }

  /// Looks at the time.
  package mutating func check(at now: Moment) -> Action {
    guard step != .over, step != .streaming, now >= deadline else { return .wait }
    switch step {
    case .waiting(isFirst: true), .beginning, .reading:
      step = .over
      return .refuse
    case .waiting, .sending:
      step = .over
      return .end
    case .answering:
      // The server's answer has the usual time for going out.
      deadline = now + limits.sendingTime
      return .answer
    case .streaming, .over: return .wait
    }
  }

  /// Whether a request is under way.
  package var isBusy: Bool {
    switch step {
    case .waiting, .over: false
    case .beginning, .reading, .answering, .sending, .streaming: true
    }
  }
}
