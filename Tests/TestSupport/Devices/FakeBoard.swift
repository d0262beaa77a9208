import Foundation
import Glibc

/// The board in a library: stands where XRT's library would, keeps the processor's and the DPU's copies of memory apart,
/// checks every command, and computes with the simulator.
///
/// A board belongs to the thread that made it: what that thread opens is this board.
package struct FakeBoard: Sendable {
  /// What happened on a board.
  package struct Report: Decodable, Sendable {
    /// What was done that no driver would object to and no board would survive.
    package let violations: [String]
    /// Jobs that were handed over.
    package let jobs: Int
    /// Syncs that were asked for.
    package let syncs: Int
    /// Handles, contexts and buffers that are open.
    package let handles, contexts, buffers: Int
    /// Whether a job hung and the driver takes no other.
    package let isBad: Bool

    /// Whether nothing is open any more.
    package var isClosed: Bool { handles == 0 && contexts == 0 && buffers == 0 }
  }

  /// The library, beside the test bundle.
  package static let libraryPath = BuiltProgram.url.deletingLastPathComponent()
    .appendingPathComponent("libFakeXRTBoard.so").path

  private typealias Setting = @convention(c) (UnsafePointer<CChar>) -> Int32
  private typealias Reporting = @convention(c) () -> UnsafeMutablePointer<CChar>?

  private struct Refused: Error { let json: String }

  /// Makes a board and lets this thread open it.
  ///
  /// - Parameter json: The members of its configuration, see `BoardConfiguration` of the library.
  package init(_ json: String = "{}") throws { try FakeBoard.set("cxrt_fake_board_select", json) }

  /// Gives the board another configuration, from now on.
  package func change(_ json: String) throws { try FakeBoard.set("cxrt_fake_board_change", json) }

  /// What happened so far.
  package func report() throws -> Report {
    let function = unsafeBitCast(try FakeBoard.symbol("cxrt_fake_board_report"), to: Reporting.self)
    guard let text = function() else { throw Refused(json: "no report") }
    defer { free(text) }
    return try JSONDecoder().decode(Report.self, from: Data(bytes: text, count: strlen(text)))
  }

  private static func set(_ name: String, _ json: String) throws {
    let function = unsafeBitCast(try symbol(name), to: Setting.self)
    guard function(json) == 0 else { throw Refused(json: json) }
  }

  private static func symbol(_ name: String) throws -> UnsafeMutableRawPointer {
    guard let library = dlopen(libraryPath, RTLD_NOW | RTLD_LOCAL), let symbol = dlsym(library, name) else {
      throw Refused(json: "\(libraryPath) has no \(name)")
    }
    return symbol
  }
}
