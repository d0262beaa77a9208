package import Inference

/// Who goes next to a model's buffers, so that no client can take them all: decisions without threads.
///
/// A free place goes to the client that holds the fewest, and of those to the one that got a place longest ago; within a
/// client, to the request of the highest priority, and of those to the first. So the client that floods the service waits
/// for itself alone, and priorities only order requests of the same client here; across clients they count where the
/// admitted jobs wait for cores.
package struct FairLine<Client: Hashable & Sendable>: Sendable {
  /// How many may wait.
  package struct Limits: Equatable, Sendable {
    /// Requests of all clients.
    package var waitingCount = 1024
    /// Requests of one client.
    package var waitingCountPerClient = 256

    /// Makes the usual limits.
    package init() {}
  }

  /// What becomes of a request that arrives.
  package enum Answer: Equatable, Sendable {
    /// It has its place.
    case admitted
    /// It waits.
    case waits
    /// Too many of its client's wait.
    case tooManyOfClient
    /// Too many wait.
    case tooMany
  }

  private struct Waiting {
    let ticket: Int
    let priority: JobPriority
  }

  private struct Visitor {
    /// In the order in which they will go.
    var waiting: [Waiting] = []
    var heldCount = 0
    /// The number of its last admission.
    var lastAdmission = 0
  }

  private let placeCount: Int
  private let limits: Limits
  private var visitors: [Client: Visitor] = [:]
  private var clients: [Int: Client] = [:]
  private var admissionCount = 0
  /// Places that are taken.
  package private(set) var heldCount = 0
  /// Requests that wait.
  package private(set) var waitingCount = 0

  /// Makes a line before so many places.
  package init(placeCount: Int, limits: Limits = Limits()) {
    precondition(placeCount > 0, "a line before no places")
    self.placeCount = placeCount
    self.limits = limits
  }

  /// A request arrives.
  ///
  /// - Parameter ticket: Its number, which no other has that is still here.
  package mutating func arrive(_ ticket: Int, of client: Client, _ priority: JobPriority) -> Answer {
    precondition(clients[ticket] == nil, "a ticket is used twice")
    var visitor = visitors[client] ?? Visitor()
    if heldCount < placeCount {
      clients[ticket] = client
      admit(&visitor)
      visitors[client] = visitor
      return .admitted
    }
    guard waitingCount < limits.waitingCount else { return .tooMany }
    guard visitor.waiting.count < limits.waitingCountPerClient else { return .tooManyOfClient }
    let place = visitor.waiting.firstIndex { $0.priority < priority } ?? visitor.waiting.count
    visitor.waiting.insert(Waiting(ticket: ticket, priority: priority), at: place)
    waitingCount += 1
    clients[ticket] = client
    visitors[client] = visitor
    return .waits
  }

  /// A request goes: answered, or given up.
  ///
  /// - Returns: The request that has a place now, `nil` where none has come to one.
  package mutating func leave(_ ticket: Int) -> Int? {
    guard let client = clients.removeValue(forKey: ticket), var visitor = visitors[client] else { return nil }
    let waitingPlace = visitor.waiting.firstIndex { $0.ticket == ticket }
    if let waitingPlace {
      visitor.waiting.remove(at: waitingPlace)
      waitingCount -= 1
    } else {
      visitor.heldCount -= 1
      heldCount -= 1
    }
    // Nobody is remembered who has nothing here.
    visitors[client] = visitor.waiting.isEmpty && visitor.heldCount == 0 ? nil : visitor
    return waitingPlace == nil ? admitNext() : nil
  }

  /// Whether a request waits.
  package func isWaiting(_ ticket: Int) -> Bool {
    clients[ticket].flatMap { visitors[$0] }?.waiting.contains { $0.ticket == ticket } ?? false
  }

  /// Whether a request has its place.
  package func isAdmitted(_ ticket: Int) -> Bool { clients[ticket] != nil && !isWaiting(ticket) }

  private mutating func admitNext() -> Int? {
    let next = visitors.filter { !$0.value.waiting.isEmpty }.min { one, other in
      let (left, right) = (one.value, other.value)
      return (left.heldCount, left.lastAdmission, left.waiting[0].ticket)
        < (right.heldCount, right.lastAdmission, right.waiting[0].ticket)
    }
    guard let (client, found) = next else { return nil }
    var visitor = found
    let first = visitor.waiting.removeFirst()
    waitingCount -= 1
    admit(&visitor)
    visitors[client] = visitor
    return first.ticket
  }

  private mutating func admit(_ visitor: inout Visitor) {
    admissionCount += 1
    heldCount += 1
    visitor.heldCount += 1
    visitor.lastAdmission = admissionCount
  }
}
