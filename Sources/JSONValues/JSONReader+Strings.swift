extension JSONReader {
  /// Reads a text.
  package mutating func readString() throws(JSONError) -> String {
    skipSpace()
    guard position < end, bytes[position] == UInt8(ascii: "\"") else {
      throw fail("found \(shown), expected a text")
    }
    let start = position
    position += 1
    // Most texts have nothing to unfold.
    while position < end, bytes[position] != UInt8(ascii: "\""), bytes[position] != UInt8(ascii: "\\") {
      try checkPlain()
      position += 1
    }
    var content = Array(bytes[start + 1..<position])
    while position < end, bytes[position] != UInt8(ascii: "\"") {
      if bytes[position] == UInt8(ascii: "\\") {
        try unfold(into: &content)
      } else {
        try checkPlain()
        content.append(bytes[position])
        position += 1
      }
    }
    guard position < end else {
      position = start
      throw fail("a text without an end begins")
    }
    position += 1
    guard let text = String(validating: content, as: UTF8.self) else {
      position = start
      throw fail("a text that is not UTF-8 begins")
    }
    return text
  }

  private func checkPlain() throws(JSONError) {
    guard bytes[position] >= 0x20 else { throw fail("found \(shown) in a text, expected \\u and four digits for it") }
  }

  private mutating func unfold(into content: inout [UInt8]) throws(JSONError) {
    guard position + 1 < end else { throw fail("the text ends behind a backslash") }
    let letter = bytes[position + 1]
    switch letter {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): content.append(letter)
    case UInt8(ascii: "b"): content.append(0x08)
    case UInt8(ascii: "f"): content.append(0x0C)
    case UInt8(ascii: "n"): content.append(0x0A)
    case UInt8(ascii: "r"): content.append(0x0D)
    case UInt8(ascii: "t"): content.append(0x09)
    case UInt8(ascii: "u"):
      content.append(contentsOf: try unfoldScalar().utf8Bytes)
      return
    default: throw fail("found a backslash before \(Unicode.Scalar(letter)), which JSON does not know,")
    }
    position += 2
  }

  private mutating func unfoldScalar() throws(JSONError) -> Unicode.Scalar {
    let start = position
    let first = try readCodeUnit()
    var value = UInt32(first)
    if (0xD800..<0xDC00).contains(first) {
      let hasSecond =
        position + 1 < end && bytes[position] == UInt8(ascii: "\\") && bytes[position + 1] == UInt8(ascii: "u")
      let second = hasSecond ? try readCodeUnit() : 0
      if (0xDC00..<0xE000).contains(second) {
        value = 0x10000 + (UInt32(first) - 0xD800) << 10 + (UInt32(second) - 0xDC00)
      }
    }
    guard let scalar = Unicode.Scalar(value) else {
      position = start
      throw fail("half of a surrogate pair")
    }
    return scalar
  }

  private mutating func readCodeUnit() throws(JSONError) -> UInt16 {
    guard position + 6 <= end else { throw fail("the text ends in \\u, expected four digits") }
    var value: UInt16 = 0
    for byte in bytes[position + 2..<position + 6] {
      guard let digit = hexadecimalDigit(byte) else { throw fail("found \\u without four hexadecimal digits") }
      value = value << 4 | digit
    }
    position += 6
    return value
  }
}

extension Unicode.Scalar {
  /// The scalar in UTF-8.
  fileprivate var utf8Bytes: [UInt8] { UTF8.encode(self).map(Array.init) ?? [] }
}

private func hexadecimalDigit(_ byte: UInt8) -> UInt16? {
  switch byte {
  case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt16(byte - UInt8(ascii: "0"))
  case UInt8(ascii: "a")...UInt8(ascii: "f"): UInt16(byte - UInt8(ascii: "a")) + 10
  case UInt8(ascii: "A")...UInt8(ascii: "F"): UInt16(byte - UInt8(ascii: "A")) + 10
  default: nil
  }
}
