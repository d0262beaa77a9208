import Devices
import SimulatedDPU
import SoftwareDPU
import XModel
import XRTDPU

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// What a model runs on: the only place that makes devices.
struct ModelDevices {
  /// Runs the DPU subgraphs.
  let device: any Device
  /// Runs the CPU subgraphs; the same as the device where that is the software device.
  let host: SoftwareDevice
  /// The way to the device's cores, `nil` for a device without cores.
  let port: (any Port)?
  /// What else is to be said of the device: which files it came through.
  let notes: [String]
  /// What a person should look at before trusting the device.
  let warnings: [String]
  /// The UUID of the xclbin and the name of the board, of a device that is one.
  let board: (xclbinUUID: String, title: String?)?

  /// Whether jobs only take time, so that results mean nothing.
  var isPaced: Bool { port is PacedPort }

  /// The way to the board, where there is one or a library that stands for one.
  var boardPort: XRTPort? { port as? XRTPort }

  /// Says which files the device came through, where it came through any.
  ///
  /// A board in a library, and a device that computes nothing, are named on the standard output too, whatever is
  /// silenced: nobody may take their results for those of a board.
  ///
  /// - Parameter printsText: Whether the standard output is for people; in JSON the device is a member.
  func announce(_ console: Console, printsText: Bool) throws(CommandError) {
    for note in notes { console.note(note) }
    for warning in warnings { console.warn(warning) }
    if boardPort?.isFake == true || isPaced, printsText { try console.print("device: \(device.description.line)") }
  }

  /// Makes the device that the arguments choose.
  ///
  /// - Parameter fallback: The device where nothing is chosen; `nil` is the board where there is one, else software.
  /// - Throws: An error of usage for options that don't go together, or what the device says of the model.
  init(for model: Model, _ arguments: Arguments, fallback: DeviceKind? = nil) throws {
    let wishes = OpenedBoard.Wishes(arguments)
    let chosen = arguments.text("device").flatMap(DeviceKind.init) ?? fallback
    let kind = chosen ?? (RenderNode.isPresent(in: wishes.tree) ? .xrt : .software)
    let orderSeed = arguments.integer("order-seed")
    let milliseconds = arguments.number("paced-ms")
    let uses: [(option: String, owner: DeviceKind, isUsed: Bool)] =
      [
        ("order-seed", .simulated, orderSeed != nil), ("assume-programmed", .xrt, wishes.assumesProgrammed),
        ("paced-ms", .paced, milliseconds != nil),
      ]
      + ["xclbin", "xrt-library", "root"].map { ($0, .xrt, arguments.text($0) != nil) }
    for use in uses where use.isUsed && kind != use.owner {
      throw CommandError(
        .usage, "option '--\(use.option)' is for --device \(use.owner.rawValue), not for \(kind.rawValue)")
    }
    // Frames side by side share the threads.
    let coreCount = arguments.integer("cores") ?? 1
    let threadCount = arguments.integer("threads") ?? Self.processorCount
    host =
      kind == .software
      ? SoftwareDevice(threadCount: max(1, threadCount / coreCount), coreCount: coreCount)
      : SoftwareDevice(threadCount: threadCount)
    var board: (xclbinUUID: String, title: String?)?
    switch kind {
    case .software: (device, port, notes, warnings) = (host, nil, [], [])
    case .simulated:
      let simulated = try Self.simulatedPort(for: model, coreCount: coreCount, orderSeed: orderSeed)
      (device, port, notes, warnings) = (try DPUDevice(simulated), simulated, [], [])
    case .paced:
      let paced = try PacedDevice.port(for: model, coreCount: coreCount, milliseconds: milliseconds)
      (device, port, notes, warnings) = (try DPUDevice(paced.port), paced.port, [paced.note], [])
    case .xrt:
      let opened = try OpenedBoard(wishes)
      (device, port, notes, warnings) = (try DPUDevice(opened.port), opened.port, opened.notes, opened.warnings)
      board = (opened.xclbinUUID, opened.title)
    }
    self.board = board
  }

  /// A board in this process with cores of the kind that a model is compiled for.
  ///
  /// - Throws: `.unsupported` for a model without instructions, or for another core than can be simulated.
  private static func simulatedPort(
    for model: Model, coreCount: Int, orderSeed: Int?
  ) throws(DeviceError) -> SimulatedPort {
    var fingerprints: [Fingerprint] = []
    for partition in model.partitions where partition.kind == .dpu {
      fingerprints.append(try ProgramMemory(partition, of: model).fingerprint)
    }
    guard let fingerprint = fingerprints.first else {
      let isCompiled = !model.partitions.contains { $0.kind == .unassigned }
      throw DeviceError(
        .unsupported,
        isCompiled
          ? "\(model.path): the model has no DPU subgraph, so there are no instructions to simulate; use --device software"
          : "\(model.path): the model is quantized but not compiled, so it has no instructions (mc_code) to simulate; "
            + "compile it with vai_c first")
    }
    var configuration = SimulatedPort.Configuration(fingerprint: fingerprint)
    configuration.coreCount = coreCount
    if let orderSeed { configuration.order = .random(seed: UInt64(orderSeed)) }
    do { return try SimulatedPort(configuration) } catch { throw error.during(model.path) }
  }

  /// The processors that this process may use.
  static var processorCount: Int { max(1, min(256, ProcessInfo.processInfo.activeProcessorCount)) }
}
