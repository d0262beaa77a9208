import SimulatedDPU
import TestSupport
import Testing
import XModel

/// Programs that a core must refuse or break off: each fault names instruction, field and value.
@Suite struct FaultTests {
  private static let isa0: UInt64 = 0x100_0020_F601_4407
  private static let min: UInt64 = 0x100_0020_2201_0107
  private static let isa1: UInt64 = 0x101_0000_1601_0407

  private func fault(_ fingerprint: UInt64, _ lines: [String], _ change: (ProgramBench) -> Void = { _ in }) throws
    -> CoreFault?
  {
    let bench = ProgramBench(try DPUTarget(Fingerprint(fingerprint)))
    bench.region(0, byteCount: 4096)
    change(bench)
    for line in lines { bench.add(line: line) }
    return thrownError(CoreFault.self) { try bench.run() }
  }

  @Test(
    "programs that the core has no meaning for",
    arguments: [
      (isa0, ["LOAD bank_id=34"], "instruction 0 (LOAD), bank_id 34: there is no such bank; this core's are 0 to 33"),
      (isa0, ["SAVE bank_id=16"], "instruction 0 (SAVE), bank_id 16: is no image bank; this core's are 0 to 15"),
      (isa0, ["CONV"], "instruction 0 (CONV): no CONVINIT stands before it in the program"),
      (isa0, ["POOL"], "instruction 0 (POOL): no POOLINIT stands before it in the program"),
      (
        isa0, ["CONVINIT", "CONV bank_id_in=33"],
        "instruction 1 (CONV), bank_id_in 33: is no image bank; this core's are 0 to 15"
      ),
      (
        isa0, ["CONVINIT", "CONV bank_id_out=20"],
        "instruction 1 (CONV), bank_id_out 20: is no image bank; this core's are 0 to 15"
      ),
      (
        isa0, ["CONVINIT stride_offset_in=1", "CONV"],
        "instruction 0 (CONVINIT), stride_offset_in 1: must be less than stride_h (1), the rows of a bank "
          + "(used by instruction 1, CONV)"
      ),
      (
        isa0, ["CONVINIT act_type=2", "CONV"],
        "instruction 0 (CONVINIT), act_type 2: PReLU is not simulated: no document says where its slopes stand "
          + "(used by instruction 1, CONV)"
      ),
      (
        min, ["CONVINIT act_type=3", "CONV"],
        "instruction 0 (CONVINIT), act_type 3: this core (0x100002022010107) has no leaky ReLU in convolutions "
          + "(used by instruction 1, CONV)"
      ),
      (
        isa0, ["CONVINIT shift_bias=21", "CONV"],
        "instruction 0 (CONVINIT), shift_bias 21: the hardware shifts a bias by at most 20 (used by instruction 1, CONV)"
      ),
      (
        isa0, ["CONVINIT kernel_h=16 kernel_w=16", "CONV channel_group=9 pad_bottom=15"],
        "instruction 1 (CONV), channel_group 9: the weights of a 16x16 kernel take 2304 rows, a bank has 2048"
      ),
      (
        isa0, ["CONVINIT", "CONV channel_offset=17"],
        "instruction 1 (CONV), channel_offset 17: a pixel has only 16 channels"
      ),
      (
        0x100_0020_F601_2200, ["CONVINIT kernel_h=16 vpp=4", "CONV bank_id_in=3 pad_bottom=15"],
        "instruction 1 (CONV), bank_id_in 3: row 13 of the window is behind the group's last bank for the 4th time, "
          + "but there are 4 base addresses"
      ),
      (
        isa0, ["POOLINIT vpp=5", "POOL"],
        "instruction 0 (POOLINIT), vpp 5: POOL of this core (0x1000020f6014407) computes 4 rows at once "
          + "(used by instruction 1, POOL)"
      ),
      (
        isa0, ["POOLINIT pool_type=3", "POOL"],
        "instruction 0 (POOLINIT), pool_type 3: expected 0 (maximum), 1 (average) or 2 (maximum without pads) "
          + "(used by instruction 1, POOL)"
      ),
      (
        min, ["POOLINIT pool_type=1", "POOL"],
        "instruction 0 (POOLINIT), pool_type 1: this core (0x100002022010107) has no average pooling "
          + "(used by instruction 1, POOL)"
      ),
      (
        isa0, ["POOLINIT pool_type=1 kernel_w=2 kernel_h=3", "POOL pad_bottom=7"],
        "instruction 0 (POOLINIT), kernel_h 3: no document says by what a core divides an average of 2 columns and this "
          + "many rows (used by instruction 1, POOL)"
      ),
      (
        min, ["DWINIT", "DPTWISE"],
        "instruction 1 (DPTWISE): this core (0x100002022010107) has no depthwise convolution"
      ),
      (isa0, ["ELEWINIT", "ELEW num=2"], "instruction 1 (ELEW), num 2: 1 ELEWINITs stand before it"),
      (isa0, ["ELEWINIT id=1", "ELEW num=1"], "instruction 0 (ELEWINIT), id 1: expected 0, the next operand"),
      (isa0, ["ELEWINIT"], "instruction 0 (ELEWINIT): no ELEW behind it uses this operand"),
      (
        isa1, ["ELEWINIT jump_bank=3", "ELEW num=1 vpp=3"],
        "instruction 0 (ELEWINIT), jump_bank 3: 3 parallel rows with this step pass over a group of 8 banks"
      ),
      (
        isa0, ["POOLINIT pool_type=2 stride_offset_in=2", "POOL ds_kernel_h=2 ds_kernel_w=2"],
        "instruction 0 (POOLINIT), stride_offset_in 2: must be less than stride_h (2), the rows of a bank "
          + "(used by instruction 1, POOL)"
      ),
      (
        isa1, ["ELEWINIT", "ELEW num=1 elew_type=1"], "instruction 1 (ELEW), num 1: a product has 2 operands"
      ),
      (
        isa0, ["LOAD mode_avg=1"],
        "instruction 0 (LOAD), mode_avg 1: mean subtraction is not simulated: no core of the family has a mean bank"
      ),
      (
        isa1, ["LOAD broadcast=3"],
        "instruction 0 (LOAD), broadcast 3: expected 0 (bytes from memory) or 7 (const_value)"
      ),
      (isa1, ["SAVE argmax=2"], "instruction 0 (SAVE), argmax 2: this core (0x101000016010407) has no argmax"),
      (
        isa1, ["ALUINIT exec_mode=8", "ALU"],
        "instruction 0 (ALUINIT), exec_mode 8: 16-bit weights are not simulated: no document says how they stand in "
          + "their bank (used by instruction 1, ALU)"
      ),
      (
        isa1, ["ALUINIT exec_mode=9", "ALU"],
        "instruction 0 (ALUINIT), exec_mode 9: expected 0 to 8 (used by instruction 1, ALU)"
      ),
      (
        isa1, ["ALUINIT", "ALU kernel_d=2"],
        "instruction 1 (ALU), kernel_d 2: kernels with depth are not simulated; expected 1"
      ),
      (
        isa1, ["ALUINIT exec_mode=7 kernel_w=2", "ALU"],
        "instruction 0 (ALUINIT), kernel_w 2: exec_mode 7 works on single pixels; expected 1 (used by instruction 1, ALU)"
      ),
    ] as [(UInt64, [String], String)])
  func programs(fingerprint: UInt64, lines: [String], message: String) throws {
    let fault = try fault(fingerprint, lines)
    #expect(fault?.message == message)
    #expect(fault?.code == .program)
  }

  @Test("a register without a base names the register and the instruction")
  func register() throws {
    let fault = try fault(Self.isa0, ["LOAD channel=16", "LOAD reg_id=5 bank_addr=9"])
    #expect(fault?.code == .register)
    #expect(fault?.message == "instruction 1 (LOAD), reg_id 5: register REG_5 holds no base")
    #expect(fault?.place?.words.count == 4)
    #expect(fault?.place?.field == "reg_id")
    #expect(fault?.place?.value == 5)
    #expect(fault?.counters[.load].started == 2)
    #expect(fault?.counters[.load].finished == 1)
    #expect(fault?.counters.loadedByteCount == 16)
  }

  @Test("addresses outside of memory name element, register and address")
  func addresses() throws {
    let load = try fault(Self.isa0, ["LOAD ddr_addr=4000 length=7 channel=16 jump_read=16"])
    #expect(load?.code == .address)
    #expect(
      load?.message
        == "instruction 0 (LOAD), ddr_addr 4000: element 6 needs 16 bytes at REG_0 (0x180000000) + 4000 + 96, "
        + "which are not inside one live buffer")
    let save = try fault(Self.isa1, ["SAVE ddr_addr=4096 channel=1"])
    #expect(save?.code == .address)
    #expect(
      save?.message
        == "instruction 0 (SAVE), ddr_addr 4096: element 0 needs 1 bytes at REG_0 (0x180000000) + 4096 + 0, "
        + "which are not inside one live buffer")
    let between = try fault(Self.isa0, ["LOAD length=2 channel=16 jump_read=8192"]) { bench in
      bench.region(1, byteCount: 16)
    }
    #expect(
      between?.message
        == "instruction 0 (LOAD), ddr_addr 0: its 8208 bytes from REG_0 (0x180000000) + 0 + 0 on are not inside one "
        + "live buffer")
    let over = try fault(Self.isa0, ["LOAD channel=16 ddr_addr=5"]) { bench in
      bench.setBase(0, .max - 8)
    }
    #expect(over?.code == .address)
  }

  @Test("code that is not there or has no end is a fault of fetching")
  func fetching() throws {
    let memory = SparseMemory(seed: 1)
    let core = SimulatedCore(target: try DPUTarget(Fingerprint(Self.isa0)), memory: memory, seed: 1)
    func fault(_ address: UInt64) -> CoreFault? {
      thrownError(CoreFault.self) { try core.run(codeAddress: address, bases: []) }
    }
    #expect(fault(0x10)?.code == .fetch)
    let load = try MachineCode(assembling: "LOAD\nEND", isa: .isa0).encoded.dropLast(4)
    let endless = memory.allocate(Array(load))
    #expect(fault(endless)?.code == .fetch)
    #expect(
      fault(endless)?.message
        == "instruction 1 of the program at 0x\(String(endless, radix: 16)) is not inside one live buffer; the program has "
        + "no END before")
    let damaged = memory.allocate([0, 0, 0, 0x30] + load)
    #expect(fault(damaged)?.code == .program)
    #expect(fault(damaged)?.program == .unknownOpcode)
    let dead = memory.allocate(
      Array(load.prefix(3)) + [0x08] + Array(load.dropFirst(4)) + [0x00, 0x00, 0x20, 0x72])
    #expect(fault(dead)?.program == .deadlock)
  }

  @Test("another program at the same address is seen")
  func changedProgram() throws {
    let memory = SparseMemory(seed: 1)
    let core = SimulatedCore(target: try DPUTarget(Fingerprint(Self.isa1)), memory: memory, seed: 1)
    let data = memory.allocate(16)
    func code(_ value: Int) throws -> [UInt8] {
      try MachineCode(
        assembling: "SAVE channel=1 const_en=1 const_value=\(value) dpdon=save dpdby=save\nEND dpdon=save dpdby=save",
        isa: .isa1
      ).encoded
    }
    let address = memory.allocate(try code(1))
    for value in [1, 1, 2, 3, 3] {
      memory.write(try code(value), at: address)
      _ = try core.run(codeAddress: address, bases: [data])
      #expect(memory.read(1, at: data) == [UInt8(value)])
    }
  }
}
