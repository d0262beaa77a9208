/// The colours of labels: entry 0 for label 0, and so on.
package struct Palette: Hashable, Sendable {
  /// One colour per label, at least one.
  package let colors: [Color]

  /// Makes a palette of given colours.
  ///
  /// - Precondition: 1 to 256 colours.
  package init(_ colors: [Color]) {
    precondition((1...256).contains(colors.count), "a palette has 1 to 256 colours, not \(colors.count)")
    self.colors = colors
  }

  /// Makes a palette for so many labels: black for label 0, then colours that colour-blind people tell apart.
  ///
  /// - Source: Okabe and Ito, "Color Universal Design", 2008; beyond seven labels the colours repeat, darker each time.
  package init(labelCount: Int) {
    let distinct = [
      Color(230, 159, 0), Color(86, 180, 233), Color(0, 158, 115), Color(240, 228, 66), Color(0, 114, 178),
      Color(213, 94, 0), Color(204, 121, 167),
    ]
    let colors = (0..<max(1, min(256, labelCount))).map { label in
      if label == 0 { return Color(0, 0, 0) }
      let color = distinct[(label - 1) % distinct.count]
      let brightness = max(1, 5 - (label - 1) / distinct.count)
      func dim(_ value: UInt8) -> UInt8 { UInt8(Int(value) * brightness / 5) }
      return Color(dim(color.red), dim(color.green), dim(color.blue))
    }
    self.init(colors)
  }

  /// The colour of a label; labels beyond the last entry begin again at entry 1, or 0 if there is no other.
  package func color(of label: UInt8) -> Color {
    let index = Int(label)
    if index < colors.count { return colors[index] }
    return colors.count == 1 ? colors[0] : colors[1 + (index - 1) % (colors.count - 1)]
  }
}
