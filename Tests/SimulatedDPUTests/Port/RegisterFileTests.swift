import Devices
import SimulatedDPU
import Testing
import XModel

struct RegisterFileTests {
  private func fresh() -> RegisterFile { RegisterFile(fingerprint: Fingerprint(0x100_0020_F601_4405), megahertz: 287) }

  @Test("the done bit is cleared by reading, idle is not")
  func done() {
    var registers = fresh()
    #expect(registers.read(0) == 4)
    registers.write(0, 1)
    #expect(registers.read(0) == 0)
    registers.finish()
    #expect(registers.read(0) == 6)
    #expect(registers.read(0) == 4)
  }

  @Test("without clearing the flag before a start, only the first job is seen to end")
  func flag() {
    var registers = fresh()
    registers.write(0, 1)
    registers.finish()
    #expect(registers.read(0) & 2 == 2)
    registers.write(0, 1)
    registers.finish()
    #expect(registers.read(0) & 2 == 0)
    registers.write(0x40, 1)
    registers.write(0, 1)
    registers.finish()
    #expect(registers.read(0) & 2 == 2)
  }

  @Test("addresses come out of the registers as a start command put them in")
  func addresses() {
    var registers = fresh()
    let bases: [UInt64?] = [0, 0xFF_FFFF_F000, nil, 0x1_0000_0000, nil, nil, nil, 4096]
    for write in StartCommand(codeAddress: 0x12_3456_7000, bases: bases).registerWrites {
      registers.write(write.offset, write.value)
    }
    #expect(registers.codeAddress == 0x12_3456_7000)
    #expect(registers.bases == bases)
  }

  @Test("counters and identity come out as they went in")
  func counters() throws {
    var registers = fresh()
    let counters = EngineCounters(
      load: .init(started: 9, ended: 8), convolution: .init(started: 7, ended: 6), save: .init(started: 5, ended: 4),
      miscellaneous: .init(started: 3, ended: 2), cycles: 0x1_2345_6789_ABCD)
    registers.setCounters(counters)
    #expect(try EngineCounters { register in registers.read(register.rawValue) } == counters)
    #expect(registers.read(0x1F0) == 0x0F60_14405 & 0xFFFF_FFFF)
    #expect(registers.read(0x1F4) == 0x100_0020)
    #expect(registers.read(0x28) == 287)
    #expect(registers.read(0x20) == 0x3001_0000)
  }
}
