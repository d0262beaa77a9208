import Commands
import Testing

@Suite struct ManualPageTests {
  private static let table = CommandTable(
    name: "race", summary: "runs, it's said",
    operands: [Operand("MODEL", "the model"), Operand("INPUT", count: 0...Int.max, ".png or .jpeg files")],
    options: [Option("out-dir", short: "o", takes: .text("DIR"), isList: true, fallback: "here", "where to")],
    sharedOptions: [], examples: [.init("race a\\b \"c\"", "runs ~/a^b`")], notes: [".first", "'second'"])

  private static let lines = ManualPage.make(table).split(separator: "\n").map(String.init)

  @Test("says what the table says, each in its section")
  func sections() {
    #expect(
      Self.lines.filter { $0.hasPrefix(".SH") }.map { $0.dropFirst(4) } == [
        "NAME", "SYNOPSIS", "DESCRIPTION", "ARGUMENTS", "OPTIONS", "EXAMPLES", "EXIT STATUS", "SEE ALSO",
      ])
    #expect(Self.lines.contains("[\\fIoptions\\fR] \\fIMODEL\\fR \\fI[INPUT...]\\fR"))
    #expect(Self.lines.contains("\\fB\\-o\\fR, \\fB\\-\\-out\\-dir\\fR \\fIDIR\\fR"))
    #expect(Self.lines.contains("where to; may be given more than once (default: here)."))
  }

  @Test("keeps characters that mean something to roff")
  func escapes() {
    #expect(Self.lines.contains("dpu\\-race \\- runs, it\\(aqs said"))
    #expect(Self.lines.contains("\\fBdpu race a\\eb \\(dqc\\(dq\\fR"))
    #expect(Self.lines.contains("runs \\(ti/a\\(hab\\(ga."))
  }

  @Test("begins no line of text with what roff takes for a request")
  func requests() {
    #expect(Self.lines.contains("\\&.first"))
    #expect(Self.lines.contains("\\&\\(aqsecond\\(aq"))
    #expect(Self.lines.contains("\\&.png or .jpeg files."))
    let requests: Set = [".TH", ".SH", ".TP", ".PP", ".B", ".BR", ".\\\""]
    for line in Self.lines where line.hasPrefix(".") || line.hasPrefix("'") {
      #expect(requests.contains(String(line.prefix { $0 != " " })), "\(line)")
    }
  }

  @Test("the program's page refers to every command's")
  func overview() {
    let page = ManualPage.make([Self.table])
    #expect(page.contains(".BR dpu\\-race (1)"))
    for code in ExitCode.allCases { #expect(page.contains(".B \(code.rawValue)\n")) }
  }
}
