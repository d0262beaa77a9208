package import Tensors

/// How an array becomes a model's input; said in reports, because it decides the answer.
package enum ArrayTreatment: String, Sendable {
  /// An int8 array holds the input as it is.
  case rawFixedPoint = "int8, taken as raw fixed point"
  /// A float array of the model's size holds what the network expects; it is scaled by the fix point.
  case networkValues = "floats, taken as normalized network values"
  /// A uint8 array goes through the card like a picture.
  case samples = "8-bit samples, through the card"
  /// Any other array holds measured values that go through the card's mapping and size.
  case measuredValues = "measured values, through the card"
}

extension Preprocessor {
  /// What an array holds for this model.
  package struct ArrayPlan: Equatable, Sendable {
    /// How its elements are taken.
    package let treatment: ArrayTreatment
    /// The frames in it; 1 where it has no batch axis.
    package let frameCount: Int
    /// The shape of each.
    package let frameShape: Shape
  }

  /// Says how an array will be taken, by its element type and shape.
  ///
  /// The shape is the model's with its batch axis, of any length, or without it; a model of one channel takes arrays
  /// without channel axis too. `int8` is raw fixed point. Floats of the model's size are network values, unless the
  /// card says `"floats": "raw"`; floats of another size have not been preprocessed and are measured values. All other
  /// types are measured values, `uint8` as pictures are. Measured values need a card.
  ///
  /// - Throws: `mismatch` naming both shapes.
  package func plan(for array: NumpyArray) throws(VisionError) -> ArrayPlan {
    let (frameCount, shape) = try frames(of: array)
    let hasSize = shape == frameShape
    let treatment: ArrayTreatment
    switch array.element {
    case .int8: treatment = .rawFixedPoint
    case .float16, .float32, .float64:
      treatment = hasSize && card?.floats != .raw ? .networkValues : .measuredValues
    case .uint8: treatment = .samples
    default: treatment = .measuredValues
    }
    switch treatment {
    case .rawFixedPoint, .networkValues:
      guard hasSize else { throw doesNotFit(array, advice: "") }
    case .samples, .measuredValues:
      guard let card else {
        throw doesNotFit(
          array,
          advice: hasSize
            ? ", and the model has no card that says what \(array.element.rawValue) values mean: write a card, or"
              + " give int8 or floats"
            : ", and the model has no card that says how to resize it")
      }
      guard hasSize || card.resize != nil else {
        throw doesNotFit(array, advice: ", and card \"\(card.name)\" has no `resize`")
      }
    }
    return ArrayPlan(treatment: treatment, frameCount: frameCount, frameShape: shape)
  }

  /// Fills a frame from one of an array's frames.
  ///
  /// - Parameters:
  ///   - buffer: Exactly one frame.
  ///   - array: As planned.
  ///   - frame: 0 to the plan's number of frames - 1.
  /// - Throws: `mismatch` where the array does not fit.
  package func fill(
    _ buffer: UnsafeMutableBufferPointer<Int8>, from array: NumpyArray, frame: Int = 0
  ) throws(VisionError) -> ConversionReport {
    let plan = try plan(for: array)
    precondition((0..<plan.frameCount).contains(frame), "frame \(frame) of \(plan.frameCount)")
    precondition(buffer.count == frameElementCount, "a buffer of \(buffer.count) for a frame of \(frameShape)")
    let count = plan.frameShape.elementCount
    let range = frame * count..<(frame + 1) * count
    switch plan.treatment {
    case .rawFixedPoint:
      array.bytes.withUnsafeBytes { bytes in
        UnsafeMutableRawBufferPointer(buffer).copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes[range]))
      }
      return ConversionReport()
    case .networkValues:
      return quantize(array.floats(range), into: buffer)
    case .samples:
      let shape = plan.frameShape
      let source = ByteFrame(
        samples: Array(array.bytes[range]), width: shape[1], height: shape[0], channels: shape[2])
      return try fill(buffer, from: source, called: "uint8 array")
    case .measuredValues:
      return try fill(buffer, fromMeasured: array.floats(range), shape: plan.frameShape)
    }
  }

  /// Splits off the batch axis.
  private func frames(of array: NumpyArray) throws(VisionError) -> (Int, Shape) {
    let (found, own) = (array.shape.dimensions, frameShape.dimensions)
    guard array.shape.elementCount > 0 else { throw doesNotFit(array, advice: "; it is empty") }
    if found == own { return (1, frameShape) }
    if found.count == own.count + 1, Array(found.dropFirst()) == own { return (found[0], frameShape) }
    // From here on the size differs, which only pictures may do.
    guard own.count == 3 else { throw doesNotFit(array, advice: "") }
    let frame: [Int]
    let frameCount: Int
    switch found.count {
    case 2 where own[2] == 1: (frameCount, frame) = (1, found + [1])
    case 3: (frameCount, frame) = (1, found)
    case 4: (frameCount, frame) = (found[0], Array(found.dropFirst()))
    default: throw doesNotFit(array, advice: "")
    }
    // 8-bit frames may be turned from colour to grey and back, as pictures are.
    let convertible = array.element == .uint8 && [1, 3].contains(frame[2]) && [1, 3].contains(own[2])
    guard frame[2] == own[2] || convertible else {
      let hint = found.count == 3 && own[2] == 1 ? "; give several frames as [n, h, w, 1]" : ""
      throw doesNotFit(array, advice: hint)
    }
    return (frameCount, Shape(frame))
  }

  private func doesNotFit(_ array: NumpyArray, advice: String) -> VisionError {
    VisionError(
      .mismatch,
      "is an array of shape \(array.shape) (\(array.element.rawValue)), the model takes \(frameShape) or a batch"
        + " of it" + advice)
  }

  /// Scales, rounds and saturates network values.
  private func quantize(
    _ values: [Float], into buffer: UnsafeMutableBufferPointer<Int8>
  ) -> ConversionReport {
    var report = ConversionReport()
    let scale = fixPoint.scale
    let rounding = rounding
    values.withUnsafeBufferPointer { values in
      for index in 0..<buffer.count {
        let scaled = values[index] * scale
        if rounding.leavesRange(scaled: scaled) || scaled != scaled {
          if values[index] != values[index] {
            report.notANumber += 1
            buffer[index] = 0
            continue
          }
          if values[index].isInfinite { report.infinite += 1 } else { report.saturated += 1 }
        }
        buffer[index] = rounding.convert(scaled: scaled)
      }
    }
    return report
  }

  /// Maps measured values through the card, resizes and quantizes them.
  ///
  /// NaN is counted and becomes the network value 0, before it could spread to its neighbours in resizing. Infinite
  /// values are counted; windows clamp them.
  func fill(
    _ buffer: UnsafeMutableBufferPointer<Int8>, fromMeasured values: [Float], shape: Shape
  ) throws(VisionError) -> ConversionReport {
    guard let card else { preconditionFailure("a plan for measured values has a card") }
    let (height, width, channels) = (shape[0], shape[1], shape[2])
    var report = ConversionReport()
    let maps = card.values.fixedMaps(channels: channels) ?? card.maps(ofMeasured: values, channels: channels)
    // Red and blue change places on the way from array to model; maps are the model's, percentiles alone the array's.
    let order = card.colors == .bgr ? Array((0..<channels).reversed()) : Array(0..<channels)
    let depends = card.values.fixedMaps(channels: channels) == nil
    var mapped = [Float](repeating: 0, count: values.count)
    for channel in 0..<channels {
      let from = order[channel]
      let map = maps[depends ? from : channel]
      let (factor, offset) = (Float(map.factor), Float(map.offset))
      let (lowest, highest) = (Float(map.lowest), Float(map.highest))
      for pixel in 0..<width * height {
        let value = values[pixel * channels + from]
        if value != value {
          report.notANumber += 1
          continue
        }
        if value.isInfinite { report.infinite += 1 }
        let result = value * factor + offset
        // Infinity times the factor 0, of a frame without range, is not a number.
        mapped[pixel * channels + channel] = result == result ? max(lowest, min(highest, result)) : 0
      }
    }
    if width != frameShape[1] || height != frameShape[0] {
      let (newHeight, newWidth) = (frameShape[0], frameShape[1])
      switch card.resize?.method ?? .nearest {
      case .bilinear:
        mapped = Samples.resizedBilinear(
          mapped, width: width, height: height, channels: channels, newWidth: newWidth, newHeight: newHeight)
      case .nearest:
        mapped = Samples.resizedNearest(
          mapped, width: width, height: height, channels: channels, newWidth: newWidth, newHeight: newHeight)
      }
    }
    let infinite = report.infinite
    report += quantize(mapped, into: buffer)
    // An infinite element is counted once, where it was given; its results are not counted again.
    report.infinite = infinite
    return report
  }
}

extension ModelCard {
  /// The maps of measured values where they depend on the frame; NaN and infinite values do not count.
  func maps(ofMeasured values: [Float], channels: Int) -> [AffineMap] {
    guard case .percentile(let low, let high, let scope) = self.values else {
      preconditionFailure("only percentiles depend on the frame")
    }
    func map(_ step: Int, from first: Int) -> AffineMap {
      var finite = [Float]()
      finite.reserveCapacity(values.count / step)
      for index in stride(from: first, to: values.count, by: step) where values[index].isFinite {
        finite.append(values[index])
      }
      guard !finite.isEmpty else { return .window(low: 0, high: 0) }
      let kept = ValueMapping.keptRange(count: finite.count, low: low, high: high)
      let lowest = Selection.value(at: kept.lowerBound, of: finite)
      let highest = Selection.value(at: kept.upperBound, of: finite)
      return .window(low: Double(lowest), high: Double(highest))
    }
    switch scope {
    case .frame: return Array(repeating: map(1, from: 0), count: channels)
    case .channel: return (0..<channels).map { map(channels, from: $0) }
    }
  }
}
