/// A frame of 8-bit samples on its way into a model: a picture, or a frame of a uint8 array.
struct ByteFrame {
  /// - Shape: `[height, width, channels]`.
  var samples: [UInt8]
  var width: Int
  var height: Int
  var channels: Int

  /// Brings the frame to the channels of a card: colour becomes grey, grey becomes three equal channels.
  ///
  /// - Returns: The frame, and for each channel of the model the one of the frame; `nil` where they do not fit.
  func arranged(for colors: ModelCard.Colors, channels wanted: Int) -> (ByteFrame, [Int])? {
    switch (colors, channels) {
    case (.rgb, 3): return (self, [0, 1, 2])
    case (.bgr, 3): return (self, [2, 1, 0])
    case (.rgb, 1), (.bgr, 1): return (self, [0, 0, 0])
    case (.grey, 1): return (self, [0])
    case (.grey, 3): return (brightness(), [0])
    case (.channels, wanted): return (self, Array(0..<wanted))
    default: return nil
    }
  }

  /// The brightness of red, green and blue: `(19595 r + 38470 g + 7471 b + 32768) >> 16`.
  ///
  /// - Source: ITU-R BT.601 weights in 16 bits, as Pillow's mode L.
  private func brightness() -> ByteFrame {
    let grey = samples.withUnsafeBufferPointer { source in
      [UInt8](unsafeUninitializedCapacity: width * height) { target, count in
        var from = 0
        for to in 0..<width * height {
          let (red, green, blue) = (UInt32(source[from]), UInt32(source[from + 1]), UInt32(source[from + 2]))
          target[to] = UInt8(truncatingIfNeeded: (19595 &* red &+ 38470 &* green &+ 7471 &* blue &+ 32768) >> 16)
          from += 3
        }
        count = width * height
      }
    }
    return ByteFrame(samples: grey, width: width, height: height, channels: 1)
  }

  /// How often each value occurs, per channel.
  func histograms() -> [[Int]] {
    var counts = [[Int]](repeating: [Int](repeating: 0, count: 256), count: channels)
    samples.withUnsafeBufferPointer { source in
      for channel in 0..<channels {
        counts[channel].withUnsafeMutableBufferPointer { counts in
          for index in stride(from: channel, to: source.count, by: channels) { counts[Int(source[index])] += 1 }
        }
      }
    }
    return counts
  }

  /// Resizes and sends every sample through the table into a buffer of `[height, width, order.count]`.
  func write(
    to buffer: UnsafeMutableBufferPointer<Int8>, width newWidth: Int, height newHeight: Int, method: Resampling,
    order: [Int], table: ByteTable
  ) -> ConversionReport {
    var report = ConversionReport()
    table.values.withUnsafeBufferPointer { values in
      order.withUnsafeBufferPointer { order in
        func write(_ y: Int, _ row: UnsafeBufferPointer<UInt8>) {
          let count = newWidth * order.count
          let target = UnsafeMutableBufferPointer(rebasing: buffer[y * count..<(y + 1) * count])
          ByteFrame.map(row, channels: channels, order: order, through: values, to: target)
          if !table.losses.isEmpty {
            report.saturated += ByteFrame.sum(row, channels: channels, order: order, of: table.losses)
          }
        }
        if newWidth == width, newHeight == height {
          eachRow(of: samples, width: newWidth, height: newHeight, write)
        } else if method == .bilinear {
          let resizer = BilinearResizer(
            sourceWidth: width, sourceHeight: height, targetWidth: newWidth, targetHeight: newHeight,
            channels: channels)
          samples.withUnsafeBufferPointer { resizer.resize($0, take: write) }
        } else {
          let resized = Samples.resizedNearest(
            samples, width: width, height: height, channels: channels, newWidth: newWidth, newHeight: newHeight)
          eachRow(of: resized, width: newWidth, height: newHeight, write)
        }
      }
    }
    return report
  }

  private func eachRow(
    of samples: [UInt8], width: Int, height: Int, _ take: (Int, UnsafeBufferPointer<UInt8>) -> Void
  ) {
    samples.withUnsafeBufferPointer { source in
      let count = width * channels
      for y in 0..<height { take(y, UnsafeBufferPointer(rebasing: source[y * count..<(y + 1) * count])) }
    }
  }

  private static func map(
    _ row: UnsafeBufferPointer<UInt8>, channels: Int, order: UnsafeBufferPointer<Int>,
    through values: UnsafeBufferPointer<Int8>, to target: UnsafeMutableBufferPointer<Int8>
  ) {
    // One pass per channel of the model: the table of 256 bytes stays in the nearest cache.
    for (channel, from) in order.enumerated() {
      let table = UnsafeBufferPointer(rebasing: values[channel * 256..<(channel + 1) * 256])
      var source = from
      for to in stride(from: channel, to: target.count, by: order.count) {
        target[to] = table[Int(row[source])]
        source += channels
      }
    }
  }

  private static func sum(
    _ row: UnsafeBufferPointer<UInt8>, channels: Int, order: UnsafeBufferPointer<Int>, of losses: [UInt8]
  ) -> Int {
    var total = 0
    for (channel, from) in order.enumerated() {
      for index in stride(from: from, to: row.count, by: channels) {
        total += Int(losses[channel * 256 + Int(row[index])])
      }
    }
    return total
  }
}
