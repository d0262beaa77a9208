import Foundation
import TestSupport

/// dtc, Debian's device-tree-compiler.
enum DeviceTreeCompiler {
  struct Failed: Error, CustomStringConvertible {
    let description: String
  }

  static let program = OutsideProgram("/usr/bin/dtc", "/usr/local/bin/dtc")
  static let absence = "needs dtc: install device-tree-compiler, as scripts/setup --all does"

  /// Compiles a source.
  ///
  /// - Returns: The blob, and what the compiler complained about.
  static func compile(_ source: URL) throws -> (blob: [UInt8], complaints: String) {
    guard let program else { throw Failed(description: absence) }
    return try TemporaryFolder.with { folder in
      let blob = folder.appendingPathComponent("out.dtbo")
      let (complaints, code) = try program.run(["-@", "-O", "dtb", "-o", blob.path, source.path], in: folder)
      guard code == 0 else { throw Failed(description: complaints) }
      return ([UInt8](try Data(contentsOf: blob)), complaints)
    }
  }
}
