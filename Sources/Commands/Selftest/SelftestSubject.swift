import Devices
import SoftwareDPU
import XModel
import XRTDPU

/// What a self-test looks at: a device without cores, or the cores behind a port.
struct SelftestSubject {
  private let devices: ModelDevices

  /// Takes what the arguments chose.
  init(_ devices: ModelDevices) { self.devices = devices }

  /// Whether the software device itself is tested.
  var isSoftware: Bool { devices.port == nil }

  /// What the device says of itself.
  var description: DeviceDescription { devices.device.description }

  /// Which files the device was opened with.
  var notes: [String] { devices.notes }

  /// The configuration of the first core, `nil` for a device that takes any model.
  var fingerprint: Fingerprint? { devices.port.flatMap { try? $0.fingerprint(ofCore: 0) } }

  /// The number of cores; a device without cores is tested once.
  var coreCount: Int { devices.port?.coreCount ?? 1 }

  /// Tests a core, or a device without cores.
  ///
  /// - Parameters:
  ///   - model: `nil` where there is none for the core.
  ///   - golden: What the model answers on the reference.
  func test(_ number: Int, model: Model?, golden: CoreSelftest.Golden?) -> CoreSelftest {
    guard let port = devices.port else {
      guard let model, let golden else { preconditionFailure("a device without cores is tested with a model") }
      return CoreSelftest(devices.device, model: model, golden: golden)
    }
    let hasDriver = devices.boardPort.map { !$0.isFake } ?? false
    return CoreSelftest(number, name: devices.boardPort?.coreNames[number], of: port, model: model, golden: golden) {
      hasDriver ? InterruptCount.ofDriver(in: SystemTree().text("/proc/interrupts") ?? "") : nil
    }
  }
}

/// Interrupts of XRT's driver.
enum InterruptCount {
  /// All that the driver has had, on all processors; `nil` where it has no line.
  ///
  /// - Parameter text: The text of `/proc/interrupts`: a line for each source, a count for each processor.
  static func ofDriver(in text: String) -> Int? {
    let lines = text.split(separator: "\n").filter { $0.contains("zocl") }
    guard !lines.isEmpty else { return nil }
    return lines.reduce(0) { sum, line in
      sum + line.split(separator: " ").dropFirst().prefix { Int($0) != nil }.reduce(0) { $0 + (Int($1) ?? 0) }
    }
  }
}
