/// One metric and its values, as Prometheus reads them.
///
/// - Source: prometheus.io/docs/instrumenting/exposition_formats, text format 0.0.4.
package struct MetricFamily: Equatable, Sendable {
  /// The kinds of metrics.
  package enum Kind: String, Sendable {
    case counter, gauge, histogram
  }

  /// One line.
  package struct Sample: Equatable, Sendable {
    let suffix: String
    let labels: [(name: String, value: String)]
    let value: Double

    package static func == (one: Sample, other: Sample) -> Bool {
      one.suffix == other.suffix && one.value == other.value
        && one.labels.elementsEqual(other.labels) { $0.name == $1.name && $0.value == $1.value }
    }
  }

  /// The name, with its unit, and `_total` where it is a counter.
  package let name: String
  /// What it is, in a sentence.
  package let help: String
  /// The kind.
  package let kind: Kind
  /// The lines.
  package private(set) var samples: [Sample] = []

  /// Makes a metric without values.
  package init(_ name: String, _ kind: Kind, _ help: String) {
    precondition(kind != .counter || name.hasSuffix("_total"), "a counter is called …_total")
    self.name = name
    self.kind = kind
    self.help = help
  }

  /// Adds a value.
  package mutating func add(_ value: Double, _ labels: KeyValuePairs<String, String> = [:]) {
    samples.append(Sample(suffix: "", labels: labels.map { ($0.key, $0.value) }, value: value))
  }

  /// Adds a histogram.
  package mutating func add(_ histogram: Histogram, _ labels: KeyValuePairs<String, String> = [:]) {
    precondition(kind == .histogram, "a histogram among values of another kind")
    let labels = labels.map { (name: $0.key, value: $0.value) }
    var below = 0
    for (bound, count) in zip(histogram.bounds, histogram.counts) {
      below += count
      samples.append(Sample(suffix: "_bucket", labels: labels + [("le", Self.text(bound))], value: Double(below)))
    }
    let total = Double(histogram.totalCount)
    samples.append(Sample(suffix: "_bucket", labels: labels + [("le", "+Inf")], value: total))
    samples.append(Sample(suffix: "_sum", labels: labels, value: histogram.sum))
    samples.append(Sample(suffix: "_count", labels: labels, value: total))
  }

  /// The metrics as one page; those without values are left out.
  package static func page(_ families: [MetricFamily]) -> String {
    var text = ""
    for family in families where !family.samples.isEmpty {
      text += "# HELP \(family.name) \(escaped(family.help, quotes: false))\n"
      text += "# TYPE \(family.name) \(family.kind.rawValue)\n"
      for sample in family.samples {
        let labels = sample.labels.map { "\($0.name)=\"\(escaped($0.value, quotes: true))\"" }.joined(separator: ",")
        text += family.name + sample.suffix + (labels.isEmpty ? "" : "{\(labels)}") + " \(Self.text(sample.value))\n"
      }
    }
    return text
  }

  private static func text(_ value: Double) -> String {
    if value.isNaN { return "NaN" }
    if value.isInfinite { return value < 0 ? "-Inf" : "+Inf" }
    return Int(exactly: value).map(String.init) ?? "\(value)"
  }

  private static func escaped(_ text: String, quotes: Bool) -> String {
    var result = ""
    for character in text.unicodeScalars {
      switch character {
      case "\\": result += "\\\\"
      case "\n": result += "\\n"
      case "\"" where quotes: result += "\\\""
      default: result.unicodeScalars.append(character)
      }
    }
    return result
  }
}
