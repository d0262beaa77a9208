package import Tensors

extension ModelCard {
  /// The picture that a model's input shows: the card's mapping backwards, on as many steps as the input has.
  ///
  /// Channels that are no colours have no known range: the first is shown, from its own least to its own greatest value.
  ///
  /// - Parameters:
  ///   - input: Of one frame.
  ///   - shape: `[h, w, c]`.
  ///   - fixPoint: The scale of the input.
  /// - Throws: `mismatch` where the shape is no picture, or has other channels than the card.
  package func picture(
    of input: UnsafeBufferPointer<Int8>, shape: Shape, fixPoint: FixPoint
  ) throws(VisionError) -> Picture {
    try picture(shape, count: input.count) { index in Double(input[index]) * Double(fixPoint.step) }
  }

  /// The same of an input of real numbers.
  ///
  /// - Throws: `mismatch` where the shape is no picture, or has other channels than the card.
  package func picture(of input: UnsafeBufferPointer<Float>, shape: Shape) throws(VisionError) -> Picture {
    try picture(shape, count: input.count) { index in Double(input[index]) }
  }

  private func picture(_ shape: Shape, count: Int, _ value: (Int) -> Double) throws(VisionError) -> Picture {
    guard shape.rank == 3, shape.elementCount > 0 else {
      throw VisionError(.mismatch, "card \"\(name)\" is for pictures; an input of \(shape) is none")
    }
    precondition(count == shape.elementCount, "\(count) values for a frame of \(shape)")
    let (height, width, channels) = (shape[0], shape[1], shape[2])
    if let expected = colors.channelCount, expected != channels {
      throw VisionError(
        .mismatch,
        "card \"\(name)\" has colors \"\(colors.rawValue)\", which are \(expected) channels, the input has \(channels)")
    }
    let order: [Int]
    switch colors {
    case .rgb: order = [0, 1, 2]
    case .bgr: order = [2, 1, 0]
    case .grey, .channels: order = [0]
    }
    let maps = colors == .channels ? [Self.stretch(count, channels, value)] : order.map(shownMap)
    let samples = [UInt8](unsafeUninitializedCapacity: width * height * order.count) { target, filled in
      for pixel in 0..<width * height {
        for (place, channel) in order.enumerated() {
          let shown = maps[place](value(pixel * channels + channel))
          target[pixel * order.count + place] = shown > 0 ? UInt8(min(255, shown + 0.5)) : 0
        }
      }
      filled = width * height * order.count
    }
    return Picture(width: width, height: height, layout: order.count == 3 ? .rgb : .grey, samples: samples)
  }

  /// What makes an 8-bit sample of a network's value.
  private func shownMap(_ channel: Int) -> AffineMap {
    switch values {
    case .scale(let divisor, let offset) where pictures == .values:
      return AffineMap(factor: divisor, offset: -offset * divisor)
    case .standardize(let divisor, let mean, let deviation) where pictures == .values:
      return AffineMap(factor: deviation[channel] * divisor, offset: mean[channel] * divisor)
    case .window, .percentile, .scale, .standardize:
      // -1 to 1 are the ends of the window that is seen.
      return AffineMap(factor: 127.5, offset: 127.5)
    }
  }

  private static func stretch(_ count: Int, _ channels: Int, _ value: (Int) -> Double) -> AffineMap {
    var (least, greatest) = (Double.infinity, -Double.infinity)
    for index in stride(from: 0, to: count, by: channels) where value(index).isFinite {
      least = min(least, value(index))
      greatest = max(greatest, value(index))
    }
    guard greatest > least else { return AffineMap(factor: 0, offset: 0) }
    let factor = 255 / (greatest - least)
    return AffineMap(factor: factor, offset: -least * factor)
  }
}
