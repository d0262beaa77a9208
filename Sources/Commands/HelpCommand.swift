/// `dpu help`: explains the program or one subcommand.
enum HelpCommand: Command {
  static let table = CommandTable(
    name: "help", summary: "explains the program or one command",
    operands: [Operand("COMMAND", count: 0...1, "the command to explain")],
    options: [Option("man", "prints a manual page, for man -l")],
    sharedOptions: CommandTable.helpOptions,
    examples: [.init("help", "lists the commands and exit codes"), .init("help inspect", "explains dpu inspect")])

  static func run(_ arguments: Arguments, _ console: Console) throws -> ExitCode {
    let table = try arguments.operands.first.map { try DPUProgram.find($0).table }
    if arguments.flag("man") {
      try console.print(table.map { ManualPage.make($0) } ?? ManualPage.make(DPUProgram.commands.map { $0.table }))
    } else if let table {
      try console.print(HelpText.make(table, width: console.width))
    } else {
      try console.print(overview(width: console.width))
    }
    return .success
  }

  /// The help of the whole program.
  static func overview(width: Int) -> String {
    var lines = [
      HelpText.wrap(
        "dpu \(DPUProgram.version): looks into compiled DPU models (.xmodel) and runs them.", width: width, indent: 0),
      "", "Usage: dpu COMMAND [options] [arguments]", "", "Commands:",
    ]
    lines += HelpText.columns(DPUProgram.commands.map { ($0.table.name, $0.table.summary) }, width: width)
    lines += ["", "'dpu help COMMAND' explains a command. 'dpu --version' prints the version.", "", "Exit codes:"]
    lines += HelpText.columns(ExitCode.allCases.map { (String($0.rawValue), $0.meaning) }, width: width)
    return lines.joined(separator: "\n")
  }
}
