import Devices
import JSONValues
import SimulatedDPU
import Tensors
import XModel

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// What was measured with what: enough to find program, model and machine again.
struct Provenance: Sendable {
  /// The running program.
  struct Binary: Sendable {
    let version: String
    let sha256: String?
    let configuration: String
  }

  let binary: Binary
  let modelPath: String
  let modelSHA256: String
  let fingerprint: Fingerprint?
  let device: DeviceDescription
  /// What each core was built for.
  ///
  /// - Units: MHz
  let megahertz: [Int]
  let processor: String
  let processorCount: Int
  let threadCount: Int
  let kernel: String
  /// Processes that wanted to run in the last minute, before the first frame.
  let load: Double?
  /// When the measurement began, in UTC.
  let date: String

  /// Looks at everything, before measuring.
  init(_ subject: BenchSubject, threadCount: Int?) throws {
    let loaded = subject.loaded
    binary = Binary(
      version: DPUProgram.version,
      sha256: (try? MappedFile(path: "/proc/self/exe")).map { $0.withUnsafeBytes { SHA256.hexDigest(of: $0) } },
      configuration: Self.configuration)
    modelPath = loaded.path
    modelSHA256 = try MappedFile(path: loaded.path).withUnsafeBytes { SHA256.hexDigest(of: $0) }
    fingerprint = loaded.model.partitions.lazy.compactMap { $0.program?.fingerprint }.first.map { Fingerprint($0) }
    device = loaded.device.description
    megahertz = loaded.clocks
    processor = Self.processorName
    processorCount = ModelDevices.processorCount
    self.threadCount = threadCount ?? ModelDevices.processorCount
    kernel = Self.firstLine(of: "/proc/sys/kernel/osrelease") ?? "unknown"
    load = Self.firstLine(of: "/proc/loadavg")?.split(separator: " ").first.flatMap { Double($0) }
    date = Self.date(Date())
  }

  /// The clocks in words.
  var clocks: String {
    megahertz.isEmpty
      ? "not told by the device"
      : megahertz.map { "\($0) MHz" }.joined(separator: ", ") + " (what the cores were built for)"
  }

  /// The facts for a person.
  var facts: [(String, String)] {
    [
      (
        "program",
        "dpu \(binary.version), \(binary.configuration) build, sha256 \(binary.sha256 ?? "not readable"); source revision "
          + "not recorded in it"
      ),
      ("model", "\(modelPath.printable), sha256 \(modelSHA256)"),
      ("compiled for", fingerprint.map { "\($0) (\($0.hexadecimal))" } ?? "no core is named"),
      ("device", device.line), ("clocks", clocks),
      (
        "machine",
        "\(processor), \(processorCount) processor\(processorCount == 1 ? "" : "s"), Linux \(kernel), load "
          + "\(load.map { $0.formatted(decimals: 2) } ?? "not known") before; \(threadCount) thread\(threadCount == 1 ? "" : "s") "
          + "for what runs on the CPU"
      ),
      ("date", date),
    ]
  }

  /// The facts as the member `provenance`.
  var json: JSONValue {
    .object([
      "dpu": .string(binary.version), "build": .string(binary.configuration),
      "executable_sha256": .optional(binary.sha256) { .string($0) }, "source_revision": .null,
      "model": .string(modelPath), "model_sha256": .string(modelSHA256),
      "fingerprint": .optional(fingerprint) { .string($0.hexadecimal) },
      "device": device.json, "core_mhz": .integers(megahertz), "processor": .string(processor),
      "processors": .integer(processorCount), "threads": .integer(threadCount), "kernel": .string(kernel),
      "load": .optional(load) { .number($0) }, "date": .string(date),
    ])
  }

  private static var configuration: String {
    #if DEBUG
      "debug"
    #else
      "release"
    #endif
  }

  private static var processorName: String {
    let lines = (text(of: "/proc/cpuinfo") ?? "").split(separator: "\n")
    for key in ["model name", "Model", "CPU part"] {
      for line in lines {
        let parts = line.split(separator: ":", maxSplits: 1)
        let name = parts.first.map { String($0.prefix { $0 != "\t" }) }
        if parts.count == 2, name == key { return String(parts[1].drop { $0 == " " }) }
      }
    }
    return "processor that does not tell its name"
  }

  private static func text(of path: String) -> String? { try? String(contentsOfFile: path, encoding: .utf8) }

  private static func firstLine(of path: String) -> String? {
    text(of: path)?.split(separator: "\n").first.map(String.init)
  }

  /// `2026-11-21T12:00:00Z`.
  private static func date(_ date: Date) -> String {
    let seconds = Int(date.timeIntervalSince1970)
    let (days, second) = (seconds / 86400, seconds % 86400)
    // Days to a date of the Gregorian calendar, counted in eras of 400 years that begin in March.
    let shifted = days + 719_468
    let (era, dayOfEra) = (shifted / 146_097, shifted % 146_097)
    let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let part = (5 * dayOfYear + 2) / 153
    let day = dayOfYear - (153 * part + 2) / 5 + 1
    let month = part < 10 ? part + 3 : part - 9
    let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
    func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
    return "\(year)-\(two(month))-\(two(day))T\(two(second / 3600)):\(two(second / 60 % 60)):\(two(second % 60))Z"
  }
}

extension LoadedModel {
  /// What each core of the device was built for, where it tells.
  ///
  /// - Units: MHz
  var clocks: [Int] {
    guard let port, !(port is PacedPort) else { return [] }
    return (0..<port.coreCount).compactMap { core in
      (try? CoreIdentity(ofCore: core, of: port)).map(\.megahertz).flatMap { $0 > 0 ? $0 : nil }
    }
  }
}
