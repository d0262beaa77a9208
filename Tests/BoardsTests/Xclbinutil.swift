import Foundation
import TestSupport

/// AMD's xclbinutil, where scripts/fetch-xclbinutil has unpacked it.
enum Xclbinutil {
  struct Failed: Error, CustomStringConvertible {
    let description: String
  }

  static let program = OutsideProgram(
    ProcessInfo.processInfo.environment["DPU_XCLBINUTIL"]
      ?? Repository.root.appendingPathComponent(".build/xclbinutil/xclbinutil").path)

  static let absence = "needs AMD's xclbinutil: run scripts/fetch-xclbinutil, as scripts/test --all does"

  /// Runs it to its end.
  ///
  /// - Returns: What it printed.
  @discardableResult static func run(_ arguments: [String], in folder: URL) throws -> String {
    guard let program else { throw Failed(description: absence) }
    let (text, code) = try program.run(arguments + ["--force"], in: folder)
    guard code == 0 else { throw Failed(description: "xclbinutil \(arguments.joined(separator: " ")): \(text)") }
    return text
  }
}
