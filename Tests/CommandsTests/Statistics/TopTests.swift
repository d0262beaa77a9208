import Foundation
import Glibc
import TestSupport
import Testing

@Suite struct TopTests {
  struct Look: Decodable {
    struct Process: Decodable {
      struct Device: Decodable { let kind: String }
      let pid: Int
      /// Why there is nothing of the following: a busy machine may keep a process from answering in time.
      let problem: String?
      let command: String?
      let model: String?
      let device: Device?
      let frames: Int?
      let frames_per_second: Double?
      let core_busy: [Double]?
    }
    let folders: [String]
    let processes: [Process]
  }

  private func look(_ scratch: URL) throws -> Look {
    let outcome = try BuiltProgram.run(["top", "--once", "--json"], environment: ["XDG_RUNTIME_DIR": scratch.path])
    #expect(outcome.code == 0)
    return try JSONDecoder().decode(Look.self, from: Data(outcome.output.utf8))
  }

  @Test("shows a service with the inferences that it has answered")
  func service() throws {
    try TemporaryFolder.with { scratch in
      let served = try ServedProgram(["sample": ServeTests.sample], in: scratch)
      defer { served.send(SIGKILL) }
      for _ in 0..<3 { #expect(served.infer()?.status == 200) }
      var own: Look.Process?
      let isSeen = try served.waits {
        own = try look(scratch).processes.first { $0.pid == Int(served.number) }
        return own?.frames == 3
      }
      try #require(isSeen, "\(String(describing: own)); \(served.words)")
      #expect(own?.command == "serve" && own?.model == served.models.path && own?.device?.kind == "software")
      #expect(served.end() == 0)
      #expect(try look(scratch).processes.allSatisfy { $0.pid != Int(served.number) })
    }
  }

  @Test("shows a running live with its numbers, and says when none runs any more")
  func live() throws {
    try TemporaryFolder.with { scratch in
      let program = try StartedProgram(
        ["live", RunTests.model, "--folder", RunTests.pictures, "--loop", "--rate", "30", "-q"], scratch: scratch)
      var own: Look.Process?
      let isSeen = try program.waits {
        own = try look(scratch).processes.first { $0.pid == Int(program.number) }
        return (own?.frames ?? 0) > 0
      }
      try #require(isSeen, "\(program.messages)")
      let process = try #require(own)
      #expect(process.command == "live" && process.model == RunTests.model)
      #expect(process.device?.kind == "software")
      let speed = try #require(process.frames_per_second)
      #expect(speed > 0 && process.core_busy?.count == 1)
      var table = ""
      let isShown = try program.waits {
        table = try BuiltProgram.run(["top", "--once"], environment: ["XDG_RUNTIME_DIR": scratch.path]).output
        return table.contains("\(program.number)  live")
      }
      #expect(isShown && table.contains("software  phantom-ct.xmodel") && table.contains("frames/s"), "\(table)")
      let lines = try BuiltProgram.run(
        ["top", "-i", "0.1"], environment: ["XDG_RUNTIME_DIR": scratch.path], signal: (SIGINT, 1.5))
      #expect(lines.code == 130)
      let looks = lines.output.split(separator: "\n").filter {
        $0.hasPrefix("\(program.number) live phantom-ct.xmodel on software: ")
      }
      #expect(!looks.isEmpty, "\(lines.output)")
      program.send(SIGINT)
      #expect(program.code() == 130)
      #expect(try !look(scratch).processes.contains { $0.pid == Int(program.number) })
    }
  }

  @Test("a process that was killed is shown no more, and its socket goes")
  func killed() throws {
    try TemporaryFolder.with { scratch in
      let program = try StartedProgram(
        ["live", RunTests.model, "--folder", RunTests.pictures, "--loop", "--rate", "30", "-q"], scratch: scratch)
      let sockets = scratch.appendingPathComponent("swift-dpu").path
      func names() -> [String] { (try? FileManager.default.contentsOfDirectory(atPath: sockets)) ?? [] }
      #expect(program.waits { names().contains("\(program.number).sock") })
      program.send(SIGKILL)
      #expect(program.code() == 128 + SIGKILL)
      #expect(names().count == 1)
      #expect(try look(scratch).folders.first == sockets)
      #expect(names().isEmpty)
    }
  }

  static let others: [[String]] = [
    ["run", RunTests.model] + [String](repeating: RunTests.pictures, count: 500) + ["-q"],
    ["bench", RunTests.model, "--duration", "60", "-q"],
  ]

  @Test("dpu run and dpu bench are shown too", arguments: others)
  func otherCommands(arguments: [String]) throws {
    try TemporaryFolder.with { scratch in
      let program = try StartedProgram(arguments, scratch: scratch)
      let isSeen = try program.waits {
        try look(scratch).processes.contains {
          $0.pid == Int(program.number) && $0.command == arguments[0] && ($0.frames ?? 0) > 0
        }
      }
      #expect(isSeen, "\(program.messages)")
      program.send(SIGINT)
      let code = program.code()
      #expect(code == 130, "\(program.messages)")
    }
  }

  @Test("a command without a place for its socket runs, and says why it is not shown where that is asked for")
  func homeless() throws {
    let homeless = try BuiltProgram.run(
      ["run", RunTests.model, "\(RunTests.pictures)/slice-01.png", "-v"], environment: ["XDG_RUNTIME_DIR": "/dev/null"])
    #expect(homeless.code == 0)
    #expect(homeless.messages.contains("'dpu top' won't see this run: /dev/null/swift-dpu: "))
  }

  @Test("says where it looked when none runs")
  func none() throws {
    try TemporaryFolder.with { scratch in
      let outcome = try BuiltProgram.run(["top", "--once"], environment: ["XDG_RUNTIME_DIR": scratch.path])
      // Other programs of this machine may be running.
      #expect(outcome.code == 0)
      if !outcome.output.contains("frames/s") {
        #expect(
          outcome.output.hasPrefix("no dpu command is running (looked for sockets in \(scratch.path)/swift-dpu, "))
      }
    }
  }
}
