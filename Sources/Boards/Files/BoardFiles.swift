/// The files of a board: /sys, /proc, /lib/firmware, /run and what else stands below the root.
///
/// All paths are absolute; where the root itself lies is up to who implements this, so that tests and images on a
/// laptop work on a folder.
package protocol BoardFiles: Sendable {
  /// Reads a whole file.
  ///
  /// - Throws: `unavailable` where there is none, `noPermission`, or `inputOutput`, also beyond the limit.
  func read(_ path: String, limit: Int) throws(BoardError) -> [UInt8]
  /// Writes a file in one call, as attributes of the kernel want it; makes it where it is missing and may be made.
  func write(_ bytes: [UInt8], to path: String) throws(BoardError)
  /// Writes a file so that readers see the old content or the new.
  func replace(_ path: String, with bytes: [UInt8]) throws(BoardError)
  /// The names in a folder, sorted; empty where there is no such folder.
  func list(_ path: String) -> [String]
  /// Whether there is a file or a folder.
  func exists(_ path: String) -> Bool
  /// Whether there is a folder.
  func isFolder(_ path: String) -> Bool
  /// Where a symbolic link points, `nil` for anything else.
  func link(_ path: String) -> String?
  /// Makes a folder.
  func makeFolder(_ path: String) throws(BoardError)
  /// Removes a folder.
  func removeFolder(_ path: String) throws(BoardError)
  /// Removes a file.
  func removeFile(_ path: String) throws(BoardError)
  /// Holds a folder against others who do the same, until what is given is let go; nothing is written for that.
  ///
  /// - Throws: `refused` where somebody else holds it.
  func hold(_ path: String) throws(BoardError) -> FolderHold
  /// Runs a program of the board to its end, or to a deadline, and gives its output and exit code.
  func run(_ program: String, _ arguments: [String], seconds: Int) throws(BoardError) -> (output: String, code: Int32)
}

extension BoardFiles {
  /// The first line of a small file without spaces round it, `nil` where it can't be read.
  package func line(_ path: String) -> String? {
    guard let bytes = try? read(path, limit: 1 << 16) else { return nil }
    let text = String(decoding: bytes.prefix { $0 != 0 && $0 != 0x0A }, as: UTF8.self)
    return String(text.drop { $0 == " " || $0 == "\t" }.reversed().drop { $0 == " " || $0 == "\r" }.reversed())
  }
}
