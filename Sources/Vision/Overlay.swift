/// A picture with the labels of its pixels tinted over it.
package struct Overlay: Equatable, Sendable {
  private let untouched: Int
  /// How much of a pixel's own sample remains, of 255.
  private let rest: UInt32
  /// What each label adds to red, green and blue.
  private let tint: [UInt32]

  /// Plans overlays.
  ///
  /// - Parameters:
  ///   - palette: The colours of the labels.
  ///   - alpha: How much of a pixel is the label's colour, 0 to 255.
  ///   - untouchedLabel: The label that is left as it is, usually the background; `nil` tints all.
  package init(palette: Palette, alpha: UInt8 = 128, untouchedLabel: UInt8? = 0) {
    untouched = untouchedLabel.map(Int.init) ?? -1
    let alpha = UInt32(alpha)
    rest = 255 - alpha
    var tint = [UInt32](repeating: 0, count: 256 * 3)
    for label in 0..<256 {
      let color = palette.color(of: UInt8(label))
      tint[label * 3] = UInt32(color.red) * alpha + 127
      tint[label * 3 + 1] = UInt32(color.green) * alpha + 127
      tint[label * 3 + 2] = UInt32(color.blue) * alpha + 127
    }
    self.tint = tint
  }

  /// Draws a label map over a picture; the map is brought to the picture's size by the nearest label.
  package func draw(_ map: LabelMap, over picture: Picture) -> Picture {
    var drawn = Picture.onePixel
    draw(map.resized(width: picture.width, height: picture.height), over: picture, into: &drawn)
    return drawn
  }

  /// Draws a label map over a picture of its size, in the memory of another one.
  ///
  /// A tinted sample is `(sample * (255 - alpha) + colour * alpha + 127) / 255`.
  package func draw(_ map: LabelMap, over picture: Picture, into drawn: inout Picture) {
    precondition(map.width == picture.width && map.height == picture.height, "labels of another size")
    let step = picture.layout == .grey ? 0 : 1
    drawn.refill(width: picture.width, height: picture.height, layout: .rgb) { target in
      picture.samples.withUnsafeBufferPointer { source in
        tint.withUnsafeBufferPointer { tint in
          var pixel = 0
          for label in map.labels {
            let label = Int(label)
            for channel in 0..<3 {
              let sample = source[pixel * (1 + 2 * step) + channel * step]
              target[pixel * 3 + channel] =
                label == untouched
                ? sample : UInt8(truncatingIfNeeded: (UInt32(sample) * rest + tint[label * 3 + channel]) / 255)
            }
            pixel += 1
          }
        }
      }
    }
  }
}
