/// A frame of 8-bit samples on its way into a model: a picture, or a frame of a uint8 array. Its memory is the caller's.
struct ByteFrame {
  /// - Shape: `[height, width, channels]`.
  let samples: UnsafeBufferPointer<UInt8>
  let width: Int
  let height: Int
  let channels: Int

  /// Brings the frame to the channels of a card: colour becomes grey, grey becomes three equal channels.
  ///
  /// - Returns: The frame, and where its channels go; `nil` where they do not fit.
  func arranged(
    for colors: ModelCard.Colors, channels wanted: Int, _ scratch: FrameScratch
  ) -> (ByteFrame, ChannelOrder)? {
    switch (colors, channels) {
    case (.rgb, 3), (.grey, 1), (.channels, wanted): return (self, .same)
    case (.bgr, 3): return (self, .reversed)
    case (.rgb, 1), (.bgr, 1): return (self, .spread)
    case (.grey, 3):
      let grey = scratch.grey.elements(width * height)
      ConversionKernels.best.brightness(of: samples, into: grey)
      return (ByteFrame(samples: UnsafeBufferPointer(grey), width: width, height: height, channels: 1), .same)
    default: return nil
    }
  }

  /// How often each value occurs, 256 counts per channel.
  func histograms(_ scratch: FrameScratch) -> UnsafeBufferPointer<Int> {
    let counts = scratch.counts.elements(256 * channels)
    counts.initialize(repeating: 0)
    for channel in 0..<channels {
      for index in stride(from: channel, to: samples.count, by: channels) {
        counts[channel * 256 + Int(samples[index])] += 1
      }
    }
    return UnsafeBufferPointer(counts)
  }

  /// Resizes and sends every sample through the table into a buffer of `[height, width, channels of the table]`.
  func write(
    to buffer: UnsafeMutableBufferPointer<Int8>, width newWidth: Int, height newHeight: Int, method: Resampling,
    order: ChannelOrder, table: ByteTable, _ scratch: FrameScratch
  ) -> ConversionReport {
    if newWidth == width, newHeight == height {
      return table.map(samples, order: order, kernels: .best, into: buffer)
    }
    var report = ConversionReport()
    let row = scratch.row.elements(newWidth * channels)
    let count = buffer.count / newHeight
    func write(_ y: Int) {
      let target = UnsafeMutableBufferPointer(rebasing: buffer[y * count..<(y + 1) * count])
      report += table.map(UnsafeBufferPointer(row), order: order, kernels: .best, into: target)
    }
    switch method {
    case .bilinear:
      let plan = BilinearResizer.Plan(
        sourceWidth: width, sourceHeight: height, targetWidth: newWidth, targetHeight: newHeight, channels: channels)
      scratch.resizer(plan).resize(samples, row: row, take: write)
    case .nearest:
      let columns = scratch.nearestColumns(source: width, target: newWidth)
      for y in 0..<newHeight {
        let line = LinearTaps.nearest(to: y, source: height, target: newHeight) * width
        takeNearest(columns, ofLine: line, into: row)
        write(y)
      }
    }
    return report
  }

  private func takeNearest(_ columns: [Int], ofLine line: Int, into row: UnsafeMutableBufferPointer<UInt8>) {
    var to = 0
    for x in columns {
      for channel in 0..<channels {
        row[to] = samples[(line + x) * channels + channel]
        to += 1
      }
    }
  }
}
