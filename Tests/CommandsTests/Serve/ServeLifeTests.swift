import Foundation
import Glibc
import TestSupport
import Testing

/// The service's beginning, its reloads and its end, as a service manager sees them.
@Suite struct ServeLifeTests {
  /// A service manager's socket.
  final class Manager {
    let path: String
    private let descriptor: Int32
    private(set) var lines: [String] = []

    init(in folder: URL) throws {
      path = folder.appendingPathComponent("notify").path
      descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_NONBLOCK.rawValue), 0)
      var unix = sockaddr_un()
      unix.sun_family = sa_family_t(AF_UNIX)
      let bytes = Array(path.utf8)
      try #require(bytes.count < 108)
      withUnsafeMutableBytes(of: &unix.sun_path) { $0.copyBytes(from: bytes) }
      let code = withUnsafePointer(to: &unix) {
        $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
          bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
        }
      }
      try #require(code == 0)
    }

    deinit { close(descriptor) }

    /// Whether a line has come.
    func has(_ line: String) -> Bool {
      read()
      return lines.contains(line)
    }

    /// How often a line has come.
    func count(_ line: String) -> Int {
      read()
      return lines.filter { $0 == line }.count
    }

    private func read() {
      var buffer = [UInt8](repeating: 0, count: 4096)
      while true {
        let count = recv(descriptor, &buffer, buffer.count, 0)
        guard count > 0 else { return }
        lines += String(decoding: buffer.prefix(count), as: UTF8.self).split(separator: "\n").map(String.init)
      }
    }
  }

  @Test("says READY behind loading and checking, RELOADING and READY around a reload, STOPPING at the end")
  func manager() throws {
    try TemporaryFolder.with { folder in
      let manager = try Manager(in: folder)
      try ServedProgram.with(["sample": ServeTests.sample], environment: ["NOTIFY_SOCKET": manager.path]) { served in
        #expect(served.waits { manager.has("READY=1") })
        #expect(manager.lines.first == "STATUS=loading sample")
        served.send(SIGHUP)
        #expect(served.waits { manager.count("READY=1") == 2 })
        let place = try #require(manager.lines.firstIndex(of: "RELOADING=1"))
        #expect(manager.lines[place + 1].hasPrefix("MONOTONIC_USEC="))
        #expect(served.end() == 0)
        #expect(manager.has("STOPPING=1"))
      }
    }
  }

  @Test("a reload loads what is new, takes up new versions, and forgets what is gone")
  func reload() throws {
    try TemporaryFolder.with { folder in
      let tokens = folder.appendingPathComponent("tokens")
      try Data("0123456789abcdef\n".utf8).write(to: tokens)
      try FileManager.default.setAttributes([.posixPermissions: 0o640], ofItemAtPath: tokens.path)
      let old = ["Authorization: Bearer 0123456789abcdef"]
      let new = ["Authorization: Bearer fedcba9876543210"]
      try ServedProgram.with(
        ["a": ServeTests.sample, "b": ServeTests.sample], ["--token-file", tokens.path]
      ) { served in
        func reload(_ change: () throws -> Void) throws {
          let before = served.words.components(separatedBy: "\nreloaded\n").count
          try change()
          served.send(SIGHUP)
          #expect(served.waits { served.words.components(separatedBy: "\nreloaded\n").count > before })
        }
        try reload {
          try ServedProgram.add("a", "2", ServeTests.sample, to: served.models)
          try ServedProgram.add("c", "1", ServeTests.sample, to: served.models)
          try FileManager.default.removeItem(at: served.models.appendingPathComponent("b"))
          try Data("fedcba9876543210\n".utf8).write(to: tokens)
        }
        #expect(served.ask("GET", "/v2/models/a", headers: old)?.status == 401)
        #expect(served.ask("GET", "/v2/models/a", headers: new)?.body.contains(#""versions":["2"]"#) == true)
        #expect(served.ask("GET", "/v2/models/c/ready", headers: new)?.status == 200)
        #expect(served.ask("GET", "/v2/models/b/ready", headers: new)?.status == 503)
        #expect(served.words.contains("reloaded: a: version 2 in place of 1"))
        // What can't be read stays as it was.
        try reload { try FileManager.default.removeItem(at: tokens) }
        #expect(served.ask("GET", "/v2/models/c/ready", headers: new)?.status == 200)
        #expect(served.words.contains("the tokens stay as they were"))
        #expect(served.end() == 0)
      }
    }
  }

  @Test("the watchdog hears nothing while a job is under way that does not end")
  func watchdog() throws {
    try TemporaryFolder.with { folder in
      let manager = try Manager(in: folder)
      let board = try BoardDeviceTests.Board(
        in: folder, fingerprint: BoardDeviceTests.fingerprint, json: #", "jobs": [{"job": 1, "hangs": true}]"#)
      var environment = board.environment
      environment["NOTIFY_SOCKET"] = manager.path
      environment["WATCHDOG_USEC"] = "600000"
      environment["XLNX_DPU_TIMEOUT"] = "60000"
      try ServedProgram.with(
        ["sample": ServeTests.sample], ["--self-check", "900"], device: board.options, environment: environment
      ) { served in
        #expect(served.waits { manager.count("WATCHDOG=1") >= 3 }, "nothing to do is no reason for silence")
        let path = folder.path
        let address = served.address
        let asker = Thread {
          // Nobody answers it before the service is killed.
          _ = try? OutsideProgram("/usr/bin/curl")?.run(
            [
              "-s", "-m", "20", "-H", "Inference-Header-Content-Length: 0", "--data-binary",
              String(repeating: "a", count: 192), "http://\(address)/v2/models/sample/infer",
            ], in: URL(fileURLWithPath: path))
        }
        asker.start()
        #expect(served.waits { served.metric("dpu_jobs_underway") == 1 })
        usleep(700_000)
        let heard = manager.count("WATCHDOG=1")
        usleep(1_200_000)
        #expect(manager.count("WATCHDOG=1") == heard)
      }
    }
  }

  @Test(
    "a log on a full disk keeps nobody from being served, nor a reload, nor an orderly end",
    .enabled(if: ServeTests.hasCurl, Comment(rawValue: ServeTests.curlAbsence)))
  func fullLog() throws {
    let curl = try #require(ServeTests.curl)
    try TemporaryFolder.with { folder in
      let manager = try Manager(in: folder)
      let models = folder.appendingPathComponent("models")
      try ServedProgram.add("sample", "1", ServeTests.sample, to: models)
      let path = folder.appendingPathComponent("dpu.sock").path
      let process = Process()
      process.executableURL = BuiltProgram.url
      process.arguments = ["serve", models.path, "-l", "unix:\(path)", "--drain", "0", "-d", "software", "-v"]
      let own = ["NOTIFY_SOCKET": manager.path, "XDG_RUNTIME_DIR": folder.path]
      process.environment = ProcessInfo.processInfo.environment.merging(own) { $1 }
      process.standardOutput = FileHandle.nullDevice
      process.standardError = try FileHandle(forWritingTo: URL(fileURLWithPath: "/dev/full"))
      let end = DispatchSemaphore(value: 0)
      process.terminationHandler = { _ in end.signal() }
      try process.run()
      defer { if process.isRunning { kill(process.processIdentifier, SIGKILL) } }
      func isReady(_ times: Int) -> Bool {
        let deadline = Date(timeIntervalSinceNow: 60)
        while process.isRunning, Date() < deadline, manager.count("READY=1") < times { usleep(20_000) }
        return manager.count("READY=1") >= times
      }
      func status(_ path: String, _ more: [String] = []) throws -> String {
        let options = ["-s", "-m", "30", "-o", "answer", "-w", "%{http_code}", "--unix-socket", "dpu.sock"]
        return try curl.run(options + more + ["http://dpu\(path)"], in: folder).text
      }
      try Data(count: 192).write(to: folder.appendingPathComponent("zeros"))
      let infer = ["-H", "Inference-Header-Content-Length: 0", "--data-binary", "@zeros"]
      try #require(isReady(1))
      #expect(try status("/v2/models/sample/infer", infer) == "200")
      #expect(try status("/v2/models/none/infer", infer) == "404")
      try ServedProgram.add("second", "1", ServeTests.sample, to: models)
      kill(process.processIdentifier, SIGHUP)
      #expect(isReady(2))
      #expect(try status("/v2/models/second/infer", infer) == "200")
      kill(process.processIdentifier, SIGTERM)
      #expect(end.wait(timeout: .now() + .seconds(60)) == .success)
      #expect(process.terminationReason == .exit && process.terminationStatus == 0)
    }
  }

  @Test("on SIGTERM it is not ready at once, answers on while it drains, and ends with 0")
  func draining() throws {
    try ServedProgram.with(["sample": ServeTests.sample], ["--drain", "1"]) { served in
      #expect(served.ask("/v2/health/ready")?.status == 200)
      served.send(SIGTERM)
      #expect(served.waits { served.ask("/v2/health/ready")?.status == 503 })
      #expect(served.infer()?.status == 200, "what comes is still answered")
      #expect(served.code() == 0)
      #expect(served.ask("/v2/health/live") == nil)
    }
  }
}
