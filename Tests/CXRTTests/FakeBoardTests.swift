import CXRT
import Foundation
import TestSupport
import Testing

/// The board in a library is as strict as it says: it takes what a core needs, and finds every word out of place.
struct FakeBoardTests {
  /// An opened core with a program that ends at once, and the words that start it.
  private final class Bench {
    let board: FakeBoard
    let library: OpaquePointer
    let device: UnsafeMutableRawPointer
    let command: (buffer: UInt32, bytes: UnsafeMutableRawPointer)
    let code: (buffer: UInt32, bytes: UnsafeMutableRawPointer, address: UInt64)
    private let uuid: [UInt8]

    init(_ json: String = "{}", on board: FakeBoard? = nil, uuid: UInt8 = 1) throws {
      self.board = try board ?? FakeBoard(json)
      var found: OpaquePointer?
      try #require(cxrt_load(FakeBoard.libraryPath, &found) == CXRT_OK)
      let library = try #require(found)
      var opened: UnsafeMutableRawPointer?
      try #require(cxrt_open(library, 0, &opened) == CXRT_OK)
      let device = try #require(opened)
      var image = SmallImage()
      image.uuid = [UInt8](repeating: uuid, count: 16)
      try #require(cxrt_load_image(library, device, image.bytes, image.bytes.count) == CXRT_OK)
      try #require(cxrt_open_context(library, device, image.uuid, 0) == CXRT_OK)
      func take(_ flags: UInt32) throws -> (UInt32, UnsafeMutableRawPointer, UInt64) {
        var (buffer, address) = (UInt32(0), UInt64(0))
        var bytes: UnsafeMutableRawPointer?
        try #require(cxrt_allocate(library, device, 4096, flags, &buffer) == CXRT_OK)
        try #require(cxrt_map(library, device, buffer, &bytes) == CXRT_OK)
        try #require(cxrt_address(library, device, buffer, &address) == CXRT_OK)
        return (buffer, try #require(bytes), address)
      }
      let command = try take(UInt32(1) << 31)
      self.command = (command.0, command.1)
      code = try take(UInt32(1) << 24)
      (self.library, self.device, self.uuid) = (library, device, image.uuid)
      // The instruction END.
      code.bytes.storeBytes(of: 0x7220_0000, as: UInt32.self)
      #expect(cxrt_sync(library, device, code.buffer, CXRT_TO_DEVICE, 64, 0) == CXRT_OK)
    }

    deinit {
      for (buffer, bytes) in [command, (code.buffer, code.bytes)] {
        _ = cxrt_unmap(library, device, buffer, bytes)
        _ = cxrt_free(library, device, buffer)
      }
      _ = cxrt_close_context(library, device, uuid, 0)
      _ = cxrt_close(library, device)
    }

    /// A start as the fact tables have it, with all bases unused.
    var words: [UInt32] {
      let code = [UInt32(truncatingIfNeeded: code.address), UInt32(truncatingIfNeeded: code.address >> 32)]
      return [0x0282_B011, 1, 0x40, 1, 0x44, 1, 0x48, 0x0707_0F0F, 0x50, code[0], 0x54, code[1]]
        + (0..<16).flatMap { [0x60 + 4 * UInt32($0), UInt32.max] }
    }

    /// Hands words over; what the driver answers.
    func execute(_ words: [UInt32]) -> cxrt_code {
      for (place, word) in words.enumerated() {
        command.bytes.storeBytes(of: word, toByteOffset: 4 * place, as: UInt32.self)
      }
      return cxrt_execute(library, device, command.buffer)
    }

    /// Waits until the core has taken the command up.
    func waitUntilRunning() {
      while cxrt_command_header(command.bytes) & 15 == 2 { usleep(1000) }
    }

    /// The state of the command once it is at its end, or after a while: a long one for what has to end.
    func state(within seconds: Double = 30) -> UInt32 {
      for _ in 0..<Int(seconds * 20) {
        let state = cxrt_command_header(command.bytes) & 15
        if state > 3 { return state }
        var hasEvent = false
        #expect(cxrt_wait(library, device, 50, &hasEvent) == CXRT_OK)
      }
      return cxrt_command_header(command.bytes) & 15
    }
  }

  @Test("a right command is carried out, and nothing is objected to")
  func right() throws {
    let bench = try Bench()
    #expect(bench.execute(bench.words) == CXRT_OK)
    #expect(bench.state() == 4)
    #expect(try bench.board.report().violations == [])
  }

  /// A change of one word or two, and what the board says of it.
  struct Slip: Sendable, CustomStringConvertible {
    let description: String
    let change: @Sendable (inout [UInt32]) -> Void
  }

  private static let slips = [
    Slip(description: "opcode 15, expected 5") { $0[0] = $0[0] & ~(31 << 23) | 15 << 23 },
    Slip(description: "count 42, expected 43") { $0[0] -= 1 << 12 },
    Slip(description: "no timestamps are asked for") { $0[0] &= ~16 },
    Slip(description: "type 1, expected 0") { $0[0] |= 1 << 28 },
    Slip(description: "further masks are announced") { $0[0] |= 1 << 10 },
    Slip(description: "are not in order") { words in
      for place in 0..<2 { words.swapAt(2 + place, 4 + place) }
    },
    Slip(description: "are not in order") { words in
      for place in 0..<2 { words.swapAt(8 + place, 10 + place) }
    },
    Slip(description: #"["0x0", "0x44""#) { $0[2] = 0 },
    Slip(description: "DONECLR is not 1") { $0[3] = 0 },
    Slip(description: "PROF_EN is not 1") { $0[5] = 0 },
    Slip(description: "HP_CMD is 0x0") { $0[7] = 0 },
    Slip(description: "the code address 0x1000 is in no live buffer") { ($0[9], $0[11]) = (0x1000, 0) },
    Slip(description: "has more than 40 bits") { ($0[13], $0[15]) = (0, 0x100) },
    Slip(description: "base 0 at 0x0 is in no live buffer") { ($0[13], $0[15]) = (0, 0) },
  ]

  @Test("each word out of place is found", arguments: slips)
  func slip(slip: Slip) throws {
    let bench = try Bench()
    var words = bench.words
    slip.change(&words)
    #expect(words != bench.words)
    #expect(bench.execute(words) == CXRT_OK)
    #expect(bench.state() == 5)
    let violations = try bench.board.report().violations
    #expect(violations.contains { $0.contains(slip.description) }, "\(violations)")
  }

  @Test("a mask that names no opened core, or two, is refused at once", arguments: [0, 2, 3] as [UInt32])
  func mask(mask: UInt32) throws {
    let bench = try Bench()
    var words = bench.words
    words[1] = mask
    #expect(bench.execute(words) == CXRT_REFUSED)
    #expect(cxrt_failure_errno() == EINVAL)
  }

  @Test("a buffer that is not for commands is none")
  func dataAsCommand() throws {
    let bench = try Bench()
    #expect(cxrt_execute(bench.library, bench.device, bench.code.buffer) == CXRT_REFUSED)
    #expect(cxrt_failure_errno() == EINVAL)
  }

  @Test("code that was not carried over is not there: the DPU reads what its own memory holds")
  func codeWithoutSync() throws {
    let bench = try Bench(#"{"lostSyncs": [0]}"#)
    #expect(bench.execute(bench.words) == CXRT_OK)
    #expect(bench.state() == 5)
    #expect(try bench.board.report().violations.contains { $0.contains("broke off") })
  }

  @Test("a sync carries whole cache lines and nothing else, and fresh memory holds garbage on both sides")
  func cacheLines() throws {
    let bench = try Bench()
    let bytes = UnsafeMutableRawBufferPointer(start: bench.code.bytes, count: 4096)
    func sync(_ direction: cxrt_direction, _ byteCount: Int, _ offset: Int) {
      #expect(cxrt_sync(bench.library, bench.device, bench.code.buffer, direction, byteCount, offset) == CXRT_OK)
    }
    let fresh = Array(bytes[64...])
    sync(CXRT_FROM_DEVICE, 4096, 0)
    #expect(Array(bytes[64...]) != fresh && Set(fresh).count > 100 && Set(bytes[64...]).count > 100)
    for index in bytes.indices { bytes[index] = 0xAA }
    sync(CXRT_TO_DEVICE, 4096, 0)
    for index in bytes.indices { bytes[index] = 0xBB }
    sync(CXRT_TO_DEVICE, 1, 100)
    sync(CXRT_TO_DEVICE, 2, 255)
    sync(CXRT_FROM_DEVICE, 4096, 0)
    let carried = bytes.indices.filter { bytes[$0] == 0xBB }
    #expect(carried == Array(64..<128) + Array(192..<320))
    #expect(
      cxrt_sync(bench.library, bench.device, bench.code.buffer, CXRT_TO_DEVICE, 4096, 1) == CXRT_REFUSED)
  }

  @Test("reading AP_CTRL while a job runs takes its end from the driver")
  func readOfControl() throws {
    let bench = try Bench(#"{"jobs": [{"job": 0, "lateByMilliseconds": 600}]}"#)
    #expect(bench.execute(bench.words) == CXRT_OK)
    // Past the loader, which refuses that.
    typealias Read = @convention(c) (UnsafeMutableRawPointer, UInt32, UInt32, UnsafeMutablePointer<UInt32>) -> Int32
    let handle = try #require(dlopen(FakeBoard.libraryPath, RTLD_NOW))
    let read = unsafeBitCast(try #require(dlsym(handle, "xclRegRead")), to: Read.self)
    bench.waitUntilRunning()
    var word: UInt32 = 0
    #expect(read(bench.device, 0, 0, &word) == 0)
    #expect(bench.state(within: 1.5) == 3)
    #expect(try bench.board.report().violations == ["register 0 of DPUCZDX8G:DPUCZDX8G_1 was read"])
  }

  @Test(
    "after a hang the driver takes nothing until another image, or the same one by force", arguments: [false, true])
  func deadlock(byForce: Bool) throws {
    let board = try FakeBoard(#"{"jobs": [{"job": 0, "hangs": true}]}"#)
    func answer(uuid: UInt8 = 1) throws -> (code: cxrt_code, number: Int32, state: UInt32) {
      let bench = try Bench(on: board, uuid: uuid)
      let code = bench.execute(bench.words)
      return (code, cxrt_failure_errno(), code == CXRT_OK ? bench.state() : 0)
    }
    func hang() throws {
      let bench = try Bench(on: board)
      #expect(bench.execute(bench.words) == CXRT_OK)
      bench.waitUntilRunning()
      #expect(bench.state(within: 0.3) == 3)
    }
    // Closing the context is what makes the driver notice.
    try hang()
    for _ in 0..<2 {
      let refused = try answer()
      #expect(refused.code == CXRT_REFUSED && refused.number == EDEADLK)
    }
    if byForce { try board.change(#"{"forcesLoad": true}"#) }
    let back = try answer(uuid: byForce ? 1 : 2)
    #expect(back.code == CXRT_OK && back.state == 4)
    #expect(try !board.report().isBad)
  }

  @Test("a board says what it is by a name of its own")
  func name() throws {
    let bench = try Bench()
    #expect(cxrt_fake_board_name(bench.library).map { String(cString: $0) } == "fake libxrt")
    #expect(cxrt_missing_function(bench.library) == nil)
  }
}
