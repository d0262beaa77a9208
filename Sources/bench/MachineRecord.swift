#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// What a record of measurements says of the machine and the build.
struct MachineRecord: Encodable {
  /// The processor's name.
  let processor: String
  /// Processors that the system shows.
  let processorCount: Int
  /// The instruction sets that matter for int8.
  let flags: [String]
  /// The kernel's release.
  let kernel: String
  /// Processes that wanted to run in the last minute: above 0 the times may be too long.
  let loadAverage: Double?
  /// The compiler that built this program.
  let compiler = Self.compilerVersion
  /// `release` or `debug`.
  let configuration = Self.configuration

  /// Looks at the machine.
  static func current() -> MachineRecord {
    let lines = text(of: "/proc/cpuinfo").split(separator: "\n")
    func values(_ key: String) -> [String] {
      lines.compactMap { line in
        let parts = line.split(separator: ":", maxSplits: 1)
        guard parts.count == 2, parts[0].trimmingSuffix(while: \.isWhitespace) == key else { return nil }
        return String(parts[1].drop(while: \.isWhitespace))
      }
    }
    let known = Set((values("flags") + values("Features")).flatMap { $0.split(separator: " ").map(String.init) })
    return MachineRecord(
      processor: values("model name").first ?? values("CPU part").first ?? "unknown",
      processorCount: values("processor").count,
      flags: flagsOfInterest.filter(known.contains),
      kernel: text(of: "/proc/sys/kernel/osrelease").split(separator: "\n").first.map(String.init) ?? "unknown",
      loadAverage: text(of: "/proc/loadavg").split(separator: " ").first.flatMap { Double($0) })
  }

  /// The build configuration of this program.
  static var configuration: String {
    #if DEBUG
      "debug"
    #else
      "release"
    #endif
  }

  private static var compilerVersion: String {
    #if compiler(>=6.4)
      "Swift 6.4 or newer"
    #elseif compiler(>=6.3)
      "Swift 6.3"
    #elseif compiler(>=6.2)
      "Swift 6.2"
    #elseif compiler(>=6.1)
      "Swift 6.1"
    #else
      "Swift 6.0"
    #endif
  }

  private static let flagsOfInterest = [
    "avx2", "avx_vnni", "avx512f", "avx512bw", "avx512vl", "avx512_vnni", "amx_tile", "amx_int8", "asimd", "asimddp",
    "i8mm", "sve",
  ]

  private static func text(of path: String) -> String {
    (try? String(contentsOfFile: path, encoding: .utf8)) ?? ""
  }
}

extension Substring {
  fileprivate func trimmingSuffix(while isDropped: (Character) -> Bool) -> Substring {
    var rest = self
    while let last = rest.last, isDropped(last) { rest.removeLast() }
    return rest
  }
}
