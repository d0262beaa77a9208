import SimulatedDPU
import Tensors
import TestSupport
import Testing

/// LOAD and SAVE through programs of our own.
@Suite struct TransferProgramTests {
  private static let named = NamedTarget.all.filter { $0.name.contains("BG2") || $0.name.contains("argmax") }

  @Test("bytes survive the way through a bank, wrapping at its end", arguments: named)
  func roundTrip(named: NamedTarget) throws {
    for seed in UInt64(0)..<8 {
      let target = try named.target()
      var random = SeededGenerator(seed: seed)
      func pick(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &random) }
      let (length, channels) = (pick(1...9), pick(1...70))
      let rows = (channels + target.bankWidth - 1) / target.bankWidth
      let (jumpIn, jumpOut, jumpRows) = (channels + pick(0...9), channels + pick(0...9), rows + pick(0...3))
      let bytes = random.int8s((length - 1) * jumpIn + channels)
      let bank = pick(0...target.imageBankCount - 1)
      let row = pick(2030...2047)
      let bench = ProgramBench(target, seed: seed)
      bench.region(1, bytes)
      bench.region(3, byteCount: (length - 1) * jumpOut + channels)
      let before = try bench.contents(3, (length - 1) * jumpOut + channels)
      bench.add(
        "LOAD",
        [
          "bank_id": bank, "bank_addr": row, "jump_write": jumpRows, "length": length, "channel": channels,
          "jump_read": jumpIn, "reg_id": 1,
        ])
      bench.add(
        "SAVE",
        [
          "bank_id": bank, "bank_addr": row, "jump_read": jumpRows, "length": length, "channel": channels,
          "jump_write": jumpOut, "reg_id": 3,
        ])
      let counters = try bench.run(order: seed % 2 == 0 ? .program : .random(seed: seed))
      var expected = before
      for element in 0..<length {
        for byte in 0..<channels { expected[element * jumpOut + byte] = bytes[element * jumpIn + byte] }
      }
      #expect(try bench.contents(3, expected.count) == expected, "\(named.name) seed \(seed)")
      #expect(counters.loadedByteCount == length * channels)
      #expect(counters.savedByteCount == length * channels)
      #expect(counters[.load].started == 1 && counters[.load].finished == 1)
      #expect(counters[.save].started == 2 && counters[.save].finished == 2)
    }
  }

  @Test("the rest of an element's last row becomes 0", arguments: named)
  func partialRows(named: NamedTarget) throws {
    let target = try named.target()
    let width = target.bankWidth
    let bench = ProgramBench(target)
    bench.region(0, [Int8](repeating: 77, count: 4 * width))
    bench.region(3, byteCount: 4 * width)
    bench.add("LOAD", ["channel": 4 * width])
    bench.add("LOAD", ["channel": width + 3])
    bench.add("SAVE", ["channel": 4 * width, "reg_id": 3])
    try bench.run()
    let expected =
      [Int8](repeating: 77, count: width + 3) + [Int8](repeating: 0, count: width - 3)
      + [Int8](repeating: 77, count: 2 * width)
    #expect(try bench.contents(3, 4 * width) == expected)
  }

  @Test("pads of a LOAD are 0 and not read, so that they may lie outside of memory", arguments: named)
  func pads(named: NamedTarget) throws {
    for seed in UInt64(0)..<16 {
      let target = try named.target()
      let width = target.bankWidth
      var random = SeededGenerator(seed: seed)
      func pick(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &random) }
      let (jump, length) = (pick(1...4), pick(3...12))
      let channels = jump * pick(1...4) + jump
      let (start, end, index) = (pick(0...9), pick(0...9), pick(1...3))
      let rounded = (channels + width - 1) / width * width
      let rows = rounded / width
      func isPad(_ element: Int, _ byte: Int) -> Bool {
        let place = element - (length - index)
        return byte < start - element * jump || (place >= 0 && byte >= rounded - (end + jump * place))
      }
      // Only what is read exists: from the first to the last byte that is no pad, and nothing where all bytes are pads.
      let read = (0..<length).flatMap { element in
        (0..<channels).filter { !isPad(element, $0) }.map { element * jump + $0 }
      }
      let first = read.min() ?? 0
      let bytes = random.int8s((read.max() ?? 0) + 1 - first)
      let bench = ProgramBench(target, seed: seed)
      // The region begins before the LOAD's address where its first bytes are pads.
      bench.region(2, bytes)
      bench.region(3, byteCount: length * channels)
      try bench.rebase(2, by: -first)
      bench.add(
        "LOAD",
        [
          "bank_id": 3, "jump_write": rows, "length": length, "channel": channels, "jump_read": jump, "reg_id": 2,
          "pad_start": start, "pad_end": end, "pad_idx": index,
        ])
      bench.add(
        "SAVE",
        ["bank_id": 3, "jump_read": rows, "length": length, "channel": channels, "jump_write": channels, "reg_id": 3])
      try bench.run()
      var expected: [Int8] = []
      for element in 0..<length {
        for byte in 0..<channels { expected.append(isPad(element, byte) ? 0 : bytes[element * jump + byte - first]) }
      }
      #expect(try bench.contents(3, expected.count) == expected, "\(named.name) seed \(seed)")
    }
  }

  @Test("constants and arg max of ISA1")
  func isa1() throws {
    let target = try #require(NamedTarget.all.first { $0.name == "ISA1 argmax B4096" }).target()
    let bench = ProgramBench(target)
    bench.region(0, [3, 90, -5, 90, 1, -7, -8, -9, -7, -100])
    bench.region(3, [Int8](repeating: 1, count: 24))
    bench.add("LOAD", ["length": 2, "channel": 5, "jump_read": 5])
    bench.add("SAVE", ["length": 2, "channel": 5, "jump_write": 2, "reg_id": 3, "argmax": 2])
    bench.add("SAVE", ["length": 2, "channel": 5, "jump_write": 2, "reg_id": 3, "argmax": 3, "ddr_addr": 4])
    bench.add(line: "SAVE length=2 channel=3 jump_write=4 reg_id=3 const_en=1 const_value=200 ddr_addr=8")
    bench.add(line: "LOAD bank_id=1 channel=4 reg_id=5 broadcast=7 const_value=255")
    bench.add("SAVE", ["bank_id": 1, "channel": 8, "reg_id": 3, "ddr_addr": 16])
    try bench.run()
    let expected: [Int8] = [1, 1, 0, 1, 90, 1, -7, 1, -56, -56, -56, 1, -56, -56, -56, 1, -1, -1, -1, -1, 0, 0, 0, 0]
    #expect(try bench.contents(3, 24) == expected)
  }
}
