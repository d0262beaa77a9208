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
  /// The files to run end to end; there may be none.
  let files: BenchFiles
  /// Where the frame comes from, in words.
  let origin: String
  /// What those see who look in meanwhile.
  let statistics: RunStatistics
  /// How much of preprocessing the frame is due to its size, `nil` where it is not resized.
  let resizing: ResizeShare?
  /// From the model's path to being ready for the first frame.
  let loadTime: Duration
  /// The first frame: filling, running and reading it.
  let firstTime: Duration

  /// Opens a model and runs the first frame.
  ///
  /// - Parameters:
  ///   - arguments: Those of `dpu bench`.
  ///   - path: The model.
  ///   - inputs: The files to run; where there are none, numbers are made up.
  ///   - hasRoomToTry: Whether there are to be buffers for more frames than usual.
  /// - Throws: Where the model or all of its files can't be used.
  package init(
    _ arguments: Arguments, _ console: Console, model path: String, inputs: [String] = [], hasRoomToTry: Bool = false
  ) throws {
    let scheduling = try SchedulingOptions(arguments)
    let start = Moment.now
    let loaded = try LoadedModel(path, arguments, wantsTensors: arguments.flag("tensors"))
    self.loaded = loaded
    opened = try (hasRoomToTry ? scheduling.withRoomToTry : scheduling).open(loaded)
    loadTime = .now - start
    let opened = opened
    statistics = RunStatistics(
      loaded.subject(of: "bench", latency: "as the phase defines it"), schedule: { opened.scheduler.statistics },
      power: { RunStatistics.Power(watts: nil, sensor: "not measured") })
    var firstTime = Duration.zero
    func runFirst(_ fill: () throws -> Void, _ frame: [InputFile], _ slot: JobSlot) throws {
      let first = Moment.now
      try fill()
      try slot.runAndWait()
      _ = try loaded.predict(slot, for: frame)
      firstTime = .now - first
    }
    if inputs.isEmpty {
      let frame = loaded.session.inputs.map { InputFile.array(Self.madeUp($0)) }
      let names = loaded.session.inputs.map(\.name)
      try Self.withSlot(opened) { slot in
        try runFirst({ _ = try loaded.fill(slot, from: frame, paths: names, frame: 0) }, frame, slot)
      }
      (self.frame, self.names, files) = (frame, names, BenchFiles())
      origin =
        "made-up numbers in memory, \(loaded.session.inputs.map { "\($0.shape) float32" }.joined(separator: ", "))"
    } else {
      files = try Self.withSlot(opened) { slot in
        try BenchFiles(InputList(inputs), for: loaded, slot, console, first: runFirst)
      }
      (frame, names) = (files.frame, files.groups.first ?? [])
      origin = "in memory, decoded from \(names.map(\.printable).joined(separator: ", "))"
    }
    self.firstTime = firstTime
    resizing =
      try frame.isEmpty
      ? nil
      : Self.withSlot(opened) { [frame, names] slot in
        try ResizeShare(of: frame, paths: names, loaded, slot)
      }
    try fillAll()
  }

  private static func withSlot<R>(_ opened: SchedulingOptions.Opened, _ body: (JobSlot) throws -> R) throws -> R {
    let slot = try opened.model.waitForSlot()
    defer { slot.giveBack() }
    return try body(slot)
  }

  /// Fills all free buffers with the frame, for loops that leave inputs as they are.
  private func fillAll() throws {
    var slots: [JobSlot] = []
    defer { for slot in slots { slot.giveBack() } }
    guard !frame.isEmpty else { return }
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
