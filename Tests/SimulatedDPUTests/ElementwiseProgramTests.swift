import SimulatedDPU
import Tensors
import Testing
import XModel

/// ELEW through programs of our own: parallel rows, wraps, up to four operands, sums and products.
@Suite struct ElementwiseProgramTests {
  /// Where an operand or the result lies.
  private struct Layout {
    let bank: Int
    let row: Int
    let jump: Int
    let endl: Int
    let jumpBank: Int

    /// Bank and bank row where parallel row `k` begins.
    func place(_ k: Int, _ target: DPUTarget) -> (bank: Int, row: Int) {
      let parallelism = target.pixelParallelism
      let groupStart = bank / parallelism * parallelism
      let distance = bank - groupStart + k * jumpBank
      return (groupStart + distance % parallelism, (row + distance / parallelism * endl) % 2048)
    }
  }

  @Test("ELEW is the plain formula in every geometry", arguments: NamedTarget.all)
  func everyGeometry(named: NamedTarget) throws {
    for seed in UInt64(0)..<16 { try check(named, seed: seed, kernels: .best) }
  }

  private static let isa0 = NamedTarget.all.filter { $0.name.contains("BG2") }

  @Test("ISA0 computes parallel rows where a core has them", arguments: isa0)
  func parallelRows(named: NamedTarget) throws {
    // All known cores of ISA0 compute one row; the encoding and the fingerprint have room for more.
    let wide = named.with(fingerprint: named.fingerprint & ~(15 << 16) | UInt64(named.pixelParallelism) << 16)
    for seed in UInt64(40)..<48 { try check(wide, seed: seed, kernels: .best) }
  }

  @Test("all kernels give the same", arguments: Kernels.available)
  func everyKernel(kernels: Kernels) throws {
    for named in NamedTarget.all.suffix(10) {
      for seed in UInt64(20)..<36 { try check(named, seed: seed, kernels: kernels) }
    }
  }

  private func check(_ named: NamedTarget, seed: UInt64, kernels: Kernels) throws {
    let target = try named.target()
    var random = SeededGenerator(seed: seed &* 7919 &+ named.fingerprint)
    func pick(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &random) }
    let isISA1 = target.isa == .isa1
    let groupCount = target.imageBankCount / target.pixelParallelism
    let isProduct = isISA1 && seed % 3 == 2
    let count = isProduct ? 2 : Int(seed % 4) + 1
    let rows = pick(1...Fingerprint(named.fingerprint).eltwiseParallelism)
    let (length, groups) = (pick(1...20), pick(1...4))
    let channels = groups * target.bankWidth
    // Operands far from each other in any group but the last, which is the result's.
    let operands = (0..<count).map { number in
      Layout(
        bank: pick(0...(groupCount - 1) * target.pixelParallelism - 1),
        row: (number * 500 + pick(0...99) + 2000) % 2048,
        jump: groups + pick(0...2), endl: 130,
        jumpBank: isISA1 ? pick(1...min(4, target.pixelParallelism / rows)) : 1)
    }
    let isShared = (0..<count).map { _ in isISA1 && pick(0...3) == 0 }
    let shifts = (0..<count).map { _ in pick(0...(isProduct ? 2 : 9)) }
    let result = Layout(
      bank: (groupCount - 1) * target.pixelParallelism + pick(0...target.pixelParallelism - 1), row: pick(0...2047),
      jump: groups + pick(0...2), endl: length * (groups + 2), jumpBank: 1)
    let half = isISA1 ? 16 : 8
    let written = isProduct ? half + pick(0...6) : [0, 1, half, half + 2][pick(0...3)]
    let activation = pick(0...1)

    let bench = ProgramBench(target, seed: seed, kernels: kernels)
    let images = (0..<count).map { _ in (0..<rows).map { _ in (0..<length).map { _ in random.int8s(channels) } } }
    bench.region(2, Array(images.joined().joined().joined()))
    bench.region(3, byteCount: rows * length * channels)
    for (number, operand) in operands.enumerated() {
      for k in 0..<(isShared[number] ? 1 : rows) {
        let place = operand.place(k, target)
        bench.add(
          "LOAD",
          [
            "bank_id": place.bank, "bank_addr": place.row, "jump_write": operand.jump, "length": length,
            "channel": channels, "jump_read": channels, "reg_id": 2,
            "ddr_addr": (number * rows + k) * length * channels,
          ])
      }
    }
    for (number, operand) in operands.enumerated() {
      var line =
        "ELEWINIT id=\(number) bank_id_in=\(operand.bank) bank_addr_in=\(operand.row) jump_read=\(operand.jump)"
      line += " jump_read_endl=\(operand.endl) shift_read=\(shifts[number])"
      if isISA1 { line += " jump_bank=\(operand.jumpBank) share_pp=\(isShared[number] ? 1 : 0)" }
      bench.add(line: line)
    }
    var line = "ELEW num=\(count) vpp=\(rows) length=\(length) channel_group=\(groups) act_type=\(activation)"
    line += " bank_id_out=\(result.bank) bank_addr_out=\(result.row) jump_write=\(result.jump)"
    line += " jump_write_endl=\(result.endl) shift_write=\(written)"
    if isISA1 { line += " elew_type=\(isProduct ? 1 : 0)" }
    bench.add(line: line)
    for k in 0..<rows {
      let place = result.place(k, target)
      bench.add(
        "SAVE",
        [
          "bank_id": place.bank, "bank_addr": place.row, "jump_read": result.jump, "length": length,
          "channel": channels, "jump_write": channels, "reg_id": 3, "ddr_addr": k * length * channels,
        ])
    }
    try bench.run()

    var expected: [Int8] = []
    for k in 0..<rows {
      for x in 0..<length {
        for channel in 0..<channels {
          let terms = (0..<count).map { number in
            (4 * Int(images[number][isShared[number] ? 0 : k][x][channel])) >> shifts[number]
          }
          let value = isProduct ? terms.reduce(1, *) : terms.reduce(0, +)
          let shift = (isProduct ? 4 : 2) + (written < half ? -written : written - half)
          let rounded = ReferenceArithmetic.round(value, shift)
          expected.append(Int8(activation == 1 ? max(0, rounded) : rounded))
        }
      }
    }
    #expect(try bench.contents(3, expected.count) == expected, "\(named.name) seed \(seed) \(kernels.title)")
  }
}
