import Inference
import JSONValues
import Threads
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
  let isVerbose: Bool
  /// Counts the frames for those who look in, where nobody else does.
  private let statistics: RunStatistics?
  private let overlay: Overlay
  /// What is said of tensors: the same for each frame.
  let tensorLine: String
  private let spaces = Guarded<[FinishingSpace]>([])
  let lines = Guarded<[FinishedFrame.Line]>([])

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
      spaces.withLock { $0.popLast() } ?? FinishingSpace(loaded, folder, notesFiles: isJSON)
    defer {
      space.forgetMuch()
      spaces.withLock { $0.append(space) }
    }
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
    _ frame: PipelineFrame, _ slot: JobSlot, _ space: FinishingSpace, _ times: inout StageTimes
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
    _ map: LabelMap?, overlay: Picture?, of frame: PipelineFrame, _ space: FinishingSpace, _ writer: ResultWriter
  ) throws(VisionError) {
    space.name.removeAll(keepingCapacity: true)
    space.name += names[frame.paths[0]] ?? frame.paths[0]
    if let number = frame.number {
      space.name += "."
      // So that the names of most arrays' frames sort as the frames do.
      space.name.append(number, digits: 3)
    }
    writer.begin()
    if let map {
      try writer.write(map, overlay: overlay, name: space.name)
    } else {
      try writer.write(space.kept.numbers, of: loaded.session.outputs, name: space.name)
    }
  }
}
