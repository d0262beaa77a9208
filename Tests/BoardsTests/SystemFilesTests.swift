import Boards
import Foundation
import TestSupport
import Testing

@Suite struct SystemFilesTests {
  @Test("reads a file to its limit, and not a byte more")
  func limit() throws {
    try TemporaryFolder.with { folder in
      try Data([1, 2, 3, 4]).write(to: folder.appendingPathComponent("file"))
      let files = SystemFiles(root: folder.path)
      let whole = try files.read("/file", limit: 4)
      #expect(whole == [1, 2, 3, 4])
      let error = thrownError(BoardError.self) { try files.read("/file", limit: 3) }
      #expect(error?.code == .inputOutput && error?.message == "is larger than 3 bytes")
    }
  }

  @Test("neither waits at a pipe nor reads what never ends")
  func endless() throws {
    try TemporaryFolder.with { folder in
      try #require(mkfifo(folder.path + "/pipe", 0o600) == 0)
      for path in ["\(folder.path)/pipe", "/dev/zero", folder.path] {
        let error = thrownError(BoardError.self) { try SystemFiles().read(path, limit: 1 << 20) }
        #expect(error?.description == "\(path): is a folder, a pipe or a device; give a file")
      }
    }
  }

  @Test(
    "tells what is missing from what is not allowed", arguments: ["/nowhere", "/nowhere/below", "/etc/hostname/below"])
  func missing(path: String) {
    let error = thrownError(BoardError.self) { try SystemFiles().read(path, limit: 1) }
    #expect(error?.code == .unavailable && error?.path == path)
  }

  @Test("a folder is held by one at a time")
  func holding() throws {
    try TemporaryFolder.with { folder in
      let files = SystemFiles(root: folder.path)
      let hold = try files.hold("/")
      let second = thrownError(BoardError.self) { try files.hold("/") }
      #expect(second?.code == .refused)
      withExtendedLifetime(hold) {}
    }
    let error = thrownError(BoardError.self) { try SystemFiles().hold("/nowhere") }
    #expect(error?.code == .inputOutput)
  }

  @Test("a folder let go is free, although a child that is being started still has it open")
  func lettingGo() throws {
    try TemporaryFolder.with { folder in
      let files = SystemFiles(root: folder.path)
      var hold: FolderHold? = try files.hold("/")
      let name = try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").first {
        (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/fd/\($0)")) == folder.path
      }
      let copy = dup(try #require(name.flatMap { Int32($0) }))
      defer { close(copy) }
      #expect(hold != nil && copy >= 0)
      hold = nil
      _ = try files.hold("/")
    }
  }

  @Test("a program's output is kept, its exit code told, and a signal's as 128 more")
  func running() throws {
    try TemporaryFolder.with { folder in
      let files = SystemFiles(root: folder.path)
      for (script, output, code) in [("echo a; echo b >&2; exit 3", "a\nb\n", 3), ("kill -9 $$", "", 137)] {
        let file = folder.appendingPathComponent("script")
        try Data("#!/bin/sh\n\(script)\n".utf8).write(to: file)
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: file.path)
        let answer = try files.run("/script", [], seconds: 20)
        #expect(answer.output == output && answer.code == Int32(code), "\(answer)")
      }
    }
  }
}
