extension Picture {
  /// The picture turned and mirrored so that what the camera held upward is up.
  package func turned(by orientation: ExifOrientation) -> Picture {
    if orientation == .upright { return self }
    let (newWidth, newHeight) = orientation.swapsAxes ? (height, width) : (width, height)
    // The source pixel of the new top left corner, and the steps to its right and lower neighbours.
    let right = width - 1
    let bottom = (height - 1) * width
    let (origin, stepRight, stepDown) =
      switch orientation {
      case .upright: (0, 1, width)
      case .mirrored: (right, -1, width)
      case .upsideDown: (bottom + right, -1, -width)
      case .flipped: (bottom, 1, -width)
      case .transposed: (0, width, 1)
      case .turnedLeft: (bottom, -width, 1)
      case .transversed: (bottom + right, -width, -1)
      case .turnedRight: (right, width, -1)
      }
    let channels = self.channels
    let turned = samples.withUnsafeBufferPointer { source in
      [UInt8](unsafeUninitializedCapacity: source.count) { target, count in
        var position = 0
        for y in 0..<newHeight {
          var from = (origin + y * stepDown) * channels
          for _ in 0..<newWidth {
            for channel in 0..<channels {
              target[position] = source[from + channel]
              position += 1
            }
            from += stepRight * channels
          }
        }
        count = position
      }
    }
    return Picture(width: newWidth, height: newHeight, layout: layout, samples: turned)
  }
}
