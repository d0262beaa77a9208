import Devices
import JSONValues

/// A device as `--device` names it; a further one is a case here and an arm in `ModelDevices`.
enum DeviceKind: String, CaseIterable {
  /// Executes the graph.
  case software
  /// Executes the compiled instructions on a model of the board.
  case simulated
  /// The board, through XRT.
  case xrt
  /// No DPU at all: jobs take the time that they would, and compute nothing.
  case paced
}

/// The options by which a device is chosen.
enum DeviceOptions {
  /// The options for devices that compute, with the board where there is one and nothing is chosen.
  static let options = options(among: computing, fallback: usual)
  /// The same and the paced device, for commands that measure.
  static let optionsToMeasure =
    options(among: DeviceKind.allCases, fallback: usual) + [PacedDevice.option]

  private static let computing: [DeviceKind] = [.software, .simulated, .xrt]
  private static let usual = "xrt on a board, elsewhere software"

  /// The options.
  ///
  /// - Parameters:
  ///   - kinds: The devices to choose from.
  ///   - fallback: The device where nothing is chosen, in words.
  static func options(among kinds: [DeviceKind], fallback: String) -> [Option] {
    [
      Option(
        "device", short: "d", takes: .choice(kinds.map(\.rawValue)), fallback: fallback,
        "where the DPU subgraphs run"),
      Option(
        "threads", short: "t", takes: .integer("N", 1...256), fallback: "one per processor",
        "threads of the software device, which also runs the CPU subgraphs"),
      Option(
        "order-seed", takes: .integer("N", 0...Int.max), fallback: "the program's order",
        "simulated device: a random order of instructions that their tokens allow"),
      Option(
        "xclbin", takes: .text("FILE"), fallback: "that of the loaded overlay, or of AMD's runtime",
        "xrt: what the board's programmable logic holds"),
      Option(
        "xrt-library", takes: .text("FILE"), fallback: "libxrt_core.so.2 in XILINX_XRT, of the system, in /opt",
        "xrt: the library to reach the board"),
      Option("assume-programmed", "xrt: takes the PL to hold the design of the xclbin where nothing tells"),
      Option(
        "root", takes: .text("DIR"), fallback: "/",
        "xrt: looks for /sys, /proc, /dev, /run and /etc there, for a board in a library"),
    ]
  }
}

extension DeviceDescription {
  /// The device for a person: `software (AVX2, 2 threads)`.
  var line: String { "\(kind) (\(detail))" }

  /// The device in a report.
  var json: JSONValue { .object(["kind": .string(kind), "detail": .string(detail)]) }
}
