import Devices
import Inference
import JSONValues
import Vision

/// Makes of frames' outputs what is asked for, on any thread; in steady state without taking memory, but for a report.
final class RunFinisher: Sendable {
  let loaded: LoadedModel
  /// Where results are written, `nil` for nowhere.
  let folder: OutputFolder?
  /// The names to write under, by the file of the first input.
  private let names: [String: String]
  private let drawsOverlays: Bool
  private let isJSON: Bool
  private let isVerbose: Bool
  /// Counts the frames for those who look in, where nobody else does.
  private let statistics: RunStatistics?
  private let overlay: Overlay
  /// What is said of tensors: the same for each frame.
  private let tensorLine: String
  private let workspaces = Guarded<[Workspace]>([])
  private let lines = Guarded<[FinishedFrame.Line]>([])

  /// What a thread needs to finish a frame.
  private final class Workspace {
    var kept: KeptResult
    var shown = ShownPicture()
    var drawn = Picture.onePixel
    var name = ""
    var counts: [Int]
    let writer: ResultWriter?

    init(_ loaded: LoadedModel, _ folder: OutputFolder?, notesFiles: Bool) {
      kept = KeptResult(loaded, wantsScores: true)
      counts = [Int](repeating: 0, count: max(1, loaded.classCount))
      writer = folder.map { ResultWriter($0, palette: loaded.palette, notesFiles: notesFiles) }
    }
  }

  /// Plans what is made.
  ///
  /// - Parameters:
  ///   - folder: Where results are written, `nil` for nowhere.
  ///   - names: The names to write under, by the file of the first input.
  ///   - drawsOverlays: Whether overlays are written beside label maps.
  ///   - statistics: Counts the frames for those who look in, where nobody else does.
  init(
    loaded: LoadedModel, folder: OutputFolder?, names: [String: String], drawsOverlays: Bool, isJSON: Bool,
    isVerbose: Bool, statistics: RunStatistics?
  ) {
    self.loaded = loaded
    self.folder = folder
    self.names = names
    self.drawsOverlays = drawsOverlays
    self.isJSON = isJSON
    self.isVerbose = isVerbose
    self.statistics = statistics
    overlay = Overlay(palette: loaded.palette)
    tensorLine = loaded.session.outputs.map { "\($0.name.printable) \($0.shape) \($0.arrayElement.rawValue)" }
      .joined(separator: ", ")
  }

  /// Reads the outputs, gives the buffers back, and writes.
  func finish(_ frame: PipelineFrame, _ slot: JobSlot, _ times: inout StageTimes) throws -> FinishedFrame {
    let space =
      workspaces.withLock { $0.popLast() } ?? Workspace(loaded, folder, notesFiles: isJSON)
    defer { workspaces.withLock { $0.append(space) } }
    let latency = slot.timing.totalTime
    let (map, isDrawn) = try read(frame, slot, space, &times)
    statistics?.frameEnded(latency: latency)
    if let writer = space.writer, loaded.task != .classification {
      try times.measure(.write) { try write(map, overlay: isDrawn ? space.drawn : nil, of: frame, space, writer) }
    }
    map?.countPixels(into: &space.counts)
    let lost = try frame.filling?.get() ?? ConversionReport()
    return FinishedFrame(
      path: frame.paths[0], number: frame.number, line: isJSON ? nil : line(frame, space, map),
      json: isJSON ? json(frame, space, map, lost) : nil, lost: lost)
  }

  /// Takes the line of a frame back that has been printed.
  func giveBack(_ frame: FinishedFrame) {
    guard let line = frame.line else { return }
    lines.withLock { $0.append(line) }
  }
}

extension RunFinisher {
  /// Takes out of the buffers what is needed, so that others can have them.
  ///
  /// - Returns: The labels of a segmentation, and whether they are drawn over the picture.
  private func read(
    _ frame: PipelineFrame, _ slot: JobSlot, _ space: Workspace, _ times: inout StageTimes
  ) throws -> (LabelMap?, isDrawn: Bool) {
    defer { slot.giveBack() }
    return try times.measure(.postprocess) {
      try space.kept.take(slot)
      guard loaded.task == .segmentation else { return (nil, false) }
      let map = space.kept.labels(of: frame.files[0])
      guard folder != nil, drawsOverlays, let picture = space.shown.picture(slot, of: frame.files[0], loaded) else {
        return (map, false)
      }
      overlay.draw(map, over: picture, into: &space.drawn)
      return (map, true)
    }
  }

  private func write(
    _ map: LabelMap?, overlay: Picture?, of frame: PipelineFrame, _ space: Workspace, _ writer: ResultWriter
  ) throws(VisionError) {
    space.name.removeAll(keepingCapacity: true)
    space.name += names[frame.paths[0]] ?? frame.paths[0]
    if let number = frame.number {
      space.name += "."
      // At least three digits, so that names of most arrays sort as their frames do.
      if number < 100 { space.name += number < 10 ? "00" : "0" }
      space.name += String(number)
    }
    writer.begin()
    if let map {
      try writer.write(map, overlay: overlay, name: space.name)
    } else {
      try writer.write(space.kept.numbers, of: loaded.session.outputs, name: space.name)
    }
  }

  /// A line for a person.
  private func line(_ frame: PipelineFrame, _ space: Workspace, _ map: LabelMap?) -> FinishedFrame.Line {
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

  private func json(
    _ frame: PipelineFrame, _ space: Workspace, _ map: LabelMap?, _ lost: ConversionReport
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

  private func members(_ space: Workspace, _ map: LabelMap?) -> [(String, JSONValue)] {
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
