/// A bitstream for the PL, in any of the forms in which tools hand it out.
///
/// A `.bit` file, numbers with their highest byte first:
///
/// | field | holds |
/// |---|---|
/// | u16, bytes | 9, and nine bytes of no meaning |
/// | u16 | 1 |
/// | `a` `b` `c` `d`, each u16 and bytes | design, part, date, time: text with a NUL |
/// | `e`, u32 and bytes | the configuration data |
///
/// The kernel's fpga_manager takes the data with the bytes of each 32-bit word turned round, which is what bootgen
/// writes as `.bit.bin`. The sync word 0xAA995566 near the start of the data tells which way round a file is.
///
/// - Source: PYNQ's bitstream reader; AMD UG570 for the sync word.
package struct Bitstream: Equatable, Sendable {
  /// Which way round the words of a file are.
  package enum Form: String, Sendable {
    /// With a header, words as Vivado writes them.
    case bit = ".bit with header"
    /// Words as Vivado writes them, without a header.
    case plain = "plain words"
    /// Words turned round: ready for the kernel.
    case ready = "ready for fpga_manager"
  }

  /// What the header of a `.bit` file says.
  package struct Header: Equatable, Sendable {
    /// The design's name and options, such as `top;UserID=0XFFFFFFFF;Version=2022.1`.
    package let design: String
    /// The part, such as `xczu7ev-ffvc1156-2-e`.
    package let part: String
    /// The date it was made.
    package let date: String
    /// The time it was made.
    package let time: String
  }

  /// Which way round it is.
  package let form: Form
  /// What its header says, `nil` for forms without one.
  package let header: Header?
  /// The configuration data as it stands in the file.
  package let data: ArraySlice<UInt8>

  /// Whether it replaces a part of the PL only.
  package var isPartial: Bool { header?.design.uppercased().contains("PARTIAL=TRUE") ?? false }

  /// The bytes for fpga_manager: never turned round twice.
  package func imageForKernel() -> [UInt8] { form == .ready ? Array(data) : Bitstream.turned(data) }

  /// Bytes with the four of each word turned round.
  ///
  /// - Precondition: Whole words.
  static func turned(_ data: ArraySlice<UInt8>) -> [UInt8] {
    precondition(data.count % 4 == 0, "a bitstream has whole words")
    return [UInt8](unsafeUninitializedCapacity: data.count) { buffer, count in
      for (index, byte) in data.enumerated() { buffer[index ^ 3] = byte }
      count = data.count
    }
  }
}
