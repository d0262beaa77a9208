import SimulatedDPU
import Vision
import XModel

/// `dpu predict`: says how fast a model would run on a board, from its instructions.
enum PredictCommand: Command {
  static let table = CommandTable(
    name: "predict", summary: "predicts from a model's instructions how fast it would run on a board",
    operands: [Operand("MODEL", "a compiled .xmodel file")],
    options: [
      Option("board", short: "b", takes: .choice(BoardFigures.all.map(\.name)), "the board; needed"),
      Option(
        "clock", takes: .number("MHZ", 1...1000), fallback: "the board's, where it is known", "the clock of the cores"),
      Option("cores", takes: .integer("N", 1...16), fallback: "the board's", "cores that run frames side by side"),
      Option(
        "trace", takes: .text("FILE"), "writes the engines' time line, for ui.perfetto.dev or chrome://tracing"),
      Option("what-if", "predicts also where the model is compiled for another core than the board has"),
    ],
    examples: [
      .init("predict model.xmodel --board zcu104", "shows time, speed, engines, and a table of the superlayers"),
      .init("predict model.xmodel -b kv260 --trace model.json", "writes the time line of the four engines too"),
      .init("predict model.xmodel -b ultra96v2 --clock 200", "says the clock where no source knows it"),
    ],
    notes: [
      "Nothing is measured. Times follow from a cycle model that is fitted to " + PredictionRange.fittedOn
        + ". Known error: "
        + PredictionRange.knownError + ". Expect \(PredictionRange.percent.inClass) % in that class and "
        + "\(PredictionRange.percent.elsewhere) % elsewhere.",
      "Frames per second are those of the cores alone: cores x 1000 / ms. What the host does comes on top.",
    ])

  static func run(_ arguments: Arguments, _ console: Console) throws -> ExitCode {
    Interruption.watch()
    let setting = try PredictionSetting(arguments)
    let report = try PredictionReport(path: arguments.operands[0], setting)
    if let code = stopped(console) { return code }
    let trace = arguments.text("trace")
    if let trace {
      guard !FileContent.isSame(trace, arguments.operands[0]) else {
        throw CommandError(.usage, "predict: --trace \(trace) is the model itself; give another file")
      }
      let content = report.trace.text
      if let code = stopped(console) { return code }
      do {
        try FileContent.write(Array(content.utf8), to: trace)
      } catch {
        if let code = stopped(console) { return code }
        throw error
      }
    }
    if let difference = report.misfit { console.warn("what if: \(difference)") }
    if console.isJSON {
      try console.print(report.json(trace: trace))
    } else {
      try console.print(report.text { console.styled($0, .bold) })
      if let trace {
        console.note("time line in \(trace.printable): open it at ui.perfetto.dev or chrome://tracing")
      }
    }
    return .success
  }

  private static func stopped(_ console: Console) -> ExitCode? {
    guard let code = Interruption.exitCode else { return nil }
    console.complain("stopped by a signal; nothing is written")
    return code
  }
}
