/// Finds what a person may have meant by a word that does not exist.
package enum NearMiss {
  /// The nearest of some words, `nil` where none is near enough to be a slip of the fingers.
  ///
  /// A word is near when at most a third of its letters differ; of equally near ones the first wins.
  package static func find(_ word: String, among candidates: [String]) -> String? {
    let rated = candidates.map { (candidate: $0, distance: distance(word.lowercased(), $0.lowercased())) }
    guard let best = rated.min(by: { $0.distance < $1.distance }) else { return nil }
    return best.distance <= max(1, max(word.count, best.candidate.count) / 3) ? best.candidate : nil
  }

  /// The number of single letters to insert, drop, replace or swap with a neighbour to turn one word into another.
  ///
  /// - Source: optimal string alignment distance.
  package static func distance(_ left: String, _ right: String) -> Int {
    let (left, right) = (Array(left), Array(right))
    var beforeLast: [Int] = []
    var last = Array(0...right.count)
    for row in 0..<left.count {
      var current = [row + 1]
      for column in 0..<right.count {
        let cost = left[row] == right[column] ? 0 : 1
        var best = min(last[column + 1] + 1, current[column] + 1, last[column] + cost)
        if row > 0, column > 0, left[row] == right[column - 1], left[row - 1] == right[column] {
          best = min(best, beforeLast[column - 1] + 1)
        }
        current.append(best)
      }
      (beforeLast, last) = (last, current)
    }
    return last[right.count]
  }
}
