import CVisionKernels
import Tensors

/// For each channel of the model's input, what each of the 256 sample values becomes; its memory is used again.
struct ByteTable: Sendable {
  /// Which samples are saturated or wrapped.
  private enum Losses: Equatable {
    /// None.
    case none
    /// In all channels alike, those outside `first` to `last`; all, where `first` is the greater.
    case outside(first: UInt8, last: UInt8)
    /// Those that the list says.
    case listed
  }

  /// The results, 256 for channel 0, then 256 for channel 1, and so on.
  private(set) var values: [Int8] = []
  /// For each of them, 1 where it was saturated or wrapped.
  private var lossList: [UInt8] = []
  private var losses = Losses.none
  /// The same as arithmetic; empty where that does not give every entry.
  private var lines: [dpuv_byte_line] = []
  /// Whether all channels have the same table.
  private var isUniform = true
  private var channels = 0

  /// Makes an empty table.
  init() {}

  /// Makes the table.
  init(maps: [AffineMap], fixPoint: FixPoint, rounding: Rounding) {
    set(maps, channels: maps.count, fixPoint: fixPoint, rounding: rounding)
  }

  /// Makes the table anew.
  ///
  /// - Parameters:
  ///   - maps: One for each channel, or one for all.
  ///   - isReversed: Whether the maps are those of the channels in reverse order.
  mutating func set(
    _ maps: [AffineMap], channels: Int, isReversed: Bool = false, fixPoint: FixPoint, rounding: Rounding
  ) {
    self.channels = channels
    isUniform = maps.allSatisfy { $0 == maps[0] }
    values.removeAll(keepingCapacity: true)
    lossList.removeAll(keepingCapacity: true)
    lines.removeAll(keepingCapacity: true)
    let scale = fixPoint.scale
    for channel in 0..<channels {
      let map = maps.count == 1 ? maps[0] : maps[isReversed ? channels - 1 - channel : channel]
      if isUniform, channel > 0 {
        for sample in 0..<256 {
          values.append(values[sample])
          lossList.append(lossList[sample])
        }
        if let line = lines.first { lines.append(line) }
        continue
      }
      for sample in 0..<256 {
        let scaled = Float(map(Double(sample))) * scale
        values.append(rounding.convert(scaled: scaled))
        lossList.append(rounding.leavesRange(scaled: scaled) ? 1 : 0)
      }
      appendLine(map, scale: scale, of: channel)
    }
    if lines.count < channels { lines.removeAll(keepingCapacity: true) }
    losses = foundLosses()
  }

  private mutating func appendLine(_ map: AffineMap, scale: Float, of channel: Int) {
    var line = dpuv_byte_line()
    let isLine = values.withUnsafeBufferPointer { values in
      values.baseAddress.map {
        dpuv_find_byte_line($0 + channel * 256, Float(map.factor) * scale, Float(map.offset) * scale, &line)
      }
    }
    if isLine == true { lines.append(line) }
  }

  private func foundLosses() -> Losses {
    guard lossList.contains(1) else { return .none }
    guard isUniform else { return .listed }
    let first = lossList[..<256].firstIndex(of: 0) ?? 256
    let last = lossList[..<256].lastIndex(of: 0) ?? -1
    guard first <= last else { return .outside(first: 1, last: 0) }
    return lossList[first...last].contains(1) ? .listed : .outside(first: UInt8(first), last: UInt8(last))
  }

  /// Sends samples through the table.
  ///
  /// - Parameters:
  ///   - samples: Pixels, with the channels that the order is for.
  ///   - results: As many pixels of the table's channels.
  func map(
    _ samples: UnsafeBufferPointer<UInt8>, order: ChannelOrder, kernels: ConversionKernels,
    into results: UnsafeMutableBufferPointer<Int8>
  ) -> ConversionReport {
    let pixels = results.count / channels
    let perPixel = order == .spread ? 1 : channels
    precondition(
      samples.count == pixels * perPixel && results.count == pixels * channels,
      "\(samples.count) samples for \(results.count) results of \(channels) channels")
    guard let from = samples.baseAddress, let to = results.baseAddress else { return ConversionReport() }
    values.withUnsafeBufferPointer { values in
      lines.withUnsafeBufferPointer { lines in
        var map = dpuv_byte_map(
          channels: channels, order: order.order, is_uniform: isUniform, tables: values.baseAddress,
          lines: lines.isEmpty ? nil : lines.baseAddress)
        dpuv_map_bytes(kernels.isa, &map, from, to, pixels)
      }
    }
    var report = ConversionReport()
    switch losses {
    case .none: break
    case .outside(let first, let last):
      let times = order == .spread ? channels : 1
      report.saturated = times * Int(dpuv_count_outside(kernels.isa, from, samples.count, first, last))
    case .listed: report.saturated = listedLosses(samples, order: order, perPixel: perPixel)
    }
    return report
  }

  private func listedLosses(_ samples: UnsafeBufferPointer<UInt8>, order: ChannelOrder, perPixel: Int) -> Int {
    lossList.withUnsafeBufferPointer { list in
      var total = 0
      for channel in 0..<channels {
        let from = order == .spread ? 0 : order == .reversed ? channels - 1 - channel : channel
        for index in stride(from: from, to: samples.count, by: perPixel) {
          total += Int(list[channel * 256 + Int(samples[index])])
        }
      }
      return total
    }
  }
}

/// Where the channels of a pixel go on the way into a model.
enum ChannelOrder: Sendable {
  /// Where they are.
  case same
  /// Three channels, the last first.
  case reversed
  /// One channel to all three.
  case spread

  /// As the C functions name it.
  var order: dpuv_order {
    switch self {
    case .same: DPUV_ORDER_SAME
    case .reversed: DPUV_ORDER_REVERSED
    case .spread: DPUV_ORDER_SPREAD
    }
  }
}
