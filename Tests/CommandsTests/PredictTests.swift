import Foundation
import TestSupport
import Testing

/// What `dpu predict --json` says, as far as tests look at it.
private struct Report: Decodable {
  struct Board: Decodable {
    let name: String
    let image: String?
  }
  struct Engine: Decodable {
    let engine: String
    let instructions: Int
    let busy_cycles: Int
    let occupancy: Double
  }
  struct Superlayer: Decodable {
    let name: String?
    let instructions: Int
    let added_cycles: Int
    let loaded_bytes: Int
    let macs: Int
  }
  struct Subgraph: Decodable {
    let subgraph: Int
    let fingerprint: String
    let cycles: Int
    let seconds: Double
    let superlayers: [Superlayer]
  }
  struct Predicted: Decodable {
    let expected_error: String
    let known_error: String
    let fitted_on: String
    let outside_fit: [String]
    let frames_per_second: Double
    let seconds: Double
    let cycles: Int
    let ideal_seconds: Double
    let macs: Int
    let mac_use: Double
    let conv_occupancy: Double
    let busiest_engine: String
    let loaded_bytes: Int
    let saved_bytes: Int
    let engines: [Engine]
    let subgraphs: [Subgraph]
  }
  let schema: String
  let board: Board
  let clock_mhz: Double
  let clock_given: Bool
  let cores: Int
  let cores_given: Bool
  let what_if: String?
  let predicted: Predicted
  let trace: String?

  init(_ arguments: [String]) throws {
    let outcome = try BuiltProgram.run(["predict", "--json"] + arguments)
    #expect(outcome.code == 0, "\(outcome.messages)")
    self = try JSONDecoder().decode(Report.self, from: Data(outcome.output.utf8))
  }
}

/// The file of `--trace`.
private struct Trace: Decodable {
  struct Event: Decodable {
    struct Arguments: Decodable {
      let superlayer: String?
      let bytes: Int?
    }
    let ph: String
    let pid: Int
    let tid: Int
    let ts: Double?
    let dur: Double?
    let args: Arguments
  }
  let otherData: [String: String]
  let traceEvents: [Event]

  var spans: [Event] { traceEvents.filter { $0.ph == "X" } }
}

@Suite struct PredictTests {
  static let small = "sample/compiled/b4096.xmodel"
  static let foreign = "sample/compiled/b1024.xmodel"

  @Test("marks what it says as predicted, with the known error and the range")
  func text() throws {
    let outcome = try BuiltProgram.run(["predict", Self.small, "--board", "zcu104"])
    #expect(outcome.code == 0 && outcome.messages.isEmpty)
    let lines = outcome.output.split(separator: "\n")
    #expect(lines[0] == "\(Self.small) on ZCU104: predicted, not measured")
    for start in ["  expected error  10 %", "  known error     2.5 %", "  fitted on       2 measured programs"] {
      #expect(lines.contains { $0.hasPrefix(start) }, "\(start)")
    }
    for start in ["  time ", "  speed ", "  CONV engine ", "  busiest engine ", "Engines ", "Superlayers "] {
      #expect(lines.contains { $0.hasPrefix(start) && $0.contains("predicted") }, "\(start)")
    }
    #expect(outcome.output.contains(#"the rest stands under "shared""#))
  }

  @Test("speed follows from time, cores and clock")
  func speed() throws {
    let usual = try Report([Self.small, "-b", "zcu104"])
    #expect(usual.schema == "dpu.predict/1")
    #expect(usual.board.name == "zcu104" && usual.board.image == "Vitis AI 1.3 to 2.0")
    #expect(usual.clock_mhz == 300 && !usual.clock_given && usual.cores == 2 && !usual.cores_given)
    #expect(usual.what_if == nil && usual.trace == nil)
    #expect(usual.predicted.outside_fit.isEmpty)
    #expect(abs(usual.predicted.frames_per_second * usual.predicted.seconds - 2) < 1e-9)
    #expect(abs(usual.predicted.seconds * 300e6 - Double(usual.predicted.cycles)) < 1e-6)
    #expect(usual.predicted.ideal_seconds < usual.predicted.seconds)
    let slow = try Report([Self.small, "-b", "zcu104", "--clock", "112.5", "--cores=3"])
    #expect(slow.clock_mhz == 112.5 && slow.clock_given && slow.cores == 3 && slow.cores_given)
    #expect(slow.predicted.cycles == usual.predicted.cycles)
    #expect(abs(slow.predicted.frames_per_second / usual.predicted.frames_per_second - 112.5 / 300 * 1.5) < 1e-9)
    #expect(slow.predicted.outside_fit.count == 2)
  }

  @Test("the sums are those of engines, subgraphs and superlayers")
  func sums() throws {
    let report = try Report([Self.small, "-b", "zcu104"]).predicted
    let part = try #require(report.subgraphs.first)
    #expect(report.subgraphs.count == 1 && part.cycles == report.cycles)
    #expect(part.fingerprint == "0x1000020f6014407")
    #expect(part.superlayers.reduce(0) { $0 + $1.added_cycles } == part.cycles)
    #expect(part.superlayers.reduce(0) { $0 + $1.loaded_bytes } == report.loaded_bytes)
    // 8 x 8 x 16 outputs of 3 x 3 x 3 weights, and 4 x 4 x 16 of 16.
    #expect(report.macs == 8 * 8 * 16 * 27 + 4 * 4 * 16 * 16)
    #expect(part.superlayers.reduce(0) { $0 + $1.macs } == report.macs)
    #expect(abs(report.mac_use - Double(report.macs) / (2048 * Double(report.cycles))) < 1e-12)
    #expect(report.engines.map(\.engine) == ["load", "save", "conv", "misc"])
    let instructions = report.engines.reduce(0) { $0 + $1.instructions }
    #expect(instructions == part.superlayers.reduce(0) { $0 + $1.instructions })
    #expect(report.conv_occupancy == report.engines[2].occupancy)
    let busiest = report.engines.max { $0.busy_cycles < $1.busy_cycles }
    #expect(report.busiest_engine == busiest?.engine)
    #expect(part.superlayers.last?.name == nil)
  }

  @Test("a model for another core is refused with both sides in words, unless asked what if")
  func whatIf() throws {
    let refused = try BuiltProgram.run(["predict", Self.foreign, "-b", "kv260"])
    #expect(refused.code == 3 && refused.output.isEmpty)
    #expect(refused.messages.contains("compiled for DPUCZDX8G ISA1 B1024: 2 image bank groups"))
    #expect(refused.messages.contains("images of the Kria KV260 have DPUCZDX8G ISA1 B4096: 2 image bank groups"))
    let text = try BuiltProgram.run(["predict", Self.foreign, "-b", "kv260", "--what-if"])
    #expect(text.code == 0)
    #expect(text.messages.hasPrefix("dpu: warning: what if: the model is compiled for DPUCZDX8G ISA1 B1024"))
    #expect(text.output.contains("\n  what if         the model is compiled for DPUCZDX8G ISA1 B1024"))
    let report = try Report([Self.foreign, "-b", "kv260", "--what-if"])
    #expect(report.what_if?.contains("but images of the Kria KV260 have") == true)
    #expect(report.board.image == nil)
    #expect(report.predicted.outside_fit.first == "ISA1 B1024 (0x101000016010402)")
    // A model that fits is not a what-if.
    #expect(try Report([Self.small, "-b", "zcu104", "--what-if"]).what_if == nil)
  }

  @Test("writes a time line with the engines' rows, whose spans end with the program")
  func trace() throws {
    try TemporaryFolder.with { folder in
      let path = folder.appendingPathComponent("line.json").path
      let report = try Report([Self.small, "-b", "zcu104", "--trace", path])
      #expect(report.trace == path)
      let trace = try JSONDecoder().decode(Trace.self, from: Data(contentsOf: URL(fileURLWithPath: path)))
      #expect(trace.otherData["predicted"] == "not measured")
      #expect(trace.otherData["known error"] == report.predicted.known_error)
      #expect(Set(trace.spans.map { $0.tid / 10 }) == [1, 2, 3, 4])
      let end = trace.spans.compactMap { span in span.ts.flatMap { start in span.dur.map { start + $0 } } }.max()
      #expect(abs((end ?? 0) - report.predicted.seconds * 1e6) < 0.001)
      let bytes = trace.spans.reduce(0) { $0 + ($1.args.bytes ?? 0) }
      #expect(bytes == report.predicted.loaded_bytes + report.predicted.saved_bytes)
      #expect(trace.spans.allSatisfy { $0.args.superlayer != nil })
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["line.json"])
    }
  }

  @Test("a time line that can't be written is an error, and nothing is printed")
  func unwritable() throws {
    for (path, reason) in [
      ("/nowhere/line.json", "cannot create the file: No such file or directory"),
      ("Sources", "cannot write the file: Is a directory"),
    ] {
      let outcome = try BuiltProgram.run(["predict", Self.small, "-b", "zcu104", "--trace", path])
      #expect(outcome.code == 3 && outcome.output.isEmpty)
      #expect(outcome.messages == "dpu: error: \(path): \(reason)\n")
    }
  }

  @Test("never writes the time line over the model")
  func ownModel() throws {
    try TemporaryFolder.with { folder in
      let model = folder.appendingPathComponent("model.xmodel")
      let content = try Data(contentsOf: Repository.root.appendingPathComponent(Self.small))
      try content.write(to: model)
      let link = folder.appendingPathComponent("link.json")
      try FileManager.default.createSymbolicLink(at: link, withDestinationURL: model)
      for path in [model.path, link.path] {
        let outcome = try BuiltProgram.run(["predict", model.path, "-b", "zcu104", "--trace", path])
        #expect(outcome.code == 2)
        #expect(outcome.messages.contains("is the model itself"))
      }
      #expect(try Data(contentsOf: model) == content)
    }
  }

  @Test("a signal ends it with its code", arguments: [(SIGINT, Int32(130)), (SIGTERM, Int32(143))])
  func interruption(signal: Int32, code: Int32) throws {
    try TemporaryFolder.with { folder in
      // Nobody reads from the pipe, so the program waits there.
      let pipe = folder.appendingPathComponent("pipe").path
      #expect(mkfifo(pipe, 0o600) == 0)
      let outcome = try BuiltProgram.run(
        ["predict", Self.small, "-b", "zcu104", "--trace", pipe], signal: (signal, 1.5))
      #expect(outcome.code == code)
      #expect(outcome.messages == "dpu: error: stopped by a signal; nothing is written\n")
    }
  }
}

@Suite(.enabled(if: Shared.isPresent, Comment(rawValue: Shared.absence)))
struct SharedPredictTests {
  @Test(
    "gives the published times of the models that were measured",
    arguments: [("seneca-1M", 5.813, 5.078, 344.0), ("seneca-2M", 7.619, 5.065, 262.5)])
  func published(name: String, milliseconds: Double, ideal: Double, speed: Double) throws {
    let path = try Shared.url("models/more/\(name).xmodel").path
    let report = try Report([path, "-b", "zcu104"])
    #expect(abs(report.predicted.seconds * 1000 - milliseconds) < 0.0005)
    #expect(abs(report.predicted.ideal_seconds * 1000 - ideal) < 0.0005)
    #expect(abs(report.predicted.frames_per_second - speed) < 0.06)
    let text = try BuiltProgram.run(["predict", path, "-b", "zcu104"])
    #expect(text.output.contains("\(milliseconds) ms per frame and core (predicted)"))
  }

  @Test("several subgraphs add up, and follow each other on the time line")
  func subgraphs() throws {
    try TemporaryFolder.with { folder in
      let path = folder.appendingPathComponent("line.json").path
      let model = try Shared.url("models/more/sp_net.xmodel").path
      let report = try Report([model, "-b", "kv260", "--trace", path])
      let parts = report.predicted.subgraphs
      #expect(parts.map(\.subgraph) == [0, 1] && parts.allSatisfy { $0.cycles > 0 })
      #expect(parts.reduce(0) { $0 + $1.cycles } == report.predicted.cycles)
      #expect(abs(report.predicted.frames_per_second * parts.reduce(0) { $0 + $1.seconds } - 1) < 1e-9)
      let trace = try JSONDecoder().decode(Trace.self, from: Data(contentsOf: URL(fileURLWithPath: path)))
      let first = trace.spans.filter { $0.pid == 1 }
      let second = trace.spans.filter { $0.pid == 2 }
      #expect(first.count + second.count == trace.spans.count && !first.isEmpty)
      let border = parts[0].seconds * 1e6
      #expect(first.allSatisfy { ($0.ts ?? 0) + ($0.dur ?? 0) <= border + 0.001 })
      #expect(second.allSatisfy { ($0.ts ?? 0) >= border - 0.001 } && !second.isEmpty)
    }
  }

  // Not in the attribute: Swift 6.0.3 crashes on a closure there.
  private static let compiledModels = ["nerone", "more"].flatMap { folder in
    Shared.files(in: "models/\(folder)", suffix: ".xmodel")
  }

  @Test("predicts every compiled model, on lines without control characters", arguments: compiledModels)
  func everyModel(file: URL) throws {
    let text = try BuiltProgram.run(["predict", file.path, "-b", "ultra96v2", "--clock", "200", "--what-if", "-q"])
    #expect(text.code == 0 && text.messages.isEmpty, "\(text.messages)")
    #expect(text.output.unicodeScalars.allSatisfy { $0 == "\n" || $0.value >= 0x20 && $0.value != 0x7F })
    #expect(text.output.contains("not measured: "))
  }

  @Test(
    "says of a model that is not compiled that it has to be",
    arguments: Shared.files(in: "models/quantized", suffix: ".xmodel"))
  func quantized(file: URL) throws {
    let outcome = try BuiltProgram.run(["predict", file.path, "-b", "zcu104"])
    #expect(outcome.code == 3 && outcome.output.isEmpty)
    #expect(outcome.messages.contains("the model has no DPU subgraph; compile it first"))
    #expect(outcome.messages.split(separator: "\n").count == 1)
  }

  @Test(
    "refuses damaged and foreign files in one line", arguments: Shared.files(in: "models/bad", suffix: ".xmodel"))
  func bad(file: URL) throws {
    let outcome = try BuiltProgram.run(["predict", file.path, "-b", "zcu104"])
    #expect(outcome.code == 3)
    #expect(outcome.output.isEmpty)
    #expect(outcome.messages.hasPrefix("dpu: error: \(file.path): "))
    #expect(outcome.messages.split(separator: "\n").count == 1)
  }
}
