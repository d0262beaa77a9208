/// Writes the completions of fish from the tables of the commands.
package enum FishCompletion {
  /// The script, for a file in a folder of `$fish_complete_path`.
  ///
  /// - Source: fish's manual, complete.
  package static func make(_ tables: [CommandTable]) -> String {
    var lines = [
      "# fish completion for dpu, made by 'dpu completion fish'.",
      "",
      "# Whether the command is this one.",
      "function __fish_dpu_is",
      "    set -l words (commandline -opc)",
      "    test (count $words) -gt 1; and test \"$words[2]\" = $argv[1]",
      "end",
      "",
      "function __fish_dpu_has_no_command",
      "    test (count (commandline -opc)) -eq 1",
      "end",
      "",
      "complete -c dpu -f",
      "complete -c dpu -n __fish_dpu_has_no_command -l help -s h -d 'explains the program'",
      "complete -c dpu -n __fish_dpu_has_no_command -l version -d 'prints the version'",
    ]
    for table in tables {
      lines.append("complete -c dpu -n __fish_dpu_has_no_command -a \(table.name) -d \(quoted(table.summary))")
    }
    for table in tables {
      lines.append("")
      let start = "complete -c dpu -n '__fish_dpu_is \(table.name)'"
      for operand in table.operands {
        lines.append("\(start)\(words(operand.offer(among: tables), isOperand: true)) -d \(quoted(operand.name))")
      }
      for option in table.options {
        let letter = option.letter.map { " -s \($0)" } ?? ""
        let value = option.value == .flag ? "" : words(option.offer, isOperand: false)
        lines.append("\(start) -l \(option.name)\(letter)\(value) -d \(quoted(option.summary))")
      }
    }
    return lines.joined(separator: "\n")
  }

  private static func words(_ offer: Offer, isOperand: Bool) -> String {
    let exclusive = isOperand ? "" : " -x"
    return switch offer {
    case .nothing: exclusive
    case .words(let words): "\(exclusive) -a \(quoted(words.joined(separator: " ")))"
    case .files: isOperand ? " -F" : " -r -F"
    case .folders: "\(exclusive) -a '(__fish_complete_directories)'"
    }
  }

  private static func quoted(_ text: String) -> String {
    "'"
      + text.reduce(into: "") { result, character in
        if "'\\".contains(character) { result.append("\\") }
        result.append(character)
      } + "'"
  }
}
