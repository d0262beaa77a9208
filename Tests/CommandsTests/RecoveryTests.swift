import Foundation
import TestSupport
import Testing

/// What systemd does after a core was lost, done in its order with the lines of the installed units.
///
/// The order itself (a unit that is part of another is stopped and started before that is started anew) is systemd's, and
/// tested with systemd by scripts/test-package.
@Suite struct RecoveryTests {
  /// The command of a line such as `ExecStart=` of a unit, with its variables and %I filled in.
  private static func command(_ key: String, of unit: String, _ variables: [String: String]) throws
    -> [String]
  {
    let file = Repository.root.appendingPathComponent("systemd/\(unit)")
    let lines = String(decoding: try Data(contentsOf: file), as: UTF8.self).components(
      separatedBy: "\n")
    let line = try #require(lines.first { $0.hasPrefix("\(key)=") }, "\(unit) has a \(key)")
    let words = line.dropFirst(key.count + 1).split(separator: " ").map(String.init)
    #expect(words.first == "/usr/bin/dpu")
    return words.dropFirst().flatMap { word -> [String] in
      if word == "%I" { return [variables["%I"] ?? ""] }
      guard word.hasPrefix("$") else { return [word] }
      let name = word.drop { "${".contains($0) }.prefix { $0 != "}" }
      let value = variables[String(name)] ?? ""
      return word.hasPrefix("${") ? [value] : value.split(separator: " ").map(String.init)
    }
  }

  /// A service over a Unix socket, on a board in a library whose tree is a bench's.
  private struct Surroundings {
    let bench: OverlayBench
    let folder: URL
    let curl: OutsideProgram

    var socket: String { folder.appendingPathComponent("dpu.sock").path }
    var messages: URL { folder.appendingPathComponent("messages") }
    var words: String {
      (try? Data(contentsOf: messages)).map { String(decoding: $0, as: UTF8.self) } ?? ""
    }
    var variables: [String: String] {
      [
        "%I": bench.folder.path, "DPU_OVERLAY_OPTIONS": "--force",
        "DPU_MODELS": folder.appendingPathComponent("models").path,
        "DPU_OPTIONS":
          "--device xrt --xrt-library \(FakeBoard.libraryPath) --root \(bench.kernel.root) "
          + "--listen unix:\(socket) --drain 0 --core-grace 1",
      ]
    }

    /// Puts the sample model into the folder of models.
    func putModel() throws {
      let version = folder.appendingPathComponent("models/sample/1")
      try FileManager.default.createDirectory(at: version, withIntermediateDirectories: true)
      try FileManager.default.copyItem(
        at: ServeTests.sample, to: version.appendingPathComponent("model.xmodel"))
    }

    /// Runs a line of dpu-overlay@.service.
    func overlay(_ key: String) throws -> BuiltProgram.Outcome {
      let command = try RecoveryTests.command(key, of: "dpu-overlay@.service", variables)
      // Only a kernel removes an overlay's attributes with its folder.
      if key == "ExecStop" { try bench.kernel.emptyOverlays() }
      return try bench.kernel.playing {
        try BuiltProgram.run(command + ["--root", bench.kernel.root])
      }
    }

    /// Asks the service; the status follows behind the answer.
    func ask(_ path: String, _ more: [String] = []) throws -> String {
      let options =
        ["-s", "--max-time", "30", "--unix-socket", socket, "-w", " %{http_code}"] + more
      return try curl.run(options + ["http://dpu\(path)"], in: folder).text
    }

    /// Starts the service and waits until it is ready.
    func serve(_ board: String) throws -> Process {
      let process = Process()
      process.executableURL = BuiltProgram.url
      process.arguments = try RecoveryTests.command("ExecStart", of: "dpu.service", variables)
      process.environment = ProcessInfo.processInfo.environment.merging([
        "FAKE_XRT_BOARD": board, "XLNX_DPU_TIMEOUT": "400",
      ]) { $1 }
      try Data().write(to: messages)
      process.standardError = try FileHandle(forWritingTo: messages)
      process.standardOutput = FileHandle.nullDevice
      try process.run()
      for _ in 0..<400 where process.isRunning {
        if try ask("/v2/health/ready").hasSuffix(" 200") { return process }
        usleep(50_000)
      }
      process.terminate()
      throw ServedProgram.Failed(description: words)
    }

    /// Sends a frame of zeros; gives the status.
    func infer() throws -> String {
      struct Metadata: Decodable {
        struct Tensor: Decodable { let shape: [Int] }
        let inputs: [Tensor]
      }
      let text = try ask("/v2/models/sample")
      guard let end = text.lastIndex(of: " ") else { return text }
      guard let metadata = try? JSONDecoder().decode(Metadata.self, from: Data(text[..<end].utf8))
      else {
        return text
      }
      let frame = folder.appendingPathComponent("frame")
      try Data(count: metadata.inputs[0].shape.reduce(1) { $0 * abs($1) }).write(to: frame)
      return try ask(
        "/v2/models/sample/infer",
        [
          "-o", "/dev/null", "-H", "Inference-Header-Content-Length: 0", "--data-binary",
          "@\(frame.path)",
        ])
    }
  }

  static let curlIsThere: Bool = ServeTests.hasCurl

  @Test(
    "a lost core ends the service with code 5; unload, load and start bring it back",
    .enabled(if: curlIsThere, Comment(rawValue: ServeTests.curlAbsence)))
  func lostCore() throws {
    let curl = try #require(ServeTests.curl)
    try OverlayBench.with { bench in
      try ReconstructedTree(folder: URL(fileURLWithPath: bench.kernel.root)).addRenderNode()
      try TemporaryFolder.with { folder in
        let here = Surroundings(bench: bench, folder: folder, curl: curl)
        try here.putModel()
        let load = try here.overlay("ExecStart")
        #expect(load.code == 0 && load.output.hasPrefix("loaded: "), "\(load)")

        // A core hangs in a job some way on, wherever the self-test has got to by then.
        let board = #"{"jobs": [{"job": 20, "hangs": true}]}"#
        let service = try here.serve(board)
        var statuses: [String] = []
        for _ in 0..<60 where service.isRunning { statuses.append(try here.infer()) }
        service.waitUntilExit()
        #expect(
          service.terminationReason == .exit && service.terminationStatus == 5, "\(here.words)")
        // What hung is run by the other core; once the process is gone, nobody listens.
        #expect(statuses.first == " 200", "\(statuses)")
        #expect(statuses.allSatisfy { [" 200", " 503", " 000"].contains($0) }, "\(statuses)")

        let unload = try here.overlay("ExecStop")
        #expect(unload.code == 0 && unload.output.contains("unloaded: "), "\(unload)")
        let again = try here.overlay("ExecStart")
        #expect(again.code == 0 && again.output.hasPrefix("loaded: "), "\(again)")
        // A core that was programmed anew hangs no more.
        let second = try here.serve("{}")
        #expect(try here.infer() == " 200", "\(here.words)")
        second.terminate()
        second.waitUntilExit()
        #expect(second.terminationStatus == 0, "\(here.words)")
      }
    }
  }
}
