import Threads

/// Who waits, and who is next: the one rule of order, for jobs that wait for a core and callers that wait for buffers.
///
/// 1. Who was overtaken as often as the patience allows goes before all others; among those, who came first.
/// 2. Otherwise the higher priority goes first, then the earlier deadline, then who came first.
///
/// To be overtaken is to see one who came later taken for a core that would have done. So nobody is overtaken more often
/// than the patience says, whatever the others' priorities: none waits for ever.
package struct WaitingLine: Sendable {
  /// One who waits.
  package struct Entry: Equatable, Sendable {
    /// Whose entry it is.
    package let number: Int
    /// When it came, counted over all that ever came.
    package let sequence: UInt64
    /// How urgent it is, and until when.
    package let options: JobOptions
    /// The cores that will do.
    package fileprivate(set) var cores: CoreSet
    /// How often one who came later was taken before it.
    package fileprivate(set) var overtaken: Int
  }

  /// How often one may be overtaken.
  package let patience: Int
  /// Those who wait, in no order.
  package private(set) var entries: [Entry] = []
  private var nextSequence: UInt64 = 0

  /// Makes an empty line.
  package init(patience: Int) {
    precondition(patience >= 0, "a patience of \(patience)")
    self.patience = patience
  }

  /// Whether nobody waits.
  package var isEmpty: Bool { entries.isEmpty }

  /// Adds one who comes now.
  package mutating func append(_ number: Int, _ options: JobOptions, cores: CoreSet) {
    entries.append(Entry(number: number, sequence: nextSequence, options: options, cores: cores, overtaken: 0))
    nextSequence += 1
  }

  /// Adds one who was taken before and comes back to the place that it had.
  package mutating func putBack(_ entry: Entry, cores: CoreSet) {
    var entry = entry
    entry.cores = cores
    entries.append(entry)
  }

  /// Takes the next for a core, `nil` if nobody who waits wants it.
  package mutating func take(for core: Int) -> Entry? {
    var best: Int?
    for index in entries.indices where entries[index].cores.contains(core) {
      if let other = best, !goesBefore(entries[index], entries[other]) { continue }
      best = index
    }
    guard let best else { return nil }
    let taken = entries[best]
    entries.swapAt(best, entries.count - 1)
    entries.removeLast()
    for index in entries.indices where entries[index].sequence < taken.sequence && entries[index].cores.contains(core) {
      entries[index].overtaken += 1
    }
    return taken
  }

  /// Takes one out who waits no longer; `false` if it does not wait.
  @discardableResult
  package mutating func remove(_ number: Int) -> Bool {
    guard let index = entries.firstIndex(where: { $0.number == number }) else { return false }
    entries.swapAt(index, entries.count - 1)
    entries.removeLast()
    return true
  }

  /// Says anew which cores will do for each.
  package mutating func updateCores(_ cores: (Int) -> CoreSet) {
    for index in entries.indices { entries[index].cores = cores(entries[index].number) }
  }

  /// Whether one goes before another.
  package func goesBefore(_ one: Entry, _ other: Entry) -> Bool {
    let isDue = (one.overtaken >= patience, other.overtaken >= patience)
    if isDue.0 != isDue.1 { return isDue.0 }
    if !isDue.0 {
      if one.options.priority != other.options.priority { return one.options.priority > other.options.priority }
      let latest = Moment(nanoseconds: .max)
      let deadlines = (one.options.deadline ?? latest, other.options.deadline ?? latest)
      if deadlines.0 != deadlines.1 { return deadlines.0 < deadlines.1 }
    }
    return one.sequence < other.sequence
  }
}
