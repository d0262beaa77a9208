import JSONValues
import Vision

/// What is said of a frame.
extension RunFinisher {
  /// A line for a person.
  func line(_ frame: PipelineFrame, _ space: FinishingSpace, _ map: LabelMap?) -> FinishedFrame.Line {
    let line = lines.withLock { $0.popLast() } ?? FinishedFrame.Line()
    line.text.removeAll(keepingCapacity: true)
    FinishedFrame.appendTitle(frame.paths[0], frame.number, to: &line.text)
    line.text += ": "
    switch loaded.task {
    case .classification: appendClasses(space.kept.scores, to: &line.text)
    case .segmentation: appendShares(space.counts, pixelCount: map?.labels.count ?? 1, to: &line.text)
    case .tensors: line.text += tensorLine
    }
    line.text += "\n"
    return line
  }

  private func appendClasses(_ scores: ClassScores, to text: inout String) {
    appendShare(of: scores.best, scores.probabilities[scores.best], to: &text)
    guard isVerbose else { return }
    for other in scores.top(5) where other.label != scores.best {
      text += ", "
      appendShare(of: other.label, other.probability, to: &text)
    }
  }

  private func appendShares(_ counts: [Int], pixelCount: Int, to text: inout String) {
    var isFirst = true
    for (label, count) in counts.enumerated() where count > 0 {
      if !isFirst { text += ", " }
      isFirst = false
      appendShare(of: label, Float(count) / Float(pixelCount), to: &text)
    }
  }

  private func appendShare(of label: Int, _ share: Float, to text: inout String) {
    text += loaded.label(label).printable
    text += " "
    text += (Double(share) * 100).formatted(decimals: 1)
    text += " %"
  }

  /// A frame in a report.
  func json(
    _ frame: PipelineFrame, _ space: FinishingSpace, _ map: LabelMap?, _ lost: ConversionReport
  ) -> JSONValue {
    let written = loaded.task == .classification ? [] : space.writer?.written ?? []
    return .object(
      JSONValue.Members(
        [("path", .string(frame.paths[0])), ("frame", .integer(frame.number ?? 0))] + members(space, map)
          + [
            ("lost", lost.json),
            ("files", .object(JSONValue.Members(written.map { ($0.kind, .string($0.path)) }))),
          ]))
  }

  private func members(_ space: FinishingSpace, _ map: LabelMap?) -> [(String, JSONValue)] {
    switch loaded.task {
    case .classification:
      let scores = space.kept.scores
      return [
        ("class", .integer(scores.best)), ("label", .string(loaded.label(scores.best))),
        ("score", .number(Double(scores.probabilities[scores.best]))),
        ("scores", .array(scores.probabilities.map { .number(Double($0)) })),
      ]
    case .segmentation:
      // Counts of their own: the next frame's are written over these.
      return [
        ("width", .integer(map?.width ?? 0)), ("height", .integer(map?.height ?? 0)),
        ("pixels", .integers(space.counts.map { $0 })),
      ]
    case .tensors:
      return [
        (
          "tensors",
          .array(
            loaded.session.outputs.map {
              .object([
                "name": .string($0.name), "shape": .integers($0.shape.dimensions),
                "element": .string($0.arrayElement.rawValue),
              ])
            })
        )
      ]
    }
  }
}
