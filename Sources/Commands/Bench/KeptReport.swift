#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// A report of `dpu bench --json` that was kept, as far as it is compared.
struct KeptReport: Decodable, Sendable {
  /// What is read of its provenance.
  struct Provenance: Decodable, Sendable {
    /// What is read of its device.
    struct Device: Decodable, Sendable {
      let kind: String
      let detail: String
    }

    let modelSHA256: String
    let executableSHA256: String?
    let device: Device
    let processor: String
    let threads: Int
    let date: String

    private enum CodingKeys: String, CodingKey {
      case device, processor, threads, date
      case modelSHA256 = "model_sha256"
      case executableSHA256 = "executable_sha256"
    }
  }

  /// What is read of a phase.
  struct Phase: Decodable, Sendable {
    /// What is read of its windows.
    struct Stability: Decodable, Sendable { let verdict: Commands.Stability.Verdict }

    let phase: String
    let definition: String
    let frames: Int
    let rate: Double
    let inFlight: Int
    let windowRates: [Double]
    let stability: Stability

    private enum CodingKeys: String, CodingKey {
      case phase, definition, frames, stability
      case rate = "frames_per_second"
      case inFlight = "in_flight"
      case windowRates = "window_rates"
    }
  }

  /// Tells reports of other commands apart.
  private struct Header: Decodable { let schema: String }

  let provenance: Provenance
  let cores: Int
  let frame: String
  let input: BenchInput
  let phases: [Phase]

  /// The rates that a machine can have: from a frame in eleven days to one in a picosecond.
  private static let possibleRates = 1e-6...1e12

  /// Reads a kept report.
  ///
  /// - Throws: For a file that is no report of `dpu bench --json`, or that holds what can't have been measured.
  init(_ path: String) throws {
    let content: Data
    do { content = try Data(contentsOf: URL(fileURLWithPath: path)) } catch {
      throw CommandError(.invalidInput, "\(path): the report to compare with cannot be read")
    }
    let schema = try Self.decode(Header.self, content, path).schema
    guard schema == "dpu.bench/1" else {
      throw CommandError(.invalidInput, "\(path): has the schema \"\(schema.printable)\", expected \"dpu.bench/1\"")
    }
    self = try Self.decode(KeptReport.self, content, path)
    try check(path)
  }

  private func check(_ path: String) throws(CommandError) {
    func refuse(_ member: String, _ found: String, expected: String) -> CommandError {
      CommandError(.invalidInput, "\(path): `\(member)` is \(found), expected \(expected)")
    }
    let rateWords = "frames/s above 0 as they can be measured"
    for (index, phase) in phases.enumerated() {
      let place = "phases[\(index)]"
      guard Self.possibleRates.contains(phase.rate) else {
        throw refuse("\(place).frames_per_second", "\(phase.rate)", expected: rateWords)
      }
      guard phase.frames > 0 else { throw refuse("\(place).frames", "\(phase.frames)", expected: "at least 1") }
      guard !phase.windowRates.isEmpty || phase.frames < RateWindows.leastFrames else {
        throw refuse("\(place).window_rates", "empty", expected: "the rates of windows of \(phase.frames) frames")
      }
      for (window, rate) in phase.windowRates.enumerated() where !Self.possibleRates.contains(rate) {
        throw refuse("\(place).window_rates[\(window)]", "\(rate)", expected: rateWords)
      }
    }
  }

  private static func decode<T: Decodable>(_ type: T.Type, _ content: Data, _ path: String) throws -> T {
    let problem: String
    do { return try JSONDecoder().decode(type, from: content) } catch let error as DecodingError {
      switch error {
      case .keyNotFound(let key, let context): problem = "`\(member(context.codingPath + [key]))` is missing"
      case .valueNotFound(_, let context): problem = "`\(member(context.codingPath))` is null"
      case .typeMismatch(_, let context):
        problem =
          context.codingPath.isEmpty ? "it is no object" : "`\(member(context.codingPath))` is of another kind"
      case .dataCorrupted(let context) where !context.codingPath.isEmpty:
        problem = "`\(member(context.codingPath))` has a value that none has there"
      default: problem = "it is no JSON"
      }
    }
    throw CommandError(.invalidInput, "\(path): is no report of 'dpu bench --json' to compare with: \(problem)")
  }

  /// The place of a member: `phases[1].frames`.
  private static func member(_ path: [any CodingKey]) -> String {
    path.reduce("") { text, key in
      if let index = key.intValue { return "\(text)[\(index)]" }
      return text.isEmpty ? key.stringValue.printable : "\(text).\(key.stringValue.printable)"
    }
  }
}
