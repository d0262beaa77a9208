import Devices
import Inference
import JSONValues
import Tensors
import Vision
import XModel

/// A model opened for running: its card, its device, and what fills its inputs.
struct LoadedModel {
  /// What is made of the output.
  enum Task: String {
    /// A class and its score.
    case classification
    /// A class for every pixel.
    case segmentation
    /// The tensors themselves.
    case tensors

    /// The files that a frame leaves in an output folder, `nil` for a task that leaves none.
    var written: String? {
      switch self {
      case .classification: nil
      case .segmentation: "NAME.overlay.png, NAME.labels.png, NAME.labels.npy"
      case .tensors: "NAME.output.npy, numbered where there are several"
      }
    }
  }

  /// The options that open a model.
  static let options = ownOptions + DeviceOptions.options
  /// The same, with the paced device too.
  static let optionsToMeasure = ownOptions + DeviceOptions.optionsToMeasure

  private static let ownOptions: [Option] =
    [
      Option("card", short: "c", takes: .text("FILE"), fallback: "MODEL's, or a built-in one", "the model card"),
      Option(
        "rounding", takes: .choice(Rounding.allCases.map(\.rawValue)), fallback: Rounding.halfUp.rawValue,
        "how numbers become int8: as the DPU rounds, or cut and wrapped as VART does"),
    ]

  let path: String
  let model: Model
  let card: FoundCard?
  let device: any Device
  private let devices: ModelDevices
  /// The way to the cores of the device, `nil` where it has none.
  var port: (any Port)? { devices.port }
  /// Whether jobs only take time, so that results mean nothing.
  var isPaced: Bool { devices.isPaced }
  let session: Session
  let task: Task
  let rounding: Rounding
  let feeders: [InputFeeder]
  /// Whether the output that the task reads went through a softmax.
  let endsWithSoftmax: Bool

  /// Opens a model as the arguments say.
  ///
  /// - Parameter wantsTensors: Whether the outputs themselves are asked for, whatever the card says.
  init(_ path: String, _ arguments: Arguments, wantsTensors: Bool = false) throws {
    self.path = path
    let model = try Model(path: path)
    self.model = model
    let rounding = arguments.text("rounding").flatMap(Rounding.init) ?? .halfUp
    self.rounding = rounding
    let card = try FoundCard.find(for: model, at: arguments.text("card"))
    self.card = card
    let devices = try ModelDevices(for: model, arguments)
    self.devices = devices
    device = devices.device
    task = wantsTensors ? .tensors : Self.task(of: model, card?.card)
    session = try Session(
      model: model, device: devices.device, host: devices.host, scope: task == .tensors ? .whole : .beforeTail)
    let isOnly = session.inputs.count == 1
    feeders = try session.inputs.map { port throws in
      guard port.shape.rank == 0 || port.shape[0] == 1 else {
        throw CommandError(
          .invalidInput,
          "\(path): input \(port.name.printable) takes \(port.shape[0]) frames at once; only models of one frame run yet"
        )
      }
      return try InputFeeder(port, card: isOnly ? card?.card : nil, rounding: rounding)
    }
    let lastType = session.outputs.first.flatMap { model.index(of: $0.name) }.map { model.graph.operations[$0].type }
    endsWithSoftmax = lastType == "softmax"
  }

  /// The number of classes that the output tells apart: the extent of its last axis.
  var classCount: Int { session.outputs.first.map { $0.shape.rank > 0 ? $0.shape[-1] : 1 } ?? 1 }

  /// The colours of the labels.
  var palette: Palette { card?.card.palette ?? Palette(labelCount: classCount) }

  /// The name of a label.
  func label(_ index: Int) -> String { card?.card.label(index) ?? "class \(index)" }

  /// Says what runs, on what, and what the card assumes.
  ///
  /// - Parameter printsDevice: Whether the standard output names a device that is none; not where a report names it.
  func announce(_ console: Console, printsDevice: Bool = true) throws(CommandError) {
    if let card {
      console.note("card: \(card.line)")
      for assumption in card.card.assumed { console.note("  assumed: \(assumption.printable)") }
    } else {
      console.note(
        "card: none found; NPY input of the model's shape only (a card is \(ModelCard.path(besideModelAt: path)))")
    }
    try devices.announce(console, printsText: printsDevice && !console.isJSON)
    console.note("device: \(device.description.line)")
    if console.isVerbose { console.note("memory: \(session.jobByteCount.grouped) bytes for the tensors of one job") }
  }

  /// What runs where, for the statistics socket.
  ///
  /// - Parameter latency: What the latencies of the command are of.
  func subject(
    of command: String, latency: String = "job handed in to outputs there"
  ) -> RunStatistics.Subject {
    RunStatistics.Subject(command: command, model: path, device: device.description, latency: latency)
  }

  /// The card in a report, `null` where there is none.
  var cardJSON: JSONValue { .optional(card) { $0.json } }

  /// What the card says; without one, a softmax shows that the output tells classes apart.
  private static func task(of model: Model, _ card: ModelCard?) -> Task {
    switch card?.task {
    case .classification: return .classification
    case .segmentation: return .segmentation
    case .regression: return .tensors
    case nil:
      guard model.outputs.count == 1, model.graph.operations[model.outputs[0]].type == "softmax" else {
        return .tensors
      }
      let shape = model.graph.operations[model.outputs[0]].output.shape
      return shape.rank == 4 && shape[1] * shape[2] > 1 ? .segmentation : .classification
    }
  }
}
