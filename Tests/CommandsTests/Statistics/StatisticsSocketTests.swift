import Commands
import Devices
import Foundation
import TestSupport
import Testing

@Suite struct StatisticsSocketTests {
  static let subject = RunStatistics.Subject(
    command: "test", model: "m\nodel", device: DeviceDescription(kind: "software", detail: "none"), latency: "a to b")

  /// The folder `sockets` in another one.
  private func place(_ folder: URL) -> RuntimeFolder.Place {
    RuntimeFolder.Place(path: folder.appendingPathComponent("sockets").path, socketMode: 0o600, folderMode: 0o700)
  }

  private func look(_ place: RuntimeFolder.Place) throws -> [StatisticsClient.Answer] {
    let folder = try #require(try RuntimeFolder(place.path))
    return StatisticsClient.look(into: folder, timeLimit: .seconds(60)).map(\.answer)
  }

  /// Connects without reading.
  private func connect(_ path: String) throws -> Int32 {
    let client = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    let bytes = Array(path.utf8)
    try #require(bytes.count < 108)
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
    let size = socklen_t(MemoryLayout<sockaddr_un>.size)
    let code = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { Glibc.connect(client, $0, size) }
    }
    #expect(code == 0, "\(String(cString: strerror(errno)))")
    return client
  }

  /// What comes until the other side hangs up, of more than a socket ever holds only the beginning.
  private func readAll(_ client: Int32) -> String {
    var text: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 65536)
    while true {
      let count = text.count < 1 << 24 ? read(client, &chunk, chunk.count) : 0
      guard count > 0 else { return String(decoding: text, as: UTF8.self) }
      text += chunk[..<count]
    }
  }

  @Test("a line tells what was counted")
  func numbers() throws {
    try TemporaryFolder.with { folder in
      let statistics = RunStatistics(
        Self.subject, power: { RunStatistics.Power(watts: 2.5, sensor: "rail") })
      for number in 1...100 { statistics.frameEnded(latency: .milliseconds(number)) }
      statistics.framesDropped(3)
      let publisher = try StatisticsPublisher(statistics, in: place(folder))
      defer { publisher.stop() }
      let answers = try look(place(folder))
      guard case .snapshot(let now)? = answers.first, answers.count == 1 else {
        Issue.record("\(answers)")
        return
      }
      #expect(now.pid == Int(getpid()) && now.command == "test" && now.model == "m\nodel")
      #expect(now.device.kind == "software" && now.latency.of == "a to b")
      #expect(now.frames == 100 && now.dropped == 3)
      #expect(now.latency.p50 == 0.05 && now.latency.p99 == 0.099)
      #expect(now.watts == 2.5 && now.sensor == "rail" && now.coreBusy.isEmpty)
      #expect(now.framesPerSecond > 0)
      #expect(abs(now.started - Date().timeIntervalSince1970) < 3600)
    }
  }

  @Test("only the user can reach it, and nothing is left when it stops")
  func modes() throws {
    try TemporaryFolder.with { folder in
      let publisher = try StatisticsPublisher(RunStatistics(Self.subject), in: place(folder))
      let path = place(folder).path
      let names = try FileManager.default.contentsOfDirectory(atPath: path)
      #expect(names == ["\(getpid()).sock"])
      var status = stat()
      #expect(lstat("\(path)/\(names[0])", &status) == 0 && status.st_mode & 0o777 == 0o600)
      #expect(lstat(path, &status) == 0 && status.st_mode & 0o777 == 0o700)
      publisher.stop()
      #expect(try FileManager.default.contentsOfDirectory(atPath: path).isEmpty)
      #expect(try look(place(folder)).isEmpty)
    }
  }

  @Test("takes away the socket of a process that is gone, and touches nothing else")
  func stale() throws {
    try TemporaryFolder.with { folder in
      let path = place(folder).path
      try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
      // A socket that nobody listens on, as of a process that was killed; one of them has this process's number.
      for name in ["1234567.sock", "\(getpid()).sock"] {
        let publisher = try StatisticsPublisher(RunStatistics(Self.subject), in: place(folder))
        rename("\(path)/\(getpid()).sock", "\(path)/kept")
        publisher.stop()
        rename("\(path)/kept", "\(path)/\(name)")
      }
      try Data("text".utf8).write(to: URL(fileURLWithPath: "\(path)/77.sock"))
      symlink("\(path)/1234567.sock", "\(path)/78.sock")
      let publisher = try StatisticsPublisher(RunStatistics(Self.subject), in: place(folder))
      defer { publisher.stop() }
      #expect(try look(place(folder)).count == 1)
      #expect(
        try FileManager.default.contentsOfDirectory(atPath: path).sorted()
          == ["77.sock", "78.sock", "\(getpid()).sock"].sorted())
    }
  }

  @Test("a client that does not read, or that talks, is left; others are answered")
  func badClients() throws {
    try TemporaryFolder.with { folder in
      let publisher = try StatisticsPublisher(
        RunStatistics(Self.subject), in: place(folder), interval: .microseconds(100))
      defer { publisher.stop() }
      let path = "\(place(folder).path)/\(getpid()).sock"
      let deaf = try connect(path)
      let talker = try connect(path)
      defer {
        close(deaf)
        close(talker)
      }
      _ = send(talker, "hello", 5, Int32(MSG_NOSIGNAL))
      _ = readAll(talker)
      var left = pollfd(fd: deaf, events: 0, revents: 0)
      #expect(poll(&left, 1, 60_000) == 1, "left when its buffer is full")
      #expect(try look(place(folder)).count == 1)
      let text = readAll(deaf)
      #expect(text.split(separator: "\n").count > 20 && text.hasPrefix("{\"schema\": \"dpu.statistics/1\""))
    }
  }

  @Test("turns clients away beyond sixteen, and serves the next when one is gone")
  func crowd() throws {
    try TemporaryFolder.with { folder in
      let publisher = try StatisticsPublisher(RunStatistics(Self.subject), in: place(folder))
      defer { publisher.stop() }
      let path = "\(place(folder).path)/\(getpid()).sock"
      var clients = try (0..<16).map { _ in try connect(path) }
      var byte: UInt8 = 0
      for client in clients { #expect(read(client, &byte, 1) == 1) }
      let further = try connect(path)
      #expect(readAll(further).isEmpty)
      close(further)
      close(clients.removeLast())
      var isServed = false
      for _ in 0..<600 where !isServed {
        let next = try connect(path)
        isServed = read(next, &byte, 1) == 1
        close(next)
        if !isServed { usleep(100_000) }
      }
      #expect(isServed)
      for client in clients { close(client) }
    }
  }

  @Test("does not use a folder that others could have put there")
  func untrusted() throws {
    try TemporaryFolder.with { folder in
      let real = folder.appendingPathComponent("real").path
      try FileManager.default.createDirectory(atPath: real, withIntermediateDirectories: true)
      let link = folder.appendingPathComponent("link").path
      symlink(real, link)
      let file = folder.appendingPathComponent("file").path
      try Data().write(to: URL(fileURLWithPath: file))
      let open = folder.appendingPathComponent("open").path
      try FileManager.default.createDirectory(atPath: open, withIntermediateDirectories: true)
      chmod(open, 0o777)
      for (path, words) in [(link, "is a link"), (file, "no folder"), (open, "written to by everybody")] {
        let error = try #require(thrownError(CommandError.self) { try RuntimeFolder(path) })
        #expect(error.message.contains(words), "\(path): \(error.message)")
        let place = RuntimeFolder.Place(path: path, socketMode: 0o600, folderMode: 0o700)
        #expect(throws: CommandError.self) { try StatisticsPublisher(RunStatistics(Self.subject), in: place) }
      }
      #expect(try RuntimeFolder(folder.appendingPathComponent("missing").path) == nil)
    }
  }

  @Test("does not use a folder of another user", .enabled(if: geteuid() == 0, "needs to be root to give a folder away"))
  func foreign() throws {
    try TemporaryFolder.with { folder in
      let path = folder.appendingPathComponent("theirs").path
      try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
      try #require(chown(path, 12345, 12345) == 0)
      let error = try #require(thrownError(CommandError.self) { try RuntimeFolder(path) })
      #expect(error.message.contains("belongs to another user (12345)"))
    }
  }

  @Test("a path that is too long for a socket's address is no hindrance")
  func longPath() throws {
    try TemporaryFolder.with { folder in
      let deep = folder.appendingPathComponent(String(repeating: "d", count: 200))
      try FileManager.default.createDirectory(at: deep, withIntermediateDirectories: true)
      let publisher = try StatisticsPublisher(RunStatistics(Self.subject), in: place(deep))
      defer { publisher.stop() }
      #expect(try look(place(deep)).count == 1)
    }
  }

  @Test("is published where the surroundings say")
  func places() {
    func place(_ variables: [String: String], user: UInt32) -> String {
      RuntimeFolder.placeForPublishing(environment: { variables[$0] }, user: user).path
    }
    #expect(place(["RUNTIME_DIRECTORY": "/run/dpu:/run/b", "XDG_RUNTIME_DIR": "/x"], user: 5) == "/run/dpu")
    #expect(place(["XDG_RUNTIME_DIR": "/run/user/5"], user: 5) == "/run/user/5/swift-dpu")
    #expect(place(["XDG_RUNTIME_DIR": "relative"], user: 5) == "/tmp/swift-dpu-5")
    #expect(place([:], user: 0) == "/run/swift-dpu" && place([:], user: 5) == "/tmp/swift-dpu-5")
    #expect(
      RuntimeFolder.placesForReading(environment: { ["XDG_RUNTIME_DIR": "/x"][$0] }, user: 5)
        == ["/x/swift-dpu", "/tmp/swift-dpu-5", "/run/swift-dpu"])
  }
}
