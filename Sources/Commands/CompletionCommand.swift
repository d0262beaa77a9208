import Vision

/// `dpu completion`: prints a shell's completions, made from the tables of the commands.
enum CompletionCommand: Command {
  private static let shells = ["bash", "zsh", "fish"]

  static let table = CommandTable(
    name: "completion", summary: "prints what a shell needs to complete dpu's commands and options",
    operands: [Operand("SHELL", words: shells, "bash, zsh or fish")],
    sharedOptions: CommandTable.helpOptions,
    examples: [
      .init("completion bash > ~/.local/share/bash-completion/completions/dpu", "completes in bash from now on"),
      .init("completion fish > ~/.config/fish/completions/dpu.fish", "completes in fish from now on"),
      .init("completion zsh > ~/.zfunc/_dpu", "completes in zsh, where ~/.zfunc is in fpath"),
    ],
    notes: ["Debian's package brings all three."])

  static func run(_ arguments: Arguments, _ console: Console) throws -> ExitCode {
    let tables = DPUProgram.commands.map { $0.table }
    let shell = arguments.operands[0]
    switch shell {
    case "bash": try console.print(BashCompletion.make(tables))
    case "zsh": try console.print(ZshCompletion.make(tables))
    case "fish": try console.print(FishCompletion.make(tables))
    default:
      let near = NearMiss.find(shell, among: shells).map { "; did you mean '\($0)'?" } ?? ""
      throw CommandError(.usage, "completion: '\(shell)' is none of bash, zsh, fish\(near) (see 'dpu help completion')")
    }
    return .success
  }
}
