import Boards
import CXRT
import Foundation
import TestSupport
import Testing

/// Debian's library for cards without cards: what it lacks, and what it does.
///
/// The one for real cards is left to processes of their own: two of XRT's libraries end the process that opens them.
@Suite(
  .enabled(if: LoadingTests.noop != nil, "needs Debian's package libxrt1 on x86-64"),
  .enabled(if: LoadingTests.named == nil, "another of XRT's libraries is tested in this process"))
struct DebianLibraryTests {
  private func load(_ path: String) throws -> OpaquePointer {
    var library: OpaquePointer?
    #expect(cxrt_load(path, &library) == CXRT_OK)
    return try #require(library)
  }

  @Test("the library for cards without cards lacks the function that finds cores by name")
  func noopIsIncomplete() throws {
    let library = try load(#require(LoadingTests.noop))
    #expect(cxrt_missing_function(library).map { String(cString: $0) } == "xclIPName2Index")
    #expect(cxrt_fake_board_name(library) == nil)
  }

  @Test("the functions that it has go through: open, load an xclbin, open a context, run a command")
  func noop() throws {
    let library = try load(#require(LoadingTests.noop))
    var count: UInt32 = 0
    #expect(cxrt_probe(library, &count) == CXRT_OK)
    #expect(count == 1)
    var device: UnsafeMutableRawPointer?
    try #require(cxrt_open(library, 0, &device) == CXRT_OK)
    let xclbin = try Xclbin(
      uuid: XclbinUUID([UInt8](1...16)),
      sections: [
        .memoryTopology([MemoryBank("HP0", kibibytes: 0x20_0000)]),
        .ipLayout([ComputeUnit("DPUCZDX8G:DPUCZDX8G_1", at: 0xA001_0000, interrupt: 1)]),
      ])
    let (image, uuid) = (xclbin.serialized(), xclbin.uuid.bytes)
    #expect(cxrt_load_image(library, device, image, image.count) == CXRT_OK)
    #expect(cxrt_open_context(library, device, uuid, 0) == CXRT_OK)

    var (buffer, address) = (UInt32(0), UInt64(0))
    var bytes: UnsafeMutableRawPointer?
    #expect(cxrt_allocate(library, device, 4096, CXRT_MEMORY_COMMAND, &buffer) == CXRT_OK)
    #expect(cxrt_map(library, device, buffer, &bytes) == CXRT_OK)
    #expect(cxrt_address(library, device, buffer, &address) == CXRT_OK)
    #expect(address == 0xDEAD_BEEF)
    let command = try #require(bytes)
    command.storeBytes(of: 0x0282_B011, as: UInt32.self)
    #expect(cxrt_execute(library, device, buffer) == CXRT_OK)
    var hasEvent = false
    #expect(cxrt_wait(library, device, 1000, &hasEvent) == CXRT_OK)
    #expect(cxrt_command_header(command) & 15 == 4)
    #expect(cxrt_unmap(library, device, buffer, command) == CXRT_OK)
    #expect(cxrt_free(library, device, buffer) == CXRT_OK)
    #expect(cxrt_close_context(library, device, uuid, 0) == CXRT_OK)
    #expect(cxrt_close(library, device) == CXRT_OK)
  }
}
