import JSONValues
import Testing

@Suite struct JSONReaderTests {
  static func read(_ text: String) throws(JSONError) -> JSONValue { try JSONReader.read(Array(text.utf8)) }

  @Test(
    "reads values of every kind",
    arguments: [
      ("null", JSONValue.null), (" true ", .bool(true)), ("false", .bool(false)), ("0", .integer(0)),
      ("-17", .integer(-17)),
      ("9223372036854775807", .integer(.max)), ("1.5", .number(1.5)), ("-0", .number(-0.0)), ("1e2", .number(100)),
      ("\"\"", .string("")), ("\"a\\u00e9\\n\\\"\\/\"", .string("aé\n\"/")), ("\"\\ud83d\\ude00\"", .string("😀")),
      ("\"grün\"", .string("grün")), ("[]", .array([])), ("[1, [2 ,3]]", .array([.integer(1), .integers([2, 3])])),
      ("{}", .object([:])), ("{\"b\":1,\"a\":[]}", .object(["b": .integer(1), "a": .array([])])),
    ])
  func values(text: String, expected: JSONValue) throws { #expect(try Self.read(text) == expected) }

  @Test(
    "numbers are those of the standard library, bit for bit",
    arguments: [
      "0.1", "123456789.125", "3.4028235e38", "1.17549435E-38", "5e-324", "2.2250738585072011e-308", "9007199254740993",
      "0.30000000000000004", "1e22", "1e23", "-1e-22", "123456789012345678901234567890",
      "0.000000000000000000000000000001",
      "1.7976931348623157e308", "18446744073709551616", "-9223372036854775808", "72057594037927945.5", "1e-400",
      "0e99999999",
    ])
  func numbers(text: String) throws {
    var reader = JSONReader(Array(text.utf8))
    let number = try reader.readNumber()
    #expect(number.double.bitPattern == Double(text)?.bitPattern, "\(number.double)")
    #expect(number.integer == Int(text))
  }

  @Test("random numbers of single and double precision come back as they were written")
  func randomNumbers() throws {
    var state: UInt64 = 20_260_101
    for _ in 0..<20_000 {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      let double = Double(bitPattern: state)
      let float = Float(bitPattern: UInt32(truncatingIfNeeded: state >> 32))
      for value in [double, Double(float)] where value.isFinite {
        var reader = JSONReader(Array("\(value)".utf8))
        let read = try reader.readNumber().double
        #expect(read.bitPattern == value.bitPattern, "\(value)")
      }
    }
  }

  @Test(
    "says what is wrong, and where",
    arguments: [
      ("", "the text ends where a value is expected at byte 0"), ("nul", "found 'n', expected null at byte 0"),
      ("truth", "found 't', expected true at byte 0"),
      ("01", "found a further digit behind a leading 0 at byte 1"),
      ("-", "found the end of the text, expected a digit at byte 1"),
      ("1.", "found the end of the text, expected a digit at byte 2"),
      ("1e", "found the end of the text, expected a digit of the exponent at byte 2"),
      ("1e999", "a number beyond those of double precision at byte 0"),
      ("NaN", "found 'N', expected a value at byte 0"),
      ("+1", "found '+', expected a value at byte 0"), ("1 2", "found '2', expected the end at byte 2"),
      ("[1,]", "found ']' behind a comma, expected a further value at byte 3"),
      ("[1 2]", "found '2', expected ',' or ']' at byte 3"), ("[1", "the text ends where ']' is expected at byte 2"),
      ("{\"a\":1,\"a\":2}", "the name \"a\" comes twice in one object, found at byte 11"),
      ("{a:1}", "found 'a', expected a name in quotes at byte 1"), ("{\"a\" 1}", "found '1', expected ':' at byte 5"),
      ("{\"a\":1,}", "found '}' behind a comma, expected a further value at byte 7"),
      ("\"abc", "a text without an end begins at byte 0"),
      ("\"\\x\"", "found a backslash before x, which JSON does not know, at byte 1"),
      ("\"\\ud800\"", "half of a surrogate pair at byte 1"), ("\"\\udc00\"", "half of a surrogate pair at byte 1"),
      ("\"\\u12g4\"", "found \\u without four hexadecimal digits at byte 1"),
      ("\"\\u12", "the text ends in \\u, expected four digits at byte 1"),
      ("\"a\nb\"", "found the byte 0xa in a text, expected \\u and four digits for it at byte 2"),
      ("\u{FEFF}1", "found the byte 0xef, expected a value at byte 0"),
    ])
  func errors(text: String, message: String) {
    var found = "no error"
    do throws(JSONError) { _ = try Self.read(text) } catch { found = error.description }
    #expect(found == message)
  }

  @Test("refuses texts that are not UTF-8, deep nesting and large trees")
  func limits() throws {
    #expect(throws: JSONError.self) { try JSONReader.read([0x22, 0xFF, 0x22]) }
    #expect(throws: JSONError.self) { try JSONReader.read([0x22, 0xC0, 0x80, 0x22]) }
    #expect(throws: JSONError.self) { try JSONReader.read([UInt8](repeating: UInt8(ascii: "["), count: 1_000_000)) }
    let deep = String(repeating: "[", count: 64) + String(repeating: "]", count: 64)
    #expect(try Self.read(deep).compactText == deep)
    var small = JSONReader.Limits()
    small.treeValueCount = 3
    #expect(try JSONReader.read(Array("[1,2]".utf8), limits: small) == .integers([1, 2]))
    #expect(throws: JSONError.self) { try JSONReader.read(Array("[1,2,3]".utf8), limits: small) }
  }

  @Test("gives pieces in turn and skips what nobody wants")
  func pieces() throws {
    let text = #" {"skip": {"a": [1, "x", {"b": null}]}, "data": [1, 2.5], "last": true} "#
    var reader = JSONReader(Array(text.utf8))
    try reader.enterObject()
    #expect(try reader.nextName() == "skip")
    try reader.skipValue()
    #expect(try reader.nextName() == "data")
    var numbers: [Double] = []
    try reader.enterArray()
    while try reader.nextElement() { numbers.append(try reader.readNumber().double) }
    #expect(numbers == [1, 2.5])
    #expect(try reader.nextName() == "last")
    #expect(try reader.nextKind() == .bool)
    #expect(try reader.readBool())
    #expect(try reader.nextName() == nil)
    try reader.finish()
  }

  @Test("what is written can be read again")
  func roundTrip() throws {
    let value = JSONValue.object([
      "text": .string("a\"b\\\u{1}\n ü"), "numbers": .array([.integer(-3), .number(0.1), .null]),
      "inner": .record(["flag": .bool(false)]),
    ])
    let expected = JSONValue.object([
      "text": .string("a\"b\\\u{1}\n ü"), "numbers": .array([.integer(-3), .number(0.1), .null]),
      "inner": .object(["flag": .bool(false)]),
    ])
    #expect(try Self.read(value.text) == expected)
    #expect(try Self.read(value.compactText) == expected)
    #expect(value.compactText == #"{"text":"a\"b\\\u0001\n ü","numbers":[-3,0.1,null],"inner":{"flag":false}}"#)
  }
}
