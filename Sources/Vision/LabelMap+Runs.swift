extension LabelMap {
  /// The labels as runs, row after row: a label, then how many pixels have it, seven bits in a byte, the lowest first, the
  /// eighth set where more follow.
  package var runs: [UInt8] {
    var result: [UInt8] = []
    var start = 0
    while start < labels.count {
      let label = labels[start]
      var end = start + 1
      while end < labels.count, labels[end] == label { end += 1 }
      result.append(label)
      var count = end - start
      while count > 127 {
        result.append(UInt8(count & 127) | 128)
        count >>= 7
      }
      result.append(UInt8(count))
      start = end
    }
    return result
  }
}
