import Tensors

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
    fileprivate let frames: Frames
    fileprivate let modelShape: Shape

    /// The frames in it; 1 where it has no batch axis.
    package var frameCount: Int { frames.count }
    /// The size of each, `nil` where they are no pictures.
    package var size: (width: Int, height: Int)? {
      guard frames.hasSize else { return (frames.width, frames.height) }
      return modelShape.rank == 3 ? (modelShape[1], modelShape[0]) : nil
    }
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
    let frames = try frames(of: array)
    return ArrayPlan(treatment: try treatment(of: array, frames), frames: frames, modelShape: frameShape)
  }

  /// The frames of an array; without memory of its own, for it is made for each frame.
  fileprivate struct Frames: Equatable {
    let count: Int
    /// Whether a frame has the model's shape; the extents below then count only for pictures.
    let hasSize: Bool
    let height: Int
    let width: Int
    let channels: Int
  }

  private func treatment(of array: NumpyArray, _ frames: Frames) throws(VisionError) -> ArrayTreatment {
    let treatment: ArrayTreatment
    switch array.element {
    case .int8: treatment = .rawFixedPoint
    case .float16, .float32, .float64:
      treatment = frames.hasSize && card?.floats != .raw ? .networkValues : .measuredValues
    case .uint8: treatment = .samples
    default: treatment = .measuredValues
    }
    switch treatment {
    case .rawFixedPoint, .networkValues:
      guard frames.hasSize else { throw doesNotFit(array, advice: "") }
    case .samples, .measuredValues:
      guard let card else {
        throw doesNotFit(
          array,
          advice: frames.hasSize
            ? ", and the model has no card that says what \(array.element.rawValue) values mean: write a card, or"
              + " give int8 or floats"
            : ", and the model has no card that says how to resize it")
      }
      guard frames.hasSize || card.resize != nil else {
        throw doesNotFit(array, advice: ", and card \"\(card.name)\" has no `resize`")
      }
    }
    return treatment
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
    let frames = try frames(of: array)
    let treatment = try treatment(of: array, frames)
    precondition((0..<frames.count).contains(frame), "frame \(frame) of \(frames.count)")
    precondition(buffer.count == frameElementCount, "a buffer of \(buffer.count) for a frame of \(frameShape)")
    let elements = array.shape.elementCount / frames.count
    let frameBytes = elements * array.element.byteCount
    let report = array.bytes.withUnsafeBytes { bytes in
      let bytes = UnsafeRawBufferPointer(rebasing: bytes[frame * frameBytes..<(frame + 1) * frameBytes])
      return Result { () throws(VisionError) -> ConversionReport in
        switch treatment {
        case .rawFixedPoint:
          UnsafeMutableRawBufferPointer(buffer).copyMemory(from: bytes)
          return ConversionReport()
        case .samples:
          let source = ByteFrame(
            samples: bytes.assumingMemoryBound(to: UInt8.self), width: frames.width, height: frames.height,
            channels: frames.channels)
          return try fill(buffer, from: source, called: "uint8 array")
        case .networkValues:
          return scratch.withScratch { (scratch: FrameScratch) -> ConversionReport in
            quantize(array.element.floats(bytes, count: elements, scratch), into: buffer)
          }
        case .measuredValues:
          return scratch.withScratch { (scratch: FrameScratch) -> ConversionReport in
            fill(
              buffer, fromMeasured: array.element.floats(bytes, count: elements, scratch), width: frames.width,
              height: frames.height, channels: frames.channels, scratch)
          }
        }
      }
    }
    return try report.get()
  }

  /// Splits off the batch axis.
  private func frames(of array: NumpyArray) throws(VisionError) -> Frames {
    let (found, own) = (array.shape.dimensions, frameShape.dimensions)
    func whole(_ count: Int) -> Frames {
      let isPicture = own.count == 3
      return Frames(
        count: count, hasSize: true, height: isPicture ? own[0] : 1, width: isPicture ? own[1] : 1,
        channels: isPicture ? own[2] : 1)
    }
    guard array.shape.elementCount > 0 else { throw doesNotFit(array, advice: "; it is empty") }
    if found == own { return whole(1) }
    if found.count == own.count + 1, found.dropFirst().elementsEqual(own) { return whole(found[0]) }
    // From here on the size differs, which only pictures may do.
    guard own.count == 3 else { throw doesNotFit(array, advice: "") }
    let frames: Frames
    switch found.count {
    case 2 where own[2] == 1: frames = picture(1, found[0], found[1], 1)
    case 3: frames = picture(1, found[0], found[1], found[2])
    case 4: frames = picture(found[0], found[1], found[2], found[3])
    default: throw doesNotFit(array, advice: "")
    }
    // 8-bit frames may be turned from colour to grey and back, as pictures are.
    let convertible =
      array.element == .uint8 && (frames.channels == 1 || frames.channels == 3)
      && (own[2] == 1 || own[2] == 3)
    guard frames.channels == own[2] || convertible else {
      let hint = found.count == 3 && own[2] == 1 ? "; give several frames as [n, h, w, 1]" : ""
      throw doesNotFit(array, advice: hint)
    }
    return frames
  }

  private func picture(_ count: Int, _ height: Int, _ width: Int, _ channels: Int) -> Frames {
    Frames(
      count: count, hasSize: height == frameShape[0] && width == frameShape[1] && channels == frameShape[2],
      height: height, width: width, channels: channels)
  }

  private func doesNotFit(_ array: NumpyArray, advice: String) -> VisionError {
    VisionError(
      .mismatch,
      "is an array of shape \(array.shape) (\(array.element.rawValue)), the model takes \(frameShape) or a batch"
        + " of it" + advice)
  }

  /// Scales, rounds and saturates network values.
  private func quantize(
    _ values: UnsafeBufferPointer<Float>, into buffer: UnsafeMutableBufferPointer<Int8>
  ) -> ConversionReport {
    let scale = fixPoint.scale
    if rounding == .halfUp { return ConversionKernels.best.quantize(values, scale: scale, into: buffer) }
    var report = ConversionReport()
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
    return report
  }

  /// Maps measured values through the card, resizes and quantizes them.
  ///
  /// NaN is counted and becomes the network value 0, before it could spread to its neighbours in resizing. Infinite
  /// values are counted; windows clamp them.
  func fill(
    _ buffer: UnsafeMutableBufferPointer<Int8>, fromMeasured values: UnsafeBufferPointer<Float>, width: Int,
    height: Int, channels: Int, _ scratch: FrameScratch
  ) -> ConversionReport {
    guard let card else { preconditionFailure("a plan for measured values has a card") }
    // Red and blue change places on the way from array to model; maps are the model's, percentiles alone the array's.
    let isReversed = card.colors == .bgr
    if let fixedMaps {
      scratch.maps.removeAll(keepingCapacity: true)
      scratch.maps.append(contentsOf: fixedMaps)
    } else {
      card.setMaps(ofMeasured: values, channels: channels, scratch)
      if isReversed { scratch.maps.reverse() }
    }
    let keepsSize = width == frameShape[1] && height == frameShape[0]
    if keepsSize, rounding == .halfUp {
      return ConversionKernels.best.quantize(
        values, through: scratch.maps, isReversed: isReversed, scale: fixPoint.scale, into: buffer)
    }
    let mapped = scratch.mapped.elements(values.count)
    var report = map(values, through: scratch.maps, isReversed: isReversed, into: mapped)
    var results = UnsafeBufferPointer(mapped)
    if !keepsSize {
      let (newHeight, newWidth) = (frameShape[0], frameShape[1])
      let resized = scratch.resized.elements(buffer.count)
      switch card.resize?.method ?? .nearest {
      case .bilinear:
        Samples.resizeBilinear(
          results, width: width, channels: channels, columns: scratch.columnTaps(source: width, target: newWidth),
          rows: scratch.rowTaps(source: height, target: newHeight), into: resized)
      case .nearest:
        Samples.resizeNearest(
          results, width: width, height: height, channels: channels,
          columns: scratch.nearestColumns(source: width, target: newWidth), newHeight: newHeight, into: resized)
      }
      results = UnsafeBufferPointer(resized)
    }
    let infinite = report.infinite
    report += quantize(results, into: buffer)
    // An infinite element is counted once, where it was given; its results are not counted again.
    report.infinite = infinite
    return report
  }

  /// Maps every channel; what is not a number becomes 0.
  private func map(
    _ values: UnsafeBufferPointer<Float>, through maps: [AffineMap], isReversed: Bool,
    into mapped: UnsafeMutableBufferPointer<Float>
  ) -> ConversionReport {
    var report = ConversionReport()
    let channels = maps.count
    for channel in 0..<channels {
      let from = isReversed ? channels - 1 - channel : channel
      let map = maps[channel]
      let (factor, offset) = (Float(map.factor), Float(map.offset))
      let (lowest, highest) = (Float(map.lowest), Float(map.highest))
      for pixel in 0..<values.count / channels {
        let value = values[pixel * channels + from]
        if value != value { report.notANumber += 1 } else if value.isInfinite { report.infinite += 1 }
        let result = value * factor + offset
        // Infinity times the factor 0, of a frame without range, is not a number.
        mapped[pixel * channels + channel] = result == result ? max(lowest, min(highest, result)) : 0
      }
    }
    return report
  }
}

extension ModelCard {
  /// Finds the maps of measured values where they depend on the frame; NaN and infinite values do not count.
  func setMaps(ofMeasured values: UnsafeBufferPointer<Float>, channels: Int, _ scratch: FrameScratch) {
    guard case .percentile(let low, let high, let scope) = self.values else {
      preconditionFailure("only percentiles depend on the frame")
    }
    // Not needed yet: what is resized is written only after the maps are known.
    let finite = scratch.resized.elements(values.count)
    let counts = scratch.counts.elements(256)
    func map(_ step: Int, from first: Int) -> AffineMap {
      var found = 0
      for index in stride(from: first, to: values.count, by: step) where values[index].isFinite {
        finite[found] = values[index]
        found += 1
      }
      guard found > 0 else { return .window(low: 0, high: 0) }
      let some = UnsafeBufferPointer(rebasing: finite[..<found])
      let kept = ValueMapping.keptRange(count: found, low: low, high: high)
      let lowest = Selection.value(at: kept.lowerBound, of: some, counts: counts)
      let highest = Selection.value(at: kept.upperBound, of: some, counts: counts)
      return .window(low: Double(lowest), high: Double(highest))
    }
    scratch.maps.removeAll(keepingCapacity: true)
    switch scope {
    case .frame:
      let map = map(1, from: 0)
      for _ in 0..<channels { scratch.maps.append(map) }
    case .channel: for channel in 0..<channels { scratch.maps.append(map(channels, from: channel)) }
    }
  }
}

extension NumpyArray.Element {
  /// Elements as single precision numbers: where they lie, if they are, else in the scratch memory.
  func floats(
    _ bytes: UnsafeRawBufferPointer, count: Int, _ scratch: FrameScratch
  ) -> UnsafeBufferPointer<Float> {
    let isAligned = Int(bitPattern: bytes.baseAddress) % MemoryLayout<Float>.alignment == 0
    if self == .float32, isAligned { return bytes.assumingMemoryBound(to: Float.self) }
    let floats = scratch.floats.elements(count)
    convert(bytes, to: floats)
    return UnsafeBufferPointer(floats)
  }
}
