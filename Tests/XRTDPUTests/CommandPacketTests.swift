import Devices
import Testing
import XRTDPU

struct CommandPacketTests {
  @Test("the words of a start are the golden ones")
  func golden() {
    let command = StartCommand(
      codeAddress: 0x1_04B9_1000,
      bases: [0x6000_1000, 0x60FF_F000, 0xFF_FFFF_F000, 0x7000_0000, nil, nil, nil, 0x8_0000_0000])
    // Word by word after ert.h and the register list: header, mask, then offset and value.
    let golden: [UInt32] = [
      0x0282_B011, 0x0000_0004,
      0x40, 1, 0x44, 1, 0x48, 0x0707_0F0F,
      0x50, 0x04B9_1000, 0x54, 1,
      0x60, 0x6000_1000, 0x64, 0, 0x68, 0x60FF_F000, 0x6C, 0,
      0x70, 0xFFFF_F000, 0x74, 0xFF, 0x78, 0x7000_0000, 0x7C, 0,
      0x80, 0xFFFF_FFFF, 0x84, 0xFFFF_FFFF, 0x88, 0xFFFF_FFFF, 0x8C, 0xFFFF_FFFF,
      0x90, 0xFFFF_FFFF, 0x94, 0xFFFF_FFFF, 0x98, 0, 0x9C, 8,
    ]
    #expect(golden.count == 44)
    #expect(CommandPacket(command, core: 2).words == golden)
  }

  @Test("only COMPLETED is success, and SUBMITTED is no end")
  func states() {
    let expected: [CommandState] = [
      .pending, .pending, .pending, .pending, .completed, .broken(number: 5, name: "ERROR"),
      .broken(number: 6, name: "ABORT"), .pending, .broken(number: 8, name: "TIMEOUT"),
      .broken(number: 9, name: "NORESPONSE"), .broken(number: 10, name: "SKERROR"),
      .broken(number: 11, name: "SKCRASHED"), .pending, .pending, .pending, .pending,
    ]
    #expect((0..<16).map { CommandState(header: CommandPacket.header & ~15 | $0) } == expected)
  }
}
