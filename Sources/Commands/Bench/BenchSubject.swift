import Devices
import Inference
import SimulatedDPU
import Tensors
import Threads
import Vision

/// A model on its cores, with a frame in memory to run again and again.
package final class BenchSubject: Sendable {
  let loaded: LoadedModel
  let opened: SchedulingOptions.Opened
  /// The frame: one file or array for each input.
  let frame: [InputFile]
  /// The names of the frame's files, or what stands for them.
  let names: [String]
  /// Where the frame comes from, in words.
  let origin: String
  /// What those see who look in meanwhile.
  let statistics: RunStatistics
  /// From the model's path to being ready for the first frame.
  let loadTime: Duration
  /// The first frame: filling, running and reading it.
  let firstTime: Duration

  /// Opens a model and runs the first frame.
  ///
  /// - Parameters:
  ///   - arguments: Those of `dpu bench`.
  ///   - path: The model.
  ///   - files: The files of the frame; where there are none, numbers are made up.
  ///   - hasRoomToTry: Whether there are to be buffers for more frames than usual.
  package init(
    _ arguments: Arguments, model path: String, files: [String] = [], hasRoomToTry: Bool = false
  ) throws {
    let scheduling = try SchedulingOptions(arguments)
    let start = Moment.now
    loaded = try LoadedModel(path, arguments, wantsTensors: arguments.flag("tensors"))
    opened = try (hasRoomToTry ? scheduling.withRoomToTry : scheduling).open(loaded)
    loadTime = .now - start
    let opened = opened
    statistics = RunStatistics(
      loaded.subject(of: "bench", latency: "as the phase defines it"), schedule: { opened.scheduler.statistics })
    if files.isEmpty {
      frame = loaded.session.inputs.map { .array(Self.madeUp($0)) }
      names = loaded.session.inputs.map(\.name)
      origin =
        "made-up numbers in memory, \(loaded.session.inputs.map { "\($0.shape) float32" }.joined(separator: ", "))"
    } else {
      let content = try loaded.read(files)
      guard content.frameCount > 0 else { throw CommandError(.invalidInput, "\(files[0]): there is no frame in it") }
      (frame, names) = (content.files, files)
      origin = "in memory, decoded from \(files.map(\.printable).joined(separator: ", "))"
    }
    let first = Moment.now
    let slot = try opened.model.waitForSlot()
    do {
      defer { slot.giveBack() }
      _ = try loaded.fill(slot, from: frame, paths: names, frame: 0)
      try slot.runAndWait()
      _ = try loaded.predict(slot, for: frame)
    }
    firstTime = .now - first
    try fillAll()
  }

  /// Fills all free buffers with the frame, for loops that leave inputs as they are.
  private func fillAll() throws {
    var slots: [JobSlot] = []
    defer { for slot in slots { slot.giveBack() } }
    while let slot = try? opened.model.takeSlotNow() {
      slots.append(slot)
      _ = try loaded.fill(slot, from: frame, paths: names, frame: 0)
    }
  }

  /// How long a paced core is at work for a frame, `nil` for a device that computes.
  var pacedTime: Duration? {
    guard let port = loaded.port as? PacedPort else { return nil }
    return port.configuration.jobTime * loaded.model.partitions.filter { $0.kind == .dpu }.count
  }

  /// What frames a second are frames of.
  var rateMeaning: String {
    switch loaded.device.description.kind {
    case "simulated": "of the simulator on this CPU; it says nothing about a board"
    case "paced": "of this host around jobs that only take time; no DPU ran"
    case "software": "of the software device on this CPU"
    case let kind: "of the \(kind) device"
    }
  }

  /// Floats from -1 to 1, the same for the same shape.
  private static func madeUp(_ port: TensorPort) -> NumpyArray {
    var random = SeededGenerator(seed: 20_250_001)
    let values = random.int8s(port.shape.elementCount).map { Float($0) / 128 }
    return NumpyArray(shape: port.shape, float32: values)
  }
}
