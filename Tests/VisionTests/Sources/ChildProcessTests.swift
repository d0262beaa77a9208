import Foundation
import Glibc
import TestSupport
import Testing
import Vision

@Suite struct ChildProcessTests {
  private func shell(_ script: String) throws -> ChildProcess { try ChildProcess("/bin/sh", ["-c", script]) }

  private func read(
    _ count: Int, of process: ChildProcess, within limit: Duration = .seconds(60)
  ) -> (ChildProcess.Arrival, String) {
    var bytes = [UInt8](repeating: 0, count: count)
    let arrival = bytes.withUnsafeMutableBytes { process.read(into: $0, timeLimit: limit) }
    return (arrival, String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self))
  }

  @Test("reads what comes in pieces as one, and says how much came before the end")
  func pieces() throws {
    let process = try shell("printf ab >&3; sleep 0.05; printf cdef >&3; printf noise; printf words >&2; exit 7")
    #expect(read(4, of: process) == (.whole, "abcd"))
    #expect(read(4, of: process) == (.ended(byteCount: 2), "ef"))
    #expect(process.end(waiting: .seconds(60)) == .code(7))
    #expect(process.lastWords == ["noisewords"], "what it prints is not among the data")
  }

  @Test("keeps the last lines that a program says, without control characters, and never lets it wait")
  func words() throws {
    let process = try shell(
      "i=0; while [ $i -lt 20000 ]; do echo line $i >&2; i=$((i+1)); done; printf 'a\\033[31mb\\n' >&2; printf x >&3")
    #expect(read(1, of: process) == (.whole, "x"))
    process.end(waiting: .seconds(60))
    #expect(process.lastWords.suffix(4) == ["line 19997", "line 19998", "line 19999", "a[31mb"])
  }

  @Test("another thread ends the waiting, once and for all")
  func cancelling() throws {
    let process = try shell("sleep 600")
    runInBackground {
      usleep(50_000)
      process.cancel()
    }
    #expect(read(1, of: process).0 == .cancelled)
    #expect(read(1, of: process).0 == .cancelled)
  }

  @Test("gives up when the time is up")
  func late() throws {
    let process = try shell("printf a >&3; sleep 600")
    #expect(read(2, of: process, within: .milliseconds(200)).0 == .late)
  }

  @Test(
    "ends a program that does not want to, and what it started",
    arguments: ["sleep 600 & echo $! >&3; wait", "trap '' TERM; sleep 600 & echo $! >&3; sleep 600"])
  func ending(script: String) throws {
    let process = try shell(script)
    var digits = ""
    while true {
      let (arrival, text) = read(1, of: process)
      guard arrival == .whole, text != "\n" else { break }
      digits += text
    }
    let grandchild = try #require(pid_t(digits))
    #expect(kill(grandchild, 0) == 0)
    guard case .signal = process.end(waiting: .zero) else {
      Issue.record("ended by itself")
      return
    }
    #expect(kill(process.number, 0) != 0 && errno == ESRCH, "waited for")
    // Whoever takes over orphans waits for it when it comes to it; it is dead, if there at all.
    #expect(Self.isGone(grandchild))
  }

  @Test("what is told to the group politely leaves the guard, and the end of the guard's pipe ends the group")
  func guarding() throws {
    let process = try shell("trap '' TERM; echo x >&3; sleep 600")
    #expect(read(2, of: process).0 == .whole)
    // The guard is a shell, too, and may come later to its first words than the other one.
    for _ in 0..<2000 where !Self.ignores(SIGTERM, process.group) { usleep(10_000) }
    kill(-process.group, SIGTERM)
    usleep(100_000)
    #expect(kill(process.group, 0) == 0 && kill(process.number, 0) == 0)
    // What the system does when this process dies: the only other end of the guard's standard input is closed.
    let guardInput = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/\(process.group)/fd/0")
    let own = try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").compactMap { Int32($0) }
    let holders = own.filter {
      (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/fd/\($0)")) == guardInput
    }
    #expect(holders.count == 1)
    for holder in holders {
      // Another open file takes its place, for the descriptor is closed once more at the end.
      let other = open("/dev/null", O_RDONLY | O_CLOEXEC)
      #expect(dup2(other, holder) == holder)
      _ = fcntl(holder, F_SETFD, FD_CLOEXEC)
      close(other)
    }
    #expect(Self.isGone(process.number) && Self.isGone(process.group))
  }

  @Test("a program that goes with its object leaves no process and no descriptor behind")
  func noTrace() throws {
    func openCount() throws -> Int { try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").count }
    var numbers: [Int32] = []
    for _ in 0..<3 {
      let process = try shell("sleep 600")
      numbers.append(process.number)
    }
    for number in numbers { #expect(kill(number, 0) != 0 && errno == ESRCH) }
    // Other tests open files at the same time: a leak of six for each program shows among fifty of them.
    let before = try openCount()
    for _ in 0..<50 { _ = try shell("exit 0") }
    #expect(try openCount() < before + 150)
  }

  @Test("finds programs in PATH, and says where one can't be started")
  func finding() throws {
    #expect(ChildProcess.find("sh")?.hasSuffix("/sh") == true)
    #expect(ChildProcess.find("/bin/sh") == "/bin/sh")
    #expect(ChildProcess.find("no-such-program") == nil && ChildProcess.find("/no/such/program") == nil)
  }

  private static func ignores(_ signal: Int32, _ process: pid_t) -> Bool {
    let status = (try? String(contentsOf: URL(fileURLWithPath: "/proc/\(process)/status"), encoding: .utf8)) ?? ""
    let mask = status.split(separator: "\n").first { $0.hasPrefix("SigIgn:") }?.split(separator: "\t").last
    return mask.flatMap { UInt64($0, radix: 16) }.map { $0 >> UInt64(signal - 1) & 1 == 1 } ?? false
  }

  private static func isGone(_ process: pid_t) -> Bool {
    for _ in 0..<500 {
      guard kill(process, 0) == 0 else { return true }
      let state = try? String(contentsOf: URL(fileURLWithPath: "/proc/\(process)/stat"), encoding: .utf8)
      if state?.contains(") Z ") != false { return true }
      usleep(10_000)
    }
    return false
  }
}
