import Tensors

/// For each channel of the model's input, what each of the 256 sample values becomes.
struct ByteTable: Sendable {
  /// The int8 results, 256 for channel 0, then 256 for channel 1, and so on.
  let values: [Int8]
  /// For each of them, 1 where it was saturated or wrapped; empty where none was.
  let losses: [UInt8]

  /// Makes the table.
  ///
  /// - Parameters:
  ///   - maps: One per channel.
  ///   - order: Which of the maps each channel of the input takes, in order if not given.
  init(maps: [AffineMap], fixPoint: FixPoint, rounding: Rounding, order: [Int]? = nil) {
    let order = order ?? Array(maps.indices)
    var values = [Int8]()
    var losses = [UInt8]()
    values.reserveCapacity(order.count * 256)
    losses.reserveCapacity(order.count * 256)
    for channel in order {
      let map = maps[channel]
      for sample in 0..<256 {
        let scaled = Float(map(Double(sample))) * fixPoint.scale
        values.append(rounding.convert(scaled: scaled))
        losses.append(rounding.leavesRange(scaled: scaled) ? 1 : 0)
      }
    }
    self.values = values
    self.losses = losses.contains(1) ? losses : []
  }
}
