import Commands
import Testing

@Suite struct ArgumentReaderTests {
  private static let table = CommandTable(
    name: "race", summary: "runs",
    operands: [Operand("MODEL", "the model"), Operand("INPUT", count: 1...Int.max, "the pictures")],
    options: [
      Option("threads", short: "t", takes: .integer("N", 1...64), "threads"),
      Option("output", short: "o", takes: .text("DIR"), "where to"),
      Option("rounding", takes: .choice(["dpu", "vart"]), "how to round"),
      Option("tag", short: "x", takes: .text("WORD"), isList: true, "words"),
      Option("overlay", short: "y", "draws"),
    ],
    examples: [])

  private static func read(_ line: String) throws -> Arguments {
    try ArgumentReader.read(line.split(separator: " ").map(String.init), by: table)
  }

  private static func message(_ line: [String]) -> String {
    do {
      _ = try ArgumentReader.read(line, by: table)
      return "no error"
    } catch {
      return error.code == .usage ? error.message : "exit code \(error.code)"
    }
  }

  @Test(
    "reads a number in every GNU spelling",
    arguments: [
      "-t 10 m i", "-t10 m i", "m -t=10 i", "m i --threads 10", "--threads=10 m i", "-yt10 m i", "-t3 -t10 m i",
    ])
  func spellings(line: String) throws {
    let arguments = try Self.read(line)
    #expect(arguments.integer("threads") == 10)
    #expect(arguments.operands == ["m", "i"])
  }

  @Test("joins short flags, and the last of them may take a value")
  func joined() throws {
    let arguments = try Self.read("-qvyo out m i")
    #expect(arguments.flag("quiet") && arguments.flag("verbose") && arguments.flag("overlay"))
    #expect(arguments.text("output") == "out")
  }

  @Test("collects the values of a list, and keeps the last of anything else")
  func lists() throws {
    let arguments = try Self.read("-x a m --tag=b i --output=1 -o2 -xc")
    #expect(arguments.texts("tag") == ["a", "b", "c"])
    #expect(arguments.text("output") == "2")
  }

  @Test("takes everything behind -- and a lone dash as operands")
  func operands() throws {
    #expect(try Self.read("m -- --threads -x").operands == ["m", "--threads", "-x"])
    #expect(try Self.read("m -").operands == ["m", "-"])
  }

  @Test("switches a flag off by --no-NAME, the last use counting")
  func negation() throws {
    #expect(try Self.read("m i --overlay --no-overlay").flag("overlay") == false)
    #expect(try Self.read("m i --no-overlay -y").flag("overlay"))
  }

  @Test("does not count operands where help is asked for")
  func help() throws {
    #expect(try Self.read("--help").flag("help"))
    #expect(try Self.read("-h").flag("help"))
  }

  @Test(
    "says what is wrong, what is allowed and what may have been meant",
    arguments: [
      (
        ["m", "i", "--theads", "3"], "race: unknown option '--theads'; did you mean '--threads'? (see 'dpu help race')"
      ),
      (["m", "i", "--zzzzzzzzz"], "race: unknown option '--zzzzzzzzz' (see 'dpu help race')"),
      (["m", "i", "-Z"], "race: unknown option '-Z' (see 'dpu help race')"),
      (
        ["m", "i", "-verbose"],
        "race: unknown option '-e' in '-verbose'; did you mean '--verbose'? (see 'dpu help race')"
      ),
      (
        ["m", "i", "-t", "0"],
        "race: option '-t' needs a whole number from 1 to 64, not '0' (see 'dpu help race')"
      ),
      (
        ["m", "i", "--threads=ten"],
        "race: option '--threads' needs a whole number from 1 to 64, not 'ten' (see 'dpu help race')"
      ),
      (
        ["m", "i", "--threads"],
        "race: option '--threads' needs a value: a whole number from 1 to 64 (see 'dpu help race')"
      ),
      (["m", "i", "--output="], "race: option '--output' needs a value that is not empty (see 'dpu help race')"),
      (
        ["m", "i", "--rounding", "vrat"],
        "race: option '--rounding' needs one of dpu, vart, not 'vrat'; did you mean 'vart'? (see 'dpu help race')"
      ),
      (["m", "i", "--overlay=yes"], "race: option '--overlay' takes no value (see 'dpu help race')"),
      (
        ["m", "i", "--no-threads"],
        "race: unknown option '--no-threads'; did you mean '--threads'? (see 'dpu help race')"
      ),
      ([], "race: needs MODEL: the model (see 'dpu help race')"),
      (["m"], "race: needs INPUT: the pictures (see 'dpu help race')"),
    ] as [([String], String)])
  func errors(line: [String], message: String) {
    #expect(Self.message(line) == message)
  }

  @Test("refuses operands beyond the last")
  func tooMany() {
    let table = CommandTable(name: "one", summary: "", operands: [Operand("A", "a")], examples: [])
    #expect(throws: CommandError(.usage, "one: unexpected argument 'b' (see 'dpu help one')")) {
      try ArgumentReader.read(["a", "b"], by: table)
    }
  }
}
