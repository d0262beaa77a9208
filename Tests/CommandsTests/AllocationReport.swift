import CAllocationCounter
import Foundation
import TestSupport
import Testing

/// How often a whole run of the program took memory, on all of its threads and in all of its libraries.
struct AllocationReport {
  /// Until its end.
  let total: Int
  /// Until each renaming of a file: the moments at which results are there.
  let atRenames: [Int]

  /// Runs the program with the counter loaded before everything else.
  init(running arguments: [String]) throws {
    (total, atRenames) = try TemporaryFolder.with { folder in
      let library = BuiltProgram.url.deletingLastPathComponent().appendingPathComponent("libAllocationCounter.so")
      // A runtime folder of its own: whoever lists what runs would look in, and answering takes memory.
      let outcome = try BuiltProgram.run(
        arguments,
        environment: [
          "LD_PRELOAD": library.path, "DPU_ALLOCATION_REPORTS": folder.path, "XDG_RUNTIME_DIR": folder.path,
        ])
      #expect(outcome.code == 0, "\(outcome.messages)")
      let text = try String(contentsOf: folder.appendingPathComponent("dpu"), encoding: .utf8)
      let numbers = text.split(separator: "\n").compactMap { Int($0) }
      return (try #require(numbers.first), Array(numbers.dropFirst()))
    }
  }
}
