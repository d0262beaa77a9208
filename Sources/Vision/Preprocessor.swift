package import Tensors

/// Turns pictures and arrays into a model's int8 input, one frame at a time, straight into the device's buffer.
///
/// 8-bit samples go through a table of 256 entries per channel, made once (per frame where the mapping depends on the
/// frame's own values): value mapping, scaling by the fix point and rounding happen in the table.
package struct Preprocessor: Sendable {
  /// One frame of the input.
  ///
  /// - Shape: `[h, w, c]`, or whatever the model has behind its batch axis.
  package let frameShape: Shape
  /// The scale of the input.
  package let fixPoint: FixPoint
  /// How numbers become int8.
  package let rounding: Rounding
  /// The card, `nil` where none was found: then only arrays of the model's own shape fit.
  package let card: ModelCard?
  /// The table for 8-bit samples where it is the same for all frames.
  let fixedTable: ByteTable?
  /// The maps of measured values where they are the same for all frames.
  let fixedMaps: [AffineMap]?
  /// Memory that is used again from frame to frame.
  let scratch = FrameScratchPool()

  /// Plans the preprocessing of a model's input.
  ///
  /// - Parameters:
  ///   - input: The model's input, `[n, h, w, c]`; `n` does not matter.
  ///   - fixPoint: Its fix point.
  ///   - card: The model's card.
  ///   - rounding: How numbers become int8.
  /// - Throws: `mismatch` where the card's size or channels are not the model's.
  package init(
    input: Shape, fixPoint: FixPoint, card: ModelCard?, rounding: Rounding = .halfUp
  ) throws(VisionError) {
    frameShape = Shape(Array(input.dimensions.dropFirst()))
    self.fixPoint = fixPoint
    self.card = card
    self.rounding = rounding
    guard let card else {
      fixedTable = nil
      fixedMaps = nil
      return
    }
    guard frameShape.rank == 3, frameShape.elementCount > 0 else {
      throw VisionError(.mismatch, "card \"\(card.name)\" is for pictures; the model's input \(input) is none")
    }
    let (height, width, channels) = (frameShape[0], frameShape[1], frameShape[2])
    if let resize = card.resize, resize.width != width || resize.height != height {
      throw VisionError(
        .mismatch,
        "card \"\(card.name)\" resizes to \(resize.width) wide x \(resize.height) high, the model takes \(width)"
          + " wide x \(height) high")
    }
    if let expected = card.colors.channelCount, expected != channels {
      throw VisionError(
        .mismatch,
        "card \"\(card.name)\" has colors \"\(card.colors.rawValue)\", which are \(expected) channels, the model"
          + " takes \(channels)")
    }
    if case .standardize(_, let mean, _) = card.values, mean.count != channels {
      throw VisionError(
        .mismatch, "card \"\(card.name)\" has means for \(mean.count) channels, the model takes \(channels)")
    }
    fixedTable = card.byteMaps(channels: channels).map {
      ByteTable(maps: $0, fixPoint: fixPoint, rounding: rounding)
    }
    fixedMaps = card.values.fixedMaps(channels: channels)
  }

  /// Elements of one frame: what a buffer must hold.
  package var frameElementCount: Int { frameShape.elementCount }

  /// Fills a frame from a picture.
  ///
  /// - Parameters:
  ///   - buffer: Exactly one frame.
  ///   - picture: Of any size if the card resizes, else of the model's.
  /// - Throws: `mismatch` where there is no card, or size or channels do not fit.
  package func fill(
    _ buffer: UnsafeMutableBufferPointer<Int8>, from picture: Picture
  ) throws(VisionError) -> ConversionReport {
    let report = picture.samples.withUnsafeBufferPointer { samples in
      let source = ByteFrame(
        samples: samples, width: picture.width, height: picture.height, channels: picture.channels)
      return Result { () throws(VisionError) in try fill(buffer, from: source, called: "picture") }
    }
    return try report.get()
  }

  /// Fills a frame from a frame of 8-bit samples.
  func fill(
    _ buffer: UnsafeMutableBufferPointer<Int8>, from source: ByteFrame, called kind: String
  ) throws(VisionError) -> ConversionReport {
    precondition(buffer.count == frameElementCount, "a buffer of \(buffer.count) for a frame of \(frameShape)")
    guard let card else {
      throw VisionError(
        .mismatch,
        "is a \(kind) of \(source.width) wide x \(source.height) high x \(source.channels), and the model has no"
          + " card that says"
          + " how it becomes the input \(frameShape): write a card, or give an int8 or float array of that shape")
    }
    let (height, width, channels) = (frameShape[0], frameShape[1], frameShape[2])
    return try scratch.withScratch { (scratch: FrameScratch) throws(VisionError) -> ConversionReport in
      guard let (source, order) = source.arranged(for: card.colors, channels: channels, scratch) else {
        throw VisionError(
          .mismatch,
          "is a \(kind) of \(source.channels) channels, the model takes \(channels) (colors"
            + " \"\(card.colors.rawValue)\"): give an array of shape \(frameShape)")
      }
      if card.resize == nil, source.width != width || source.height != height {
        throw VisionError(
          .mismatch,
          "is a \(kind) of \(source.width) wide x \(source.height) high, the model takes \(width) wide x \(height)"
            + " high, and card \"\(card.name)\" has no `resize`")
      }
      func write(_ table: ByteTable) -> ConversionReport {
        source.write(
          to: buffer, width: width, height: height, method: card.resize?.method ?? .nearest, order: order,
          table: table, scratch)
      }
      if let fixedTable { return write(fixedTable) }
      card.setMaps(of: source, scratch)
      scratch.table.set(
        scratch.maps, channels: channels, isReversed: order == .reversed, fixPoint: fixPoint, rounding: rounding)
      return write(scratch.table)
    }
  }
}

extension ModelCard {
  /// The maps of 8-bit samples, `nil` where they depend on the frame.
  func byteMaps(channels: Int) -> [AffineMap]? {
    // A picture that shows a window holds positions in it, whatever the window's ends.
    if pictures == .window { return Array(repeating: .window(low: 0, high: 255), count: channels) }
    return values.fixedMaps(channels: channels)
  }

  /// Finds the maps of a frame of 8-bit samples, one per channel of the frame, or one for all of them.
  func setMaps(of frame: ByteFrame, _ scratch: FrameScratch) {
    guard case .percentile(let low, let high, let scope) = values else {
      preconditionFailure("only percentiles depend on the frame")
    }
    let histograms = frame.histograms(scratch)
    let groups = scope == .frame ? 1 : frame.channels
    scratch.maps.removeAll(keepingCapacity: true)
    for group in 0..<groups {
      let channels = scope == .frame ? 0..<frame.channels : group..<group + 1
      let kept = ValueMapping.keptRange(count: frame.width * frame.height * channels.count, low: low, high: high)
      let lowest = Self.value(at: kept.lowerBound, channels, histograms)
      let highest = Self.value(at: kept.upperBound, channels, histograms)
      scratch.maps.append(.window(low: lowest, high: highest))
    }
  }

  /// The value at a position of the sorted samples of some channels.
  private static func value(at position: Int, _ channels: Range<Int>, _ histograms: UnsafeBufferPointer<Int>) -> Double
  {
    var below = 0
    for value in 0..<256 {
      for channel in channels { below += histograms[channel * 256 + value] }
      if below > position { return Double(value) }
    }
    return 255
  }
}
