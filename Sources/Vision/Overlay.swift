/// A picture with the labels of its pixels tinted over it.
package struct Overlay: Equatable, Sendable {
  /// The colours of the labels.
  package var palette: Palette
  /// How much of a pixel is the label's colour, 0 to 255.
  package var alpha: UInt8
  /// The label that is left as it is, usually the background; `nil` tints all.
  package var untouchedLabel: UInt8?

  /// Plans overlays.
  package init(palette: Palette, alpha: UInt8 = 128, untouchedLabel: UInt8? = 0) {
    self.palette = palette
    self.alpha = alpha
    self.untouchedLabel = untouchedLabel
  }

  /// Draws a label map over a picture; the map is brought to the picture's size by the nearest label.
  ///
  /// A tinted sample is `(sample * (255 - alpha) + colour * alpha + 127) / 255`.
  package func draw(_ map: LabelMap, over picture: Picture) -> Picture {
    let labels = map.resized(width: picture.width, height: picture.height).labels
    // What each label adds, and whether it adds anything.
    let alpha = UInt32(self.alpha)
    var tint = [UInt32](repeating: 0, count: 256 * 3)
    for label in 0...255 {
      let color = palette.color(of: UInt8(label))
      tint[label * 3] = UInt32(color.red) * alpha + 127
      tint[label * 3 + 1] = UInt32(color.green) * alpha + 127
      tint[label * 3 + 2] = UInt32(color.blue) * alpha + 127
    }
    let untouched = untouchedLabel.map(Int.init) ?? -1
    let step = picture.layout == .grey ? 0 : 1
    let samples = picture.samples.withUnsafeBufferPointer { source in
      [UInt8](unsafeUninitializedCapacity: labels.count * 3) { target, count in
        for pixel in 0..<labels.count {
          let label = Int(labels[pixel])
          for channel in 0..<3 {
            let sample = source[pixel * (1 + 2 * step) + channel * step]
            target[pixel * 3 + channel] =
              label == untouched
              ? sample
              : UInt8(truncatingIfNeeded: (UInt32(sample) * (255 - alpha) + tint[label * 3 + channel]) / 255)
          }
        }
        count = labels.count * 3
      }
    }
    return Picture(width: picture.width, height: picture.height, layout: .rgb, samples: samples)
  }
}
