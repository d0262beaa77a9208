import Commands
import Foundation
import JSONValues
import Testing

@Suite struct FormattingTests {
  @Test(
    "prints numbers for people",
    arguments: [
      (0, "0"), (999, "999"), (1000, "1,000"), (-1_234_567, "-1,234,567"), (Int.min, "-9,223,372,036,854,775,808"),
    ])
  func grouped(number: Int, text: String) { #expect(number.grouped == text) }

  @Test(
    "rounds to so many digits, halves away from zero",
    arguments: [
      (0.1234, 3, "0.123"), (0.9996, 3, "1.000"), (-0.0001, 2, "0.00"), (-2.5, 0, "-3"), (12.05, 1, "12.1"),
      (1e300, 2, "1e+300"), (.infinity, 1, "inf"), (.nan, 1, "nan"), (3, 2, "3.00"),
    ] as [(Double, Int, String)])
  func decimals(number: Double, digits: Int, text: String) { #expect(number.formatted(decimals: digits) == text) }

  @Test("fills numbers up with zeros, as for the names of files")
  func padded() {
    var text = "a."
    for number in [0, 9, 10, 99, 100, 999, 1000, 12345] {
      text.append(number, digits: 3)
      text += " "
    }
    #expect(text == "a.000 009 010 099 100 999 1000 12345 ")
  }

  @Test("keeps control characters, which could steer a screen, out of what it prints")
  func printable() {
    #expect("a\u{1B}[2Jb\nü\u{7F}\u{9B}".printable == "a\\u{1b}[2Jb\\u{a}ü\\u{7f}\\u{9b}")
    #expect("plain".printable == "plain")
  }

  @Test("aligns the columns of a table")
  func table() {
    var table = TextTable([("name", .left), ("n", .right), ("", .left)])
    table.add(["a", "1,000", ""])
    table.add(["longer", "7", "x"])
    #expect(table.lines(indent: 1) == [" name        n", " a       1,000", " longer      7  x"])
  }

  @Test("writes JSON that other readers read back")
  func json() throws {
    let value = JSONValue.object([
      "text": .string("quote \" back \\ line \n tab \t bell \u{7} ünï \u{1F600}"),
      "numbers": .array([.integer(.min), .number(0.1)]),
      "none": .null, "nan": .number(.nan), "yes": .bool(true), "empty": .object([:]), "list": .array([]),
      "rows": .array([.record(["a": .integer(1), "b": .strings(["x"])]), .record([:])]),
    ])
    let read = try JSONSerialization.jsonObject(with: Data(value.text.utf8)) as? [String: Any]
    #expect(read?["text"] as? String == "quote \" back \\ line \n tab \t bell \u{7} ünï \u{1F600}")
    #expect((read?["numbers"] as? [Any])?.first as? Int == .min)
    #expect(read?["nan"] is NSNull && read?["none"] is NSNull && read?["yes"] as? Bool == true)
    #expect((read?["rows"] as? [[String: Any]])?.first?["b"] as? [String] == ["x"])
    #expect(value.text.contains("\n    {\"a\": 1, \"b\": [\"x\"]},\n    {}\n  ]"))
  }

  @Test("breaks lines at words, and never inside one")
  func wrapping() {
    #expect(HelpText.wrap("one two three", width: 8, indent: 2) == "one two\n  three")
    #expect(HelpText.wrap("  unbreakableword x", width: 6, indent: 0) == "  unbreakableword\nx")
  }
}
