import Devices
import SimulatedDPU
import XModel

/// A device without a DPU, whose jobs take as long as those of a model would: for measuring the host around them.
enum PacedDevice {
  /// The option that sets the time.
  static let option = Option(
    "paced-ms", takes: .number("MS", 0.001...60_000),
    fallback: "what 'dpu predict' says at \(BoardFigures.zcu104.title)'s clock",
    "paced device: how long the DPU subgraphs of a frame take")

  /// Makes a port for a model.
  ///
  /// - Parameter milliseconds: How long the DPU subgraphs of a frame take together, `nil` for what is predicted.
  /// - Returns: The port, and a line that says where its time comes from.
  /// - Throws: For a model without instructions, and for one that can't be predicted where no time is given.
  static func port(
    for model: Model, coreCount: Int, milliseconds: Double?
  ) throws -> (port: PacedPort, note: String) {
    let partitions = model.partitions.filter { $0.kind == .dpu }
    guard let first = partitions.first else {
      throw CommandError(.invalidInput, "\(model.path): the model has no DPU subgraph for a paced device")
    }
    let fingerprint = try ProgramMemory(first, of: model).fingerprint
    let frameTime: Duration
    let origin: String
    if let milliseconds {
      frameTime = .nanoseconds(Int64((milliseconds * 1e6).rounded()))
      origin = "as given"
    } else {
      let megahertz = BoardFigures.zcu104.megahertz ?? 300
      frameTime = try PredictedFrame(model, for: "paced device").time(atMegahertz: megahertz)
      origin = "predicted for \(BoardFigures.zcu104.title) at \(megahertz.plain) MHz"
    }
    let port = PacedPort(
      .init(fingerprint: fingerprint, coreCount: coreCount, jobTime: frameTime / partitions.count))
    return (
      port,
      "paced: jobs only take time and compute nothing; \((frameTime.seconds * 1000).formatted(decimals: 3)) ms for the "
        + "\(partitions.count == 1 ? "DPU subgraph" : "\(partitions.count) DPU subgraphs") of a frame (\(origin))"
    )
  }
}
