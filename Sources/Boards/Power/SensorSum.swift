/// Several sensors added up: one sample for each time that all of them have answered.
///
/// They are asked one after another, so its instants are the means of theirs.
package struct SensorSum: Sendable {
  private let indices: Set<Int>
  private var newest: [Int: (value: Double, seconds: Double)] = [:]
  /// The samples of the sum.
  package private(set) var trace: SensorTrace

  /// Makes the sum of some sensors.
  ///
  /// - Parameter indices: More than one.
  package init(of indices: [Int], _ form: SensorTrace.Form, longestGap: Double) {
    self.indices = Set(indices)
    trace = SensorTrace(form, longestGap: longestGap)
  }

  /// Takes what an answer of a sensor led to.
  package mutating func take(_ outcome: SensorLog.Outcome, of index: Int, at seconds: Double) {
    guard indices.contains(index) else { return }
    switch outcome {
    case .dropped: return
    case .anew(let value):
      trace.breakOff()
      newest[index] = (value, seconds)
    case .sample(let value): newest[index] = (value, seconds)
    }
    guard newest.count == indices.count else { return }
    // What is old by now belongs to no sum with what is new.
    newest = newest.filter { seconds - $0.value.seconds <= trace.longestGap }
    guard newest.count == indices.count else { return }
    let sum = newest.values.reduce((value: 0.0, seconds: 0.0)) { ($0.value + $1.value, $0.seconds + $1.seconds) }
    trace.append(sum.value, at: sum.seconds / Double(newest.count))
    newest.removeAll(keepingCapacity: true)
  }
}
