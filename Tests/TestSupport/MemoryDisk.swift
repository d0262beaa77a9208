package import Foundation
import Glibc

/// A disk of a few KiB that is really full when it is full: a file system in memory, for tests that run as root.
package enum MemoryDisk {
  /// Why tests are skipped where there can be none.
  package static let absence = "no disk of some KiB can be made here: mounting a tmpfs needs root"
  /// Whether one can be made.
  package static let isPossible = (try? with(kibibytes: 64) { _ in true }) ?? false

  private struct Refused: Error { let number: Int32 }

  /// Mounts a disk for a closure, and takes it away again.
  package static func with<R>(kibibytes: Int, _ body: (URL) throws -> R) throws -> R {
    try TemporaryFolder.with { folder in
      guard mount("tmpfs", folder.path, "tmpfs", 0, "size=\(kibibytes)k") == 0 else { throw Refused(number: errno) }
      // Whoever still has a file of it open keeps it alive, but out of sight.
      defer { umount2(folder.path, Int32(MNT_DETACH)) }
      return try body(folder)
    }
  }
}
