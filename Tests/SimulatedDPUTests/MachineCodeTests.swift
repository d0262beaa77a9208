import SimulatedDPU
import Tensors
import TestSupport
import Testing

@Suite struct MachineCodeTests {
  /// END as it ends every public program: it waits for its engine's last instruction.
  static let end: [UInt8] = [0x00, 0x00, 0x20, 0x72]

  @Test("reads an instruction field by field")
  func fields() throws {
    // LOAD of ISA0: on none, by load; bank 33, row 5; 16 bytes every 16 bytes of DDR; 3 elements; REG_2 + 272.
    let words: [UInt32] = [0x0012_1005 | 1 << 24, 15 | 1 << 16, 15 | 2 << 14 | 1 << 24, 272 | 2 << 29]
    let bytes = words.flatMap { word in withUnsafeBytes(of: word.littleEndian) { [UInt8]($0) } }
    let code = try MachineCode(decoding: bytes + Self.end, isa: .isa0)
    let load = code.instructions[0]
    #expect(
      load.text
        == "LOAD dpdon=load dpdby=load bank_addr=5 bank_id=33 hp_id=0 jump_read=16 pad_idx=2 pad_end=0 pad_start=0 "
        + "channel=16 mode_avg=0 length=3 jump_write=2 ddr_addr=272 reg_id=2")
    #expect(code.instructions[1].text == "END dpdon=save dpdby=save")
    #expect(code.encoded == bytes + Self.end)
  }

  @Test("says where bytes stop being a program")
  func damage() throws {
    let load = try MachineCode(assembling: "LOAD dpdon=load dpdby=load\nEND dpdon=save dpdby=save", isa: .isa0).encoded
    func error(_ bytes: [UInt8], _ isa: ISA = .isa0) -> ProgramError? {
      thrownError(ProgramError.self) { try MachineCode(decoding: bytes, isa: isa) }
    }
    func changed(_ bytes: [UInt8], _ place: Int, _ byte: UInt8) -> [UInt8] {
      var bytes = bytes
      bytes[place] = byte
      return bytes
    }
    #expect(error([])?.code == .truncated)
    #expect(error(Array(load.dropLast(4)))?.message.contains("no END") == true)
    #expect(error(Array(load.dropLast(1)))?.code == .truncated)
    #expect(
      error(Array(load.prefix(12)))?.message
        == "instruction 0 (LOAD): has 4 words, but the program stops after 3 of them")
    #expect(error(load + Self.end)?.message == "instruction 2: stands behind END (instruction 1), which ends a program")

    let unknown = error(changed(load, 3, 0x10))
    #expect(unknown?.code == .unknownOpcode)
    #expect(unknown?.message == "instruction 0, opcode 1: ISA0 has no such instruction")
    #expect(unknown?.place?.words == [0x1010_0000])

    let reserved = error(changed(load, 7, 0x80))
    #expect(reserved?.code == .reservedBits)
    #expect(reserved?.message == "instruction 0 (LOAD), word 1 bits 31:31 1: these bits are always 0")
  }

  @Test("refuses tokens that never come, naming who waits and for what")
  func deadlock() {
    let text = """
      LOAD dpdon=load+conv dpdby=load+conv
      CONVINIT
      CONV dpdon=load+conv dpdby=load+conv
      END dpdon=save dpdby=save
      """
    let error = thrownError(ProgramError.self) { try MachineCode(assembling: text, isa: .isa0) }
    #expect(error?.code == .deadlock)
    #expect(
      error?.message
        == "instruction 0 (LOAD): deadlock: load waits at instruction 0 (LOAD) for conv; "
        + "conv waits at instruction 2 (CONV) for load")
  }

  @Test("refuses tokens that are left over, since the next job would find them")
  func openTokens() {
    let text = "LOAD dpdon=load dpdby=load+save\nEND dpdon=save dpdby=save"
    let error = thrownError(ProgramError.self) { try MachineCode(assembling: text, isa: .isa1) }
    #expect(error?.code == .openTokens)
    #expect(error?.message == "tokens at the end are not those of the start (load to save: 1 instead of 0)")
  }

  @Test("finds the order that tokens force where it is not that of the program")
  func schedule() throws {
    let text = """
      SAVE dpdon=save+load dpdby=save
      LOAD dpdon=load dpdby=load+save
      END dpdon=save dpdby=save
      """
    #expect(try MachineCode(assembling: text, isa: .isa0).schedule == [1, 0, 2])
  }

  @Test(
    "text that is no program gets its line and what was expected",
    arguments: [
      ("JUMP", "line 1: found \"JUMP\", which is no instruction of ISA0"),
      ("ALU", "line 1: found \"ALU\", which is no instruction of ISA0"),
      ("\n# comment\nLOAD bank=1", "line 3: LOAD of ISA0 has no field \"bank\""),
      ("LOAD vpp=1", "line 1: LOAD of ISA0 has no field \"vpp\""),
      ("LOAD bank_id=64", "line 1: LOAD bank_id: found \"64\", expected a number from 0 to 63"),
      ("LOAD length=0", "line 1: LOAD length: found \"0\", expected a number from 1 to 1024"),
      ("LOAD length=1 length=1", "line 1: LOAD has length twice"),
      ("LOAD length", "line 1: found \"length\", expected a field as name=value"),
      (
        "LOAD dpdon=dma",
        "line 1: found \"dma\", expected engines (load, save, conv, misc) joined by +, or none"
      ),
      ("1: END", "line 1: found number \"1:\", expected 0:"),
      ("LOAD", "the program of 1 instructions has no END"),
    ])
  func syntax(text: String, message: String) {
    let error = thrownError(ProgramError.self) { try MachineCode(assembling: text, isa: .isa0) }
    #expect(error?.message == message)
  }

  @Test("random instructions survive bytes and text", arguments: ISA.allCases)
  func randomRoundTrip(isa: ISA) throws {
    for seed in UInt64(0)..<40 {
      var random = SeededGenerator(seed: seed)
      var instructions: [Instruction] = []
      for _ in 0..<50 {
        let layout = try #require(isa.layouts.filter { $0.opcode != .end }.randomElement(using: &random))
        instructions.append(
          Instruction(
            layout, waitsFor: [], signals: [], values: layout.fields.map { Int.random(in: $0.range, using: &random) }))
      }
      let end = try #require(isa.layout(.end))
      let save = Engines(.save)
      let code = try MachineCode(
        instructions + [Instruction(end, waitsFor: save, signals: save, values: [])], isa: isa)
      #expect(try MachineCode(decoding: code.encoded, isa: isa) == code, "\(isa) seed \(seed)")
      #expect(try MachineCode(assembling: code.text, isa: isa) == code, "\(isa) seed \(seed)")
    }
  }

  @Test("one flipped bit gives another program or an error, never a crash", arguments: ISA.allCases)
  func flippedBits(isa: ISA) throws {
    let text = isa.layouts.filter { $0.opcode != .end }.map(\.opcode.rawValue).joined(separator: "\n")
    let code = try MachineCode(assembling: text + "\nEND", isa: isa)
    for bit in 0..<code.encoded.count * 8 {
      var bytes = code.encoded
      bytes[bit / 8] ^= 1 << UInt8(bit % 8)
      guard let other = try? MachineCode(decoding: bytes, isa: isa) else { continue }
      #expect(other != code, "\(isa) bit \(bit)")
      #expect(other.encoded == bytes, "\(isa) bit \(bit)")
    }
  }

  @Test(
    "all programs of real models survive bytes and text, in program order",
    .enabled(if: Shared.isPresent, Comment(rawValue: Shared.absence)), arguments: SharedPrograms.models)
  func realPrograms(model: String) throws {
    let programs = try SharedPrograms.programs(model)
    #expect(!programs.isEmpty)
    for program in programs {
      let code = try MachineCode(decoding: program.bytes, isa: program.isa)
      #expect(code.encoded == program.bytes)
      #expect(code.schedule == Array(code.instructions.indices))
      // Text is slow to read; the superlayers' instructions are of the same kinds.
      if program.superlayer == nil { #expect(try MachineCode(assembling: code.text, isa: program.isa) == code) }
    }
  }
}
