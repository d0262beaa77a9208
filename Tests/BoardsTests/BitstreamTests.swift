import Boards
import TestSupport
import Testing

@Suite struct BitstreamTests {
  @Test("reads the header of a .bit file and turns its words round once")
  func bit() throws {
    let bitstream = try Bitstream(reading: SampleBitstreams.bit())
    #expect(bitstream.form == .bit && !bitstream.isPartial)
    #expect(bitstream.header?.part == "xczu7ev-ffvc1156-2-e")
    #expect(bitstream.header?.design == "top_wrapper;UserID=0XFFFFFFFF;Version=2022.1")
    #expect(bitstream.header?.date == "2022/10/01" && bitstream.header?.time == "12:00:00")
    #expect(Array(bitstream.data) == SampleBitstreams.data())
    #expect(bitstream.imageForKernel() == SampleBitstreams.turned(SampleBitstreams.data()))
    #expect(bitstream.imageForKernel()[32..<36].elementsEqual([0x66, 0x55, 0x99, 0xAA]))
  }

  @Test("turns plain words round, and leaves alone what is ready")
  func raw() throws {
    let ready = SampleBitstreams.turned(SampleBitstreams.data())
    let plain = try Bitstream(reading: SampleBitstreams.data())
    #expect(plain.form == .plain && plain.header == nil && plain.imageForKernel() == ready)
    let done = try Bitstream(reading: ready)
    #expect(done.form == .ready && done.imageForKernel() == ready)
  }

  @Test("knows a partial bitstream by its design's options")
  func partial() throws {
    #expect(try Bitstream(reading: SampleBitstreams.bit(design: "slot0;PARTIAL=TRUE;Version=2022.1")).isPartial)
  }

  @Test("says what is wrong with a damaged file, and where", arguments: BitstreamFault.table)
  func faults(_ fault: BitstreamFault) throws {
    let error = thrownError(BoardError.self) { try Bitstream(reading: fault.bytes) }
    #expect(error?.code == .malformed && error?.byteOffset == fault.offset, "\(String(describing: error))")
    #expect(error?.message.contains(fault.words) == true, "\(String(describing: error))")
  }

  @Test("a .bit file cut at any byte gives an error")
  func truncation() throws {
    let bytes = SampleBitstreams.bit()
    for count in 0..<bytes.count {
      #expect(throws: BoardError.self, "cut at \(count)") { try Bitstream(reading: Array(bytes[..<count])) }
    }
  }
}

/// Bytes that are not a good bitstream, and what must be said of them.
struct BitstreamFault: CustomTestStringConvertible {
  let testDescription: String
  let bytes: [UInt8]
  let offset: Int
  let words: String

  init(_ name: String, at offset: Int, _ words: String, _ change: (inout [UInt8]) -> Void) {
    testDescription = name
    var bytes = SampleBitstreams.bit()
    change(&bytes)
    self.bytes = bytes
    self.offset = offset
    self.words = words
  }

  private static let dataStart = SampleBitstreams.bit().count - SampleBitstreams.data().count

  static let table: [BitstreamFault] = [
    BitstreamFault("empty", at: 0, "the file is empty") { $0 = [] },
    BitstreamFault("text", at: 0, "neither a .bit header nor a sync word") {
      $0 = Array("not a bitstream at all".utf8)
    },
    BitstreamFault("another preamble", at: 0, "its first 13 bytes are others") { $0[2] = 0xF0 },
    BitstreamFault("unknown key", at: 13, "unexpected field 'q' of the header") { $0[13] = UInt8(ascii: "q") },
    BitstreamFault("text over the end", at: 16, "field 'a' of the header of 65535 bytes") {
      $0[14] = 0xFF
      $0[15] = 0xFF
    },
    BitstreamFault("data over the end", at: dataStart - 5, "4294967295 bytes of data are announced, 100 are there") {
      $0.replaceSubrange((dataStart - 4)..<dataStart, with: [0xFF, 0xFF, 0xFF, 0xFF])
    },
    BitstreamFault("no data", at: dataStart - 5, "holds no data") {
      $0.replaceSubrange((dataStart - 4)..<dataStart, with: [0, 0, 0, 0])
    },
    BitstreamFault("no sync word", at: dataStart, "no sync word") { $0[dataStart + 33] = 0 },
    BitstreamFault("half a word", at: dataStart, "99 bytes of data are not whole 32-bit words") {
      $0[dataStart - 1] = 99
    },
  ]
}
