import CVisionKernels

/// A set of conversions for one instruction set; all sets give the same results and counts, to the bit.
package struct ConversionKernels: Hashable, Sendable, CustomStringConvertible {
  private let rawValue: UInt32

  private init(_ isa: dpuv_isa) { rawValue = isa.rawValue }

  /// As the C functions name it.
  var isa: dpuv_isa { dpuv_isa(rawValue: rawValue) }

  /// As people name it.
  package var description: String { String(cString: dpuv_isa_name(isa)) }

  /// The fastest set that this processor has.
  package static let best = ConversionKernels(dpuv_best_isa())
  /// Plain C: the reference of the others.
  package static let portable = ConversionKernels(DPUV_ISA_PORTABLE)
  /// Those that this processor has, the portable one first.
  package static let available = [DPUV_ISA_PORTABLE, DPUV_ISA_AVX2, DPUV_ISA_AVX512, DPUV_ISA_NEON]
    .filter { dpuv_isa_available($0) }.map(ConversionKernels.init)

  /// Scales, rounds half up and saturates; NaN becomes 0.
  ///
  /// - Precondition: As many results as values.
  package func quantize(
    _ values: UnsafeBufferPointer<Float>, scale: Float, into results: UnsafeMutableBufferPointer<Int8>
  ) -> ConversionReport {
    precondition(values.count == results.count, "\(values.count) values for \(results.count) results")
    guard let from = values.baseAddress, let to = results.baseAddress else { return ConversionReport() }
    var losses = dpuv_losses()
    dpuv_quantize(isa, from, to, values.count, scale, &losses)
    return ConversionReport(losses)
  }

  /// The same for measured values, which the map of their channel changes first, in single precision.
  ///
  /// - Parameters:
  ///   - maps: One for each channel of the results.
  ///   - isReversed: Whether the channels of the results stand in reverse order.
  func quantize(
    _ values: UnsafeBufferPointer<Float>, through maps: [AffineMap], isReversed: Bool, scale: Float,
    into results: UnsafeMutableBufferPointer<Int8>
  ) -> ConversionReport {
    precondition(
      values.count == results.count && values.count % maps.count == 0,
      "\(values.count) values of \(maps.count) channels for \(results.count) results")
    guard let from = values.baseAddress, let to = results.baseAddress else { return ConversionReport() }
    var losses = dpuv_losses()
    maps.withUnsafeBufferPointer { maps in
      // As the C functions hold them; small enough for the stack up to 64 channels.
      withUnsafeTemporaryAllocation(of: dpuv_affine.self, capacity: maps.count) { single in
        for (channel, map) in maps.enumerated() {
          single[channel] = dpuv_affine(
            factor: Float(map.factor), offset: Float(map.offset), lowest: Float(map.lowest), highest: Float(map.highest)
          )
        }
        dpuv_quantize_mapped(
          isa, from, to, values.count / maps.count, maps.count, single.baseAddress, isReversed, scale, &losses)
      }
    }
    return ConversionReport(losses)
  }

  /// Turns int8 into the numbers that they stand for: each times the step.
  ///
  /// - Precondition: As many results as values.
  package func dequantize(
    _ values: UnsafeBufferPointer<Int8>, step: Float, into results: UnsafeMutableBufferPointer<Float>
  ) {
    precondition(values.count == results.count, "\(values.count) values for \(results.count) results")
    guard let from = values.baseAddress, let to = results.baseAddress else { return }
    dpuv_dequantize(isa, from, to, values.count, step)
  }

  /// The greatest class of each pixel; ties go to the lowest.
  ///
  /// - Precondition: 1 to 256 scores for each label.
  package func argmax(
    _ scores: UnsafeBufferPointer<Int8>, classes: Int, into labels: UnsafeMutableBufferPointer<UInt8>
  ) {
    precondition(
      (1...256).contains(classes) && scores.count == labels.count * classes,
      "\(scores.count) scores of \(classes) classes for \(labels.count) labels")
    guard let from = scores.baseAddress, let to = labels.baseAddress else { return }
    dpuv_argmax(isa, from, to, labels.count, classes)
  }

  /// The brightness of red, green and blue: `(19595 r + 38470 g + 7471 b + 32768) >> 16`.
  ///
  /// - Source: ITU-R BT.601 weights in 16 bits, as Pillow's mode L.
  /// - Precondition: Three samples for each result.
  package func brightness(of samples: UnsafeBufferPointer<UInt8>, into results: UnsafeMutableBufferPointer<UInt8>) {
    precondition(samples.count == 3 * results.count, "\(samples.count) samples for \(results.count) results")
    guard let from = samples.baseAddress, let to = results.baseAddress else { return }
    dpuv_brightness(isa, from, to, results.count)
  }
}

extension ConversionReport {
  /// The counts of the C functions.
  fileprivate init(_ losses: dpuv_losses) {
    saturated = Int(losses.saturated)
    notANumber = Int(losses.not_a_number)
    infinite = Int(losses.infinite)
  }
}
