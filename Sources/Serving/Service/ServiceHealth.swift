package import Threads

/// Whether the answers of the service can be trusted, and when it has to end: decisions, without threads.
///
/// | what happened | `ready` | inferences | the end |
/// |---|---|---|---|
/// | a core is out of use | red until it works again | go on, on the other cores | when it was out for `coreGrace` |
/// | a self-check found a wrong answer | red for good | are refused | at once |
/// | a self-check found no core, no time, no memory | – | go on | – |
package struct ServiceHealth: Equatable, Sendable {
  /// What keeps the service from being ready.
  package struct Fault: Equatable, Sendable {
    /// What was found, in words.
    package let words: String
    /// Whether inferences are to be refused too.
    package let refusesInferences: Bool
  }

  private let coreGrace: Duration
  private var outSince: [Int: Moment] = [:]
  private var wrongAnswer: String?

  /// Makes the health of a service of which nothing bad is known.
  ///
  /// - Parameter coreGrace: How long a core may be out before the service gives up on it.
  package init(coreGrace: Duration) { self.coreGrace = coreGrace }

  /// Which cores are out of use now.
  package mutating func coresAreOut(_ cores: [Int], at now: Moment) {
    outSince = outSince.filter { cores.contains($0.key) }
    for core in cores where outSince[core] == nil { outSince[core] = now }
  }

  /// A self-check found something else than it should have.
  package mutating func answerWasWrong(_ words: String) { wrongAnswer = wrongAnswer ?? words }

  /// What keeps the service from being ready, `nil` where nothing does.
  package var fault: Fault? {
    if let wrongAnswer {
      return Fault(words: "the device gives wrong answers: \(wrongAnswer)", refusesInferences: true)
    }
    guard !outSince.isEmpty else { return nil }
    let names = outSince.keys.sorted().map(String.init).joined(separator: ", ")
    return Fault(
      words: outSince.count == 1 ? "core \(names) does not answer" : "cores \(names) do not answer",
      refusesInferences: false)
  }

  /// Why the service has to end and be started anew, with the overlay loaded again; `nil` where it has not.
  package func reasonToEnd(at now: Moment) -> String? {
    if wrongAnswer != nil { return fault?.words }
    guard let first = outSince.values.min(), now - first >= coreGrace else { return nil }
    return fault?.words
  }
}
