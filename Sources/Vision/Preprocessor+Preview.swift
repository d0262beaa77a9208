extension Preprocessor {
  /// Shows a frame of the model's input as a picture: what the network sees, for overlays where there is no picture.
  ///
  /// The frame's least value becomes 0 and its greatest 255. A model of red, green and blue gives colour; of any other
  /// the first channel is shown in grey.
  ///
  /// - Parameter frame: One frame, as filled.
  /// - Returns: `nil` where the input is no picture.
  package func preview(of frame: UnsafeBufferPointer<Int8>) -> Picture? {
    precondition(frame.count == frameElementCount, "a frame of \(frame.count) for \(frameShape)")
    guard frameShape.rank == 3, let least = frame.min(), let greatest = frame.max() else { return nil }
    let (height, width, channels) = (frameShape[0], frameShape[1], frameShape[2])
    let order: [Int] =
      switch card?.colors {
      case .rgb: [0, 1, 2]
      case .bgr: [2, 1, 0]
      case .grey, .channels, nil: [0]
      }
    let range = max(1, Int(greatest) - Int(least))
    let samples = [UInt8](unsafeUninitializedCapacity: height * width * order.count) { target, count in
      var to = 0
      for pixel in 0..<height * width {
        for channel in order {
          let above = Int(frame[pixel * channels + channel]) - Int(least)
          target[to] = UInt8(truncatingIfNeeded: (above * 255 + range / 2) / range)
          to += 1
        }
      }
      count = to
    }
    return Picture(width: width, height: height, layout: order.count == 1 ? .grey : .rgb, samples: samples)
  }
}
