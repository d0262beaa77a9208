/// A picture of 8 bits per sample: grey or red, green, blue, interleaved, rows from the top, no padding.
package struct Picture: Equatable, Sendable {
  /// What a pixel is made of.
  package enum Layout: Int, Sendable {
    /// One sample.
    case grey = 1
    /// Three samples: red, green, blue.
    case rgb = 3
  }

  /// Pixels in a row.
  package private(set) var width: Int
  /// Rows.
  package private(set) var height: Int
  /// What a pixel is made of.
  package private(set) var layout: Layout
  /// The samples.
  ///
  /// - Shape: `[height, width, channels]` UInt8.
  package private(set) var samples: [UInt8]

  /// Samples of one pixel, 1 or 3.
  package var channels: Int { layout.rawValue }

  /// Makes a picture from its samples.
  ///
  /// - Precondition: As many samples as the size asks for.
  package init(width: Int, height: Int, layout: Layout, samples: [UInt8]) {
    precondition(
      width > 0 && height > 0 && samples.count == width * height * layout.rawValue,
      "\(samples.count) samples for \(width)x\(height)x\(layout.rawValue)")
    self.width = width
    self.height = height
    self.layout = layout
    self.samples = samples
  }

  /// Puts other samples into the picture, in the memory that it has where that is enough and nobody else looks at it.
  ///
  /// - Parameter fill: Gets `[height, width, channels]` UInt8 of any content.
  /// - Precondition: A size of at least 1x1.
  package mutating func refill<R>(
    width: Int, height: Int, layout: Layout, fill: (UnsafeMutableBufferPointer<UInt8>) -> R
  ) -> R {
    precondition(width > 0 && height > 0, "a picture cannot be \(width)x\(height)")
    let count = width * height * layout.rawValue
    samples.resize(to: count, filler: 0)
    (self.width, self.height, self.layout) = (width, height, layout)
    return samples.withUnsafeMutableBufferPointer { fill($0) }
  }

  /// Takes samples in exchange for those that it has.
  ///
  /// - Precondition: As many samples as the size asks for.
  mutating func exchange(width: Int, height: Int, layout: Layout, samples: inout [UInt8]) {
    precondition(
      width > 0 && height > 0 && samples.count == width * height * layout.rawValue,
      "\(samples.count) samples for \(width)x\(height)x\(layout.rawValue)")
    (self.width, self.height, self.layout) = (width, height, layout)
    swap(&self.samples, &samples)
  }

  /// The most pixels that a file may ask for, unless the caller says otherwise: 100 million.
  ///
  /// A file of a few hundred bytes can claim 4 294 967 295 pixels; memory is taken only below this limit.
  package static let pixelLimit = 100_000_000

  /// Refuses sizes that are empty or beyond a limit.
  static func checkSize(width: Int, height: Int, pixelLimit: Int) throws(VisionError) {
    guard width > 0, height > 0 else {
      throw VisionError(.damaged, "claims a size of \(width)x\(height) pixels, expected at least 1x1")
    }
    let (pixels, overflow) = width.multipliedReportingOverflow(by: height)
    guard !overflow, pixels <= pixelLimit else {
      throw VisionError(
        .tooLarge, "claims a size of \(width)x\(height) pixels, which is beyond the limit of \(pixelLimit) pixels")
    }
  }
}
