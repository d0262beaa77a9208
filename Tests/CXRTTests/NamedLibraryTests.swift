import CXRT
import Foundation
import TestSupport
import Testing

/// A library of XRT's that is named from outside, on a machine without a board: Debian's for boards under an emulator, say.
///
/// It has to be the only one in its process: `DPU_XRT_LIBRARY=… swift test --filter NamedLibraryTests`.
@Suite(.enabled(if: LoadingTests.named != nil, "DPU_XRT_LIBRARY names no library"), .serialized)
struct NamedLibraryTests {
  private func library() throws -> OpaquePointer {
    var library: OpaquePointer?
    try #require(cxrt_load(LoadingTests.named, &library) == CXRT_OK, "\(String(cString: cxrt_failure_message()))")
    return try #require(library)
  }

  @Test("has every function that a board needs, and is no stand-in")
  func isComplete() throws {
    let library = try library()
    #expect(cxrt_missing_function(library).map { String(cString: $0) } == nil)
    #expect(cxrt_fake_board_name(library) == nil)
    #expect(String(cString: cxrt_library_path(library)).contains("libxrt"))
  }

  @Test("finds no board: each call ends in a code, and none in the end of the process", .enabled(if: !hasNode))
  func noBoard() throws {
    let library = try library()
    var count: UInt32 = 0
    let probe = cxrt_probe(library, &count)
    #expect((probe == CXRT_OK && count == 0) || probe == CXRT_EXCEPTION, "\(probe), \(count) devices")
    var device: UnsafeMutableRawPointer?
    let opening = cxrt_open(library, 0, &device)
    #expect(opening == CXRT_REFUSED || opening == CXRT_EXCEPTION)
    #expect(device == nil)
    #expect(strlen(cxrt_failure_message()) > 0)
  }

  private static var hasNode: Bool { FileManager.default.fileExists(atPath: "/dev/dri") }
}
