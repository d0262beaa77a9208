package import Devices

/// A start of a core as the driver takes it: 44 words.
///
/// | word | content |
/// |---|---|
/// | 0 | header: state in bits 3:0, timestamps wanted in bit 4, number of words behind in 22:12, opcode in 27:23 |
/// | 1 | one bit for the core, by the driver's number |
/// | 2 … 43 | 21 registers in order, each its offset and its value |
///
/// The opcode is EXEC_WRITE (5), which all releases of XRT from 2.7 to 2.17 carry out, 2.13 and later with a note in the
/// kernel's log that START_KEY_VAL (15) says the same. The start bit itself is written by the driver.
///
/// - Source: `ert.h` of XRT; the order of the registers is that of Vitis AI's `dpu_control_xrt_edge`.
package struct CommandPacket: Equatable, Sendable {
  /// The first word: new, with timestamps, 43 words behind, opcode 5.
  package static let header: UInt32 = 1 | 1 << 4 | 43 << 12 | 5 << 23
  /// Bytes of the buffer for a command: the packet, the driver's timestamps, and what is left of a page.
  package static let bufferByteCount = 4096
  /// The number of cores that one word of bits can name.
  package static let coreLimit = 32

  /// The words.
  package let words: [UInt32]

  /// Makes the packet that starts a core.
  ///
  /// - Parameter core: The driver's number of the core, below 32.
  package init(_ command: StartCommand, core: Int) {
    precondition((0..<CommandPacket.coreLimit).contains(core), "a packet names one of 32 cores")
    words = [CommandPacket.header, 1 << UInt32(core)] + command.registerWrites.flatMap { [$0.offset, $0.value] }
    precondition(words.count == 44, "a start of a core sets 21 registers")
  }
}

/// What the driver says of a command, in the lowest bits of its header.
///
/// - Source: `ert_cmd_state` of XRT's `ert.h`.
package enum CommandState: Equatable, Sendable {
  /// Not at its end: new, queued, submitted, running.
  case pending
  /// At its end, with its result.
  case completed
  /// At its end without result.
  case broken(number: Int, name: String)

  /// Takes the state out of a header.
  package init(header: UInt32) {
    let number = Int(header & 15)
    let names = [5: "ERROR", 6: "ABORT", 8: "TIMEOUT", 9: "NORESPONSE", 10: "SKERROR", 11: "SKCRASHED"]
    // 7 is SUBMITTED, which is no end, though its number is above that of COMPLETED.
    self = number == 4 ? .completed : names[number].map { .broken(number: number, name: $0) } ?? .pending
  }
}
