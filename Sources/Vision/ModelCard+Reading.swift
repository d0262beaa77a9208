import JSONValues

extension ModelCard {
  /// Reads a card.
  ///
  /// - Throws: `cannotRead`, or `badCard` naming file, key, found and expected.
  package init(contentsOf path: String) throws(VisionError) {
    // A card has a few hundred bytes; what is far larger is some other file.
    let content = try FileContent.read(path, limit: 1 << 20)
    self = try ModelCard(decoding: content, path: path)
  }

  /// Reads a card from its JSON text.
  package init(decoding content: [UInt8], path: String? = nil) throws(VisionError) {
    do throws(VisionError) {
      self = try ModelCard(json: JSONObjectReader.parse(content))
    } catch {
      throw error.inFile(path)
    }
  }

  private init(json: JSONValue) throws(VisionError) {
    var card = try JSONObjectReader(json, knownAs: "card")
    name = try card.text("name")
    task = try card.choice("task", of: Task.self)
    colors = try card.choice("colors", of: Colors.self)
    resize = card.has("resize") ? try ModelCard.resize(card.object("resize")) : nil
    values = try ModelCard.values(card.object("values"))
    pictures = try card.choice("pictures", of: PictureValues.self, default: .values)
    floats = try card.choice("floats", of: FloatValues.self, default: .normalized)
    volumes = card.has("volumes") ? try ModelCard.volumes(card.object("volumes")) : nil
    labels = try card.texts("labels")
    let colorCodes = try card.texts("palette")
    source = try card.text("source", default: "")
    assumed = try card.texts("assumed")
    try card.finish()

    guard labels.count <= 256 else {
      throw VisionError(.badCard, "key `labels`: found \(labels.count) labels, expected at most 256")
    }
    if pictures == .window, !values.isWindow {
      throw VisionError(
        .badCard,
        "key `pictures`: found \"window\", expected \"values\", as `values.mapping` is"
          + " no window")
    }
    if case .standardize(_, let mean, _) = values, let channels = colors.channelCount, mean.count != channels {
      throw VisionError(
        .badCard,
        "key `values.mean`: found \(mean.count) numbers, expected \(channels), as `colors` is"
          + " \"\(colors.rawValue)\"")
    }
    palette = try ModelCard.palette(colorCodes, labelCount: labels.count)
  }

  private static func resize(_ object: JSONObjectReader) throws(VisionError) -> Resize {
    var object = object
    let resize = Resize(
      width: try object.wholeNumber("width", in: 1...65_535), height: try object.wholeNumber("height", in: 1...65_535),
      method: try object.choice("method", of: Resampling.self, default: .bilinear))
    try object.finish()
    return resize
  }

  private static func volumes(_ object: JSONObjectReader) throws(VisionError) -> SlicePlan.Orientation {
    var object = object
    let rows = try object.choice("rows", of: VolumeGeometry.Direction.self)
    let columns = try object.choice("columns", of: VolumeGeometry.Direction.self)
    try object.finish()
    guard let orientation = SlicePlan.Orientation(rows: rows, columns: columns) else {
      throw object.wrong(
        "columns", .string(columns.rawValue), expected: "another axis than `rows`, which is \(rows.rawValue)")
    }
    return orientation
  }

  private enum MappingName: String, CaseIterable { case scale, window, percentile, standardize }

  private static func values(_ object: JSONObjectReader) throws(VisionError) -> ValueMapping {
    var object = object
    let mapping: ValueMapping
    switch try object.choice("mapping", of: MappingName.self) {
    case .scale:
      mapping = .scale(divisor: try divisor(&object), offset: try object.number("offset", default: 0))
    case .window:
      let (low, high) = (try object.number("low"), try object.number("high"))
      guard high > low else { throw object.wrong("high", .number(high), expected: "more than `low`, which is \(low)") }
      mapping = .window(low: low, high: high)
    case .percentile:
      let (low, high) = (try object.number("low"), try object.number("high"))
      for (key, share) in [("low", low), ("high", high)] where !(0..<50).contains(share) {
        throw object.wrong(key, .number(share), expected: "a percentage from 0 to less than 50")
      }
      let scope = try object.choice("scope", of: ValueMapping.Scope.self, default: .frame)
      mapping = .percentile(low: low, high: high, scope: scope)
    case .standardize:
      let (mean, deviation) = (try object.numbers("mean"), try object.numbers("deviation"))
      guard mean.count == deviation.count, !mean.isEmpty else {
        throw VisionError(
          .badCard,
          "keys `values.mean` and `values.deviation`: found \(mean.count) and \(deviation.count)"
            + " numbers, expected as many in both")
      }
      for (index, value) in deviation.enumerated() where value <= 0 {
        throw object.wrong("deviation[\(index)]", .number(value), expected: "more than 0")
      }
      mapping = .standardize(divisor: try divisor(&object), mean: mean, deviation: deviation)
    }
    try object.finish()
    return mapping
  }

  private static func divisor(_ object: inout JSONObjectReader) throws(VisionError) -> Double {
    let divisor = try object.number("divisor", default: 1)
    guard divisor != 0 else { throw object.wrong("divisor", .number(0), expected: "a number that is not 0") }
    return divisor
  }

  private static func palette(_ codes: [String], labelCount: Int) throws(VisionError) -> Palette {
    guard !codes.isEmpty else { return Palette(labelCount: labelCount == 0 ? 256 : labelCount) }
    guard labelCount == 0 || codes.count == labelCount, codes.count <= 256 else {
      throw VisionError(.badCard, "key `palette`: found \(codes.count) colours, expected \(labelCount), one per label")
    }
    var colors = [Color]()
    for (index, code) in codes.enumerated() {
      guard let color = Color(hexadecimal: code) else {
        throw VisionError(.badCard, "key `palette[\(index)]`: found \"\(code.prefix(20))\", expected \"#RRGGBB\"")
      }
      colors.append(color)
    }
    return Palette(colors)
  }
}

extension ModelCard.Colors {
  /// Channels of the model's input, `nil` where any number will do.
  package var channelCount: Int? {
    switch self {
    case .rgb, .bgr: 3
    case .grey: 1
    case .channels: nil
    }
  }
}

extension ValueMapping {
  /// Whether the mapping has a low and a high end of its own.
  var isWindow: Bool { if case .window = self { true } else { false } }
}
