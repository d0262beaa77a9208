import Devices
import Inference
import JSONValues
import Vision

/// What one frame of `dpu run` left behind.
struct FinishedFrame: Sendable {
  /// The frame for a person.
  let title: String
  /// What the model says of it, for a person.
  let line: String
  /// The same in a report, where one is asked for.
  let json: JSONValue?
  /// What was lost when it became int8.
  let lost: ConversionReport
}

/// Makes of a frame's outputs what is asked for, on any thread.
struct RunFinisher: Sendable {
  let loaded: LoadedModel
  /// Where results are written, `nil` for nowhere.
  let folder: OutputFolder?
  /// The names to write under, by the file of the first input.
  let names: [String: String]
  /// Whether overlays are written beside label maps.
  let drawsOverlays: Bool
  let isJSON: Bool
  let isVerbose: Bool
  /// Counts the frames for those who look in, where nobody else does.
  let statistics: RunStatistics?

  /// Reads the outputs, gives the buffers back, and writes.
  func finish(_ frame: PipelineFrame, _ slot: JobSlot, _ times: inout StageTimes) throws -> FinishedFrame {
    let latency = slot.timing.totalTime
    let (prediction, overlay) = try read(frame, slot, &times)
    statistics?.frameEnded(latency: latency)
    let number = frame.number.map { ".\(String(1000 + $0).dropFirst($0 < 1000 ? 1 : 0))" } ?? ""
    let written = try write(prediction, overlay, name: (names[frame.paths[0]] ?? frame.paths[0]) + number, &times)
    let lost = try frame.filling?.get() ?? ConversionReport()
    return FinishedFrame(
      title: frame.title, line: isJSON ? "" : line(for: prediction),
      json: isJSON ? json(frame, prediction, lost, written) : nil, lost: lost)
  }

  /// Takes out of the buffers what is needed, so that others can have them.
  private func read(
    _ frame: PipelineFrame, _ slot: JobSlot, _ times: inout StageTimes
  ) throws -> (FrameRunner.Prediction, Picture?) {
    defer { slot.giveBack() }
    return try times.measure(.postprocess) {
      let prediction = try loaded.predict(slot, for: frame.files)
      guard case .labels(let map) = prediction, folder != nil, drawsOverlays else { return (prediction, nil) }
      let overlay = loaded.picture(slot, of: frame.files[0]).map {
        Overlay(palette: loaded.palette).draw(map, over: $0)
      }
      return (prediction, overlay)
    }
  }

  private func write(
    _ prediction: FrameRunner.Prediction, _ overlay: Picture?, name: String, _ times: inout StageTimes
  ) throws -> [(kind: String, path: String)] {
    guard let folder else { return [] }
    switch prediction {
    case .scores: return []
    case .tensors(let tensors):
      return try times.measure(.write) { try folder.write(tensors.map(\.array), name: name) }
    case .labels(let map):
      return try times.measure(.write) {
        try folder.write(map, overlay: overlay, palette: loaded.palette, name: name)
      }
    }
  }

  private func line(for prediction: FrameRunner.Prediction) -> String {
    switch prediction {
    case .scores(let scores):
      let best = "\(loaded.label(scores.best).printable) \(percent(scores.probabilities[scores.best]))"
      guard isVerbose else { return best }
      let rest = scores.top(5).filter { $0.label != scores.best }
      return ([best] + rest.map { "\(loaded.label($0.label).printable) \(percent($0.probability))" })
        .joined(separator: ", ")
    case .labels(let map):
      let counts = map.pixelCounts(classCount: max(1, loaded.classCount))
      return counts.enumerated().filter { $0.element > 0 }.map {
        "\(loaded.label($0.offset).printable) \(percent(Float($0.element) / Float(map.labels.count)))"
      }.joined(separator: ", ")
    case .tensors(let tensors):
      return tensors.map { "\($0.name.printable) \($0.array.shape) \($0.array.element.rawValue)" }
        .joined(separator: ", ")
    }
  }

  private func percent(_ share: Float) -> String { "\((Double(share) * 100).formatted(decimals: 1)) %" }

  private func json(
    _ frame: PipelineFrame, _ prediction: FrameRunner.Prediction, _ lost: ConversionReport,
    _ written: [(kind: String, path: String)]
  ) -> JSONValue {
    .object(
      JSONValue.Members(
        [("path", .string(frame.paths[0])), ("frame", .integer(frame.number ?? 0))] + members(of: prediction)
          + [
            ("lost", lost.json),
            ("files", .object(JSONValue.Members(written.map { ($0.kind, .string($0.path)) }))),
          ]))
  }

  private func members(of prediction: FrameRunner.Prediction) -> [(String, JSONValue)] {
    switch prediction {
    case .scores(let scores):
      return [
        ("class", .integer(scores.best)), ("label", .string(loaded.label(scores.best))),
        ("score", .number(Double(scores.probabilities[scores.best]))),
        ("scores", .array(scores.probabilities.map { .number(Double($0)) })),
      ]
    case .labels(let map):
      return [
        ("width", .integer(map.width)), ("height", .integer(map.height)),
        ("pixels", .integers(map.pixelCounts(classCount: max(1, loaded.classCount)))),
      ]
    case .tensors(let tensors):
      return [
        (
          "tensors",
          .array(
            tensors.map {
              .object([
                "name": .string($0.name), "shape": .integers($0.array.shape.dimensions),
                "element": .string($0.array.element.rawValue),
              ])
            })
        )
      ]
    }
  }
}
