extension Picture {
  /// The picture in another size.
  ///
  /// Bilinear resizing reads four pixels only, so that strong reductions lose detail: what networks trained with
  /// OpenCV's default have seen.
  ///
  /// - Precondition: The new size is at least 1x1.
  package func resized(width newWidth: Int, height newHeight: Int, by method: Resampling = .bilinear) -> Picture {
    precondition(newWidth > 0 && newHeight > 0, "a picture cannot be resized to \(newWidth)x\(newHeight)")
    if newWidth == width, newHeight == height { return self }
    let channels = self.channels
    let count = newWidth * newHeight * channels
    let resized: [UInt8]
    switch method {
    case .nearest:
      resized = Samples.resizedNearest(
        samples, width: width, height: height, channels: channels, newWidth: newWidth, newHeight: newHeight)
    case .bilinear:
      let resizer = BilinearResizer(
        .init(
          sourceWidth: width, sourceHeight: height, targetWidth: newWidth, targetHeight: newHeight, channels: channels))
      resized = samples.withUnsafeBufferPointer { source in
        [UInt8](unsafeUninitializedCapacity: count) { target, initialized in
          resizer.resize(source, into: UnsafeMutableBufferPointer(rebasing: target[..<count]))
          initialized = count
        }
      }
    }
    return Picture(width: newWidth, height: newHeight, layout: layout, samples: resized)
  }
}

/// Resizing of interleaved elements of any type.
enum Samples {
  /// Takes the nearest pixel.
  static func resizedNearest<T: BitwiseCopyable>(
    _ source: [T], width: Int, height: Int, channels: Int, newWidth: Int, newHeight: Int
  ) -> [T] {
    let columns = LinearTaps.nearest(source: width, target: newWidth)
    let rows = LinearTaps.nearest(source: height, target: newHeight)
    return source.withUnsafeBufferPointer { source in
      [T](unsafeUninitializedCapacity: newWidth * newHeight * channels) { target, count in
        var to = 0
        for y in rows {
          for x in columns {
            let from = (y * width + x) * channels
            for channel in 0..<channels {
              target[to] = source[from + channel]
              to += 1
            }
          }
        }
        count = to
      }
    }
  }

  /// Takes the nearest pixel, into memory of the caller's.
  static func resizeNearest(
    _ source: UnsafeBufferPointer<Float>, width: Int, height: Int, channels: Int, columns: [Int], newHeight: Int,
    into target: UnsafeMutableBufferPointer<Float>
  ) {
    var to = 0
    for y in 0..<newHeight {
      let line = LinearTaps.nearest(to: y, source: height, target: newHeight) * width
      for x in columns {
        for channel in 0..<channels {
          target[to] = source[(line + x) * channels + channel]
          to += 1
        }
      }
    }
  }

  /// Weighs the four nearest pixels in single precision: along x, then along y, each as `a + (b - a) * fraction`.
  static func resizeBilinear(
    _ source: UnsafeBufferPointer<Float>, width: Int, channels: Int, columns: LinearTaps, rows: LinearTaps,
    into target: UnsafeMutableBufferPointer<Float>
  ) {
    var to = 0
    for y in rows.first.indices {
      let (upper, lower, down) = (rows.first[y] * width, rows.second[y] * width, rows.fraction[y])
      for x in columns.first.indices {
        let (left, right, across) = (columns.first[x], columns.second[x], columns.fraction[x])
        for channel in 0..<channels {
          let topLeft = source[(upper + left) * channels + channel]
          let bottomLeft = source[(lower + left) * channels + channel]
          let top = topLeft + (source[(upper + right) * channels + channel] - topLeft) * across
          let bottom = bottomLeft + (source[(lower + right) * channels + channel] - bottomLeft) * across
          target[to] = top + (bottom - top) * down
          to += 1
        }
      }
    }
  }
}
