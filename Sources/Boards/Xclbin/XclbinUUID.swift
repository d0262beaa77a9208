/// The 16 bytes by which an xclbin and what is loaded from it are told apart.
package struct XclbinUUID: Hashable, Sendable, CustomStringConvertible {
  /// The bytes in the order of the file.
  package let bytes: [UInt8]

  /// Takes 16 bytes.
  package init(_ bytes: some Collection<UInt8>) {
    precondition(bytes.count == 16, "a UUID has 16 bytes, not \(bytes.count)")
    self.bytes = Array(bytes)
  }

  /// Reads 32 hexadecimal digits, with or without dashes; `nil` for anything else.
  package init?(_ text: some StringProtocol) {
    let digits = text.utf8.filter { $0 != UInt8(ascii: "-") }.map { Character(Unicode.Scalar($0)).hexDigitValue }
    guard digits.count == 32 else { return nil }
    var bytes: [UInt8] = []
    for index in stride(from: 0, to: 32, by: 2) {
      guard let high = digits[index], let low = digits[index + 1] else { return nil }
      bytes.append(UInt8(high << 4 | low))
    }
    self.bytes = bytes
  }

  /// Whether all bytes are 0, as where nothing is loaded.
  package var isZero: Bool { bytes.allSatisfy { $0 == 0 } }

  /// Hexadecimal digits in groups, as xclbinutil prints them.
  package var description: String {
    var text = ""
    for (index, byte) in bytes.enumerated() {
      if [4, 6, 8, 10].contains(index) { text += "-" }
      text += byte < 16 ? "0\(String(byte, radix: 16))" : String(byte, radix: 16)
    }
    return text
  }
}
