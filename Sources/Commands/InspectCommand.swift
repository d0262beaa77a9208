import XModel

/// `dpu inspect`: shows what a model holds.
enum InspectCommand: Command {
  static let table = CommandTable(
    name: "inspect", summary: "shows what a model holds: subgraphs, target, inputs, outputs, work, memory, operations",
    operands: [Operand("MODEL", "an .xmodel file, compiled or quantized")],
    examples: [
      .init("inspect model.xmodel", "shows everything for reading"),
      .init("inspect --json model.xmodel", "prints the same as one JSON object (dpu.inspect/1)"),
    ],
    notes: [
      "MMAC is millions of multiply-accumulates for one frame, counted from the shapes; the compiler's workload counts each as two operations and adds others."
    ])

  static func run(_ arguments: Arguments, _ console: Console) throws -> ExitCode {
    let report = try ModelReport(path: arguments.operands[0])
    if console.isJSON {
      try console.print(report.json)
    } else {
      try console.print(report.text(isVerbose: console.isVerbose) { console.styled($0, .bold) })
    }
    return .success
  }
}
