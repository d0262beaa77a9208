import Devices
import SimulatedDPU
import SoftwareDPU
import XModel

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

  /// Makes the device that the arguments choose.
  ///
  /// - Parameter fallback: The device where nothing is chosen.
  /// - Throws: An error of usage for options that don't go together, or what the device says of the model.
  init(for model: Model, _ arguments: Arguments, fallback: DeviceKind = .software) throws {
    let kind = arguments.text("device").flatMap(DeviceKind.init) ?? fallback
    let orderSeed = arguments.integer("order-seed")
    guard orderSeed == nil || kind == .simulated else {
      throw CommandError(.usage, "option '--order-seed' is for --device simulated, not for \(kind.rawValue)")
    }
    host = SoftwareDevice(threadCount: arguments.integer("threads") ?? Self.processorCount)
    switch kind {
    case .software: device = host
    case .simulated: device = try DPUDevice(Self.simulatedPort(for: model, orderSeed: orderSeed))
    }
  }

  /// A board in this process with one core of the kind that a model is compiled for.
  ///
  /// - Throws: `.unsupported` for a model without instructions, or for another core than can be simulated.
  private static func simulatedPort(for model: Model, orderSeed: Int?) throws(DeviceError) -> SimulatedPort {
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
    if let orderSeed { configuration.order = .random(seed: UInt64(orderSeed)) }
    do { return try SimulatedPort(configuration) } catch { throw error.during(model.path) }
  }

  /// The processors that this process may use.
  private static var processorCount: Int { max(1, min(256, ProcessInfo.processInfo.activeProcessorCount)) }
}
