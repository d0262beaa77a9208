import SimulatedDPU
import Tensors
import Testing
import XModel

/// What random issue may change and what not, and what garbage gives away: each promise with a program that breaks it.
@Suite struct IssueOrderTests {
  private static let seeds = UInt64(1)...60
  private static let fingerprints: [UInt64] = [0x100_0020_F601_4407, 0x101_0000_1601_0407]

  /// The bytes of a region after a program, `[first register's contents]` known and all else garbage.
  private func result(
    _ fingerprint: UInt64, _ text: String, order: IssueOrder, garbage: UInt64 = 1, byteCount: Int = 256
  ) throws -> [Int8] {
    let bench = ProgramBench(try DPUTarget(Fingerprint(fingerprint)), seed: garbage)
    bench.region(0, (0..<256).map { Int8(truncatingIfNeeded: $0) })
    bench.region(3, [Int8](repeating: 99, count: byteCount))
    let code = try MachineCode(assembling: text, isa: bench.target.isa)
    _ = try bench.core.run(codeAddress: bench.memory.allocate(code.encoded), bases: bench.bases, order: order)
    return try bench.contents(3, byteCount)
  }

  private func results(_ fingerprint: UInt64, _ text: String, byteCount: Int = 256) throws -> Set<[Int8]> {
    Set(try Self.seeds.map { try result(fingerprint, text, order: .random(seed: $0), byteCount: byteCount) })
  }

  /// A SAVE of what a LOAD brings, with the token between them or without.
  private static func copy(hasToken: Bool) -> String {
    """
    LOAD dpdon=load dpdby=load\(hasToken ? "+save" : "") length=16 channel=16 jump_read=16
    SAVE dpdon=save\(hasToken ? "+load" : "") dpdby=save length=16 channel=16 jump_write=16 reg_id=3
    END dpdon=save dpdby=save
    """
  }

  @Test("a missing token is seen by some order, the same program with it by none", arguments: fingerprints)
  func missingToken(fingerprint: UInt64) throws {
    let expected = (0..<256).map { Int8(truncatingIfNeeded: $0) }
    #expect(try results(fingerprint, Self.copy(hasToken: true)) == [expected])
    // Program order hides the fault; random orders give the right bytes, garbage, and mixtures of both.
    #expect(try result(fingerprint, Self.copy(hasToken: false), order: .program) == expected)
    let racing = try results(fingerprint, Self.copy(hasToken: false))
    #expect(racing.contains(expected))
    #expect(racing.count > 3, "\(racing.count) different results")
  }

  @Test("orders repeat with their seed", arguments: fingerprints)
  func repeated(fingerprint: UInt64) throws {
    for seed in Self.seeds {
      let first = try result(fingerprint, Self.copy(hasToken: false), order: .random(seed: seed))
      #expect(try result(fingerprint, Self.copy(hasToken: false), order: .random(seed: seed)) == first, "\(seed)")
    }
  }

  @Test("two SAVEs in flight mix: where both write, either may be the last", arguments: fingerprints)
  func overlappingSaves(fingerprint: UInt64) throws {
    let text = """
      LOAD dpdon=load dpdby=load+save length=8 channel=16 jump_read=16
      SAVE dpdon=save+load dpdby=none length=8 channel=16 jump_write=16 reg_id=3
      SAVE dpdon=none dpdby=save bank_addr=4 length=4 channel=16 jump_write=16 reg_id=3 hp_id=1
      END dpdon=save dpdby=save
      """
    let found = try results(fingerprint, text, byteCount: 128)
    let bytes = (0..<128).map { Int8($0) }
    #expect(found.contains(bytes))
    #expect(found.contains(Array(bytes[64...]) + Array(bytes[64...])))
    #expect(found.count > 3, "\(found.count) different results")
    #expect(found.allSatisfy { Array($0[64...]) == Array(bytes[64...]) })
  }

  @Test("the second SAVE of a pair gives the tokens of both only when both have ended", arguments: fingerprints)
  func pairs(fingerprint: UInt64) throws {
    // The second LOAD overwrites what both SAVEs read.
    let text = """
      LOAD dpdon=load dpdby=load+save length=16 channel=16 jump_read=16
      SAVE dpdon=save+load dpdby=none length=15 channel=16 jump_write=16 reg_id=3
      SAVE dpdon=none dpdby=save+load bank_addr=15 channel=16 reg_id=3 ddr_addr=240 hp_id=1
      LOAD dpdon=load+save dpdby=load length=16 channel=16 jump_read=1
      END dpdon=save dpdby=save
      """
    #expect(try results(fingerprint, text) == [(0..<256).map { Int8(truncatingIfNeeded: $0) }])
  }

  @Test("elements of one LOAD follow each other, also where they overlap", arguments: fingerprints)
  func elementsInOrder(fingerprint: UInt64) throws {
    // Each element takes two rows, and the next one begins in the second of them.
    let text = """
      LOAD dpdon=load dpdby=load+save length=8 channel=32 jump_read=32 jump_write=1
      SAVE dpdon=save+load dpdby=save length=9 channel=16 jump_write=16 reg_id=3
      END dpdon=save dpdby=save
      """
    let rows = (0..<8).map { 32 * $0 } + [240]
    let expected = rows.flatMap { row in (row..<row + 16).map { Int8(truncatingIfNeeded: $0) } }
    #expect(try results(fingerprint, text, byteCount: 144) == [expected])
  }

  @Test(
    "what nobody wrote depends on the seed of the garbage: banks and memory",
    arguments: [
      "SAVE dpdon=save dpdby=save channel=64 reg_id=3\nEND dpdon=save dpdby=save",
      """
      LOAD dpdon=load dpdby=load+save channel=64 reg_id=1
      SAVE dpdon=save+load dpdby=save channel=64 reg_id=3
      END dpdon=save dpdby=save
      """,
    ])
  func garbage(text: String) throws {
    func contents(_ seed: UInt64) throws -> [Int8] {
      let bench = ProgramBench(try DPUTarget(Fingerprint(Self.fingerprints[0])), seed: seed)
      bench.region(1, byteCount: 64)
      bench.region(3, [Int8](repeating: 99, count: 64))
      let code = try MachineCode(assembling: text, isa: .isa0)
      _ = try bench.core.run(codeAddress: bench.memory.allocate(code.encoded), bases: bench.bases)
      return try bench.contents(3, 64)
    }
    let found = try (UInt64(1)...8).map { try contents($0) }
    #expect(Set(found).count == 8)
    #expect(try contents(1) == found[0])
    #expect(found.allSatisfy { Set($0).count > 20 }, "garbage that looks like data")
  }
}
