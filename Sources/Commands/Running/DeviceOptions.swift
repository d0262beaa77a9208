import Devices
import SoftwareDPU

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// The options by which a device is chosen, and the device that they choose.
enum DeviceOptions {
  /// The options.
  static let options: [Option] = [
    Option("device", short: "d", takes: .choice(["software"]), fallback: "software", "where the DPU subgraphs run"),
    Option(
      "threads", short: "t", takes: .integer("N", 1...256), fallback: "one per processor",
      "threads of the software device"),
  ]

  /// Makes the device that the arguments choose.
  static func device(_ arguments: Arguments) -> SoftwareDevice {
    SoftwareDevice(threadCount: arguments.integer("threads") ?? processorCount)
  }

  /// The processors that this process may use.
  private static var processorCount: Int { max(1, min(256, ProcessInfo.processInfo.activeProcessorCount)) }
}

extension DeviceDescription {
  /// The device for a person: `software (AVX2, 2 threads)`.
  var line: String { "\(kind) (\(detail))" }

  /// The device in a report.
  var json: JSONValue { .object(["kind": .string(kind), "detail": .string(detail)]) }
}
