extension Array where Element: BitwiseCopyable {
  /// Brings the array to so many elements, in the memory that it has where that is enough and nobody else looks at it.
  ///
  /// What the elements hold afterwards does not matter to the caller: they are about to be written.
  package mutating func resize(to newCount: Int, filler: Element) {
    if newCount < count {
      removeLast(count - newCount)
    } else if newCount > capacity {
      self = Array(repeating: filler, count: newCount)
    } else if newCount > count {
      append(contentsOf: repeatElement(filler, count: newCount - count))
    }
  }
}
