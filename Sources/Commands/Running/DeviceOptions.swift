import Devices

/// A device as `--device` names it; a further one is a case here and an arm in `ModelDevices`.
enum DeviceKind: String, CaseIterable {
  /// Executes the graph.
  case software
  /// Executes the compiled instructions on a model of the board.
  case simulated
}

/// The options by which a device is chosen.
enum DeviceOptions {
  /// The options, with the software device where nothing is chosen.
  static let options = options(among: DeviceKind.allCases, fallback: .software)

  /// The options.
  ///
  /// - Parameters:
  ///   - kinds: The devices to choose from.
  ///   - fallback: The device where nothing is chosen.
  static func options(among kinds: [DeviceKind], fallback: DeviceKind) -> [Option] {
    [
      Option(
        "device", short: "d", takes: .choice(kinds.map(\.rawValue)), fallback: fallback.rawValue,
        "where the DPU subgraphs run"),
      Option(
        "threads", short: "t", takes: .integer("N", 1...256), fallback: "one per processor",
        "threads of the software device, which also runs the CPU subgraphs"),
      Option(
        "order-seed", takes: .integer("N", 0...Int.max), fallback: "the program's order",
        "simulated device: a random order of instructions that their tokens allow"),
    ]
  }
}

extension DeviceDescription {
  /// The device for a person: `software (AVX2, 2 threads)`.
  var line: String { "\(kind) (\(detail))" }

  /// The device in a report.
  var json: JSONValue { .object(["kind": .string(kind), "detail": .string(detail)]) }
}
