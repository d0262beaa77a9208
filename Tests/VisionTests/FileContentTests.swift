import Foundation
import TestSupport
import Testing
import Vision

struct FileContentTests {
  @Test("a pipe gets the bytes and stays a pipe")
  func pipe() throws {
    try TemporaryFolder.with { folder in
      let path = folder.path + "/pipe"
      #expect(mkfifo(path, 0o600) == 0)
      // Open at both ends, so that neither side waits for the other.
      let reader = open(path, O_RDWR | O_NONBLOCK)
      defer { close(reader) }
      try FileContent.write([1, 2, 3], to: path)
      var bytes = [UInt8](repeating: 0, count: 8)
      #expect(read(reader, &bytes, bytes.count) == 3)
      #expect(bytes.prefix(3) == [1, 2, 3])
      var status = stat()
      #expect(stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFIFO)
    }
  }

  @Test("two names of one file are the same, through links too, and a missing file is none")
  func same() throws {
    try TemporaryFolder.with { folder in
      let (file, link, other) = (folder.path + "/a", folder.path + "/b", folder.path + "/c")
      try FileContent.write([1], to: file)
      try FileContent.write([1], to: other)
      try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: file)
      #expect(FileContent.isSame(file, link) && FileContent.isSame(link, file))
      #expect(!FileContent.isSame(file, other))
      #expect(!FileContent.isSame(file, folder.path + "/missing"))
    }
  }
}
