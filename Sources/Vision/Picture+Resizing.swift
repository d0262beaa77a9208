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
    var resized = Picture.onePixel
    switch method {
    case .nearest:
      let samples = Samples.resizedNearest(
        samples, width: width, height: height, channels: channels, newWidth: newWidth, newHeight: newHeight)
      resized = Picture(width: newWidth, height: newHeight, layout: layout, samples: samples)
    case .bilinear:
      var resizer = PictureResizer()
      resizer.resize(self, width: newWidth, height: newHeight, into: &resized)
    }
    return resized
  }
}

/// Resizes pictures bilinearly, one after another; planned anew only where sizes change.
package struct PictureResizer {
  private var resizer: BilinearResizer?

  /// Makes a resizer for any sizes.
  package init() {}

  /// Puts a picture in another size into the memory of another picture.
  package mutating func resize(
    _ picture: Picture, width newWidth: Int, height newHeight: Int, into resized: inout Picture
  ) {
    let plan = BilinearResizer.Plan(
      sourceWidth: picture.width, sourceHeight: picture.height, targetWidth: newWidth, targetHeight: newHeight,
      channels: picture.channels)
    let resizer: BilinearResizer
    if let kept = self.resizer, kept.plan == plan { resizer = kept } else { resizer = BilinearResizer(plan) }
    self.resizer = resizer
    resized.refill(width: newWidth, height: newHeight, layout: picture.layout) { target in
      picture.samples.withUnsafeBufferPointer { resizer.resize($0, into: target) }
    }
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
