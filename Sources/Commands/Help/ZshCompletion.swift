/// Writes the completions of zsh from the tables of the commands.
package enum ZshCompletion {
  /// The script, for a file `_dpu` in a folder of `$fpath`.
  ///
  /// - Source: zshcompsys(1), _arguments and _describe.
  package static func make(_ tables: [CommandTable]) -> String {
    let cases = tables.map { table in
      let specifications =
        table.options.map(specification)
        + table.operands.enumerated().map { specification($1, at: $0, among: tables) }
      return """
              \(table.name))
                _arguments -s -S \\
        \(specifications.map { "          \($0)" }.joined(separator: " \\\n"))
                ;;
        """
    }
    let commands = tables.map { "    \(quoted("\($0.name):\(escaped($0.summary))"))" }
    return """
      #compdef dpu
      # zsh completion for dpu, made by 'dpu completion zsh'.

      _dpu() {
        local -a commands=(
      \(commands.joined(separator: "\n"))
        )
        if ((CURRENT == 2)); then
          _describe -t commands command commands
          return
        fi
        local command=$words[2]
        shift words
        ((CURRENT--))
        case $command in
      \(cases.joined(separator: "\n"))
        esac
      }

      if [[ $funcstack[1] == _dpu ]]; then
        _dpu "$@"
      else
        compdef _dpu dpu
      fi
      """
  }

  private static func specification(_ option: Option) -> String {
    let action = option.value == .flag ? "" : ":\(escaped(option.placeholder)):\(action(option.offer))"
    let equals = option.value == .flag ? "" : "="
    let help = "[\(escaped(option.summary))]"
    guard let letter = option.letter else {
      return quoted("\(option.isList ? "*" : "")--\(option.name)\(equals)\(help)\(action)")
    }
    let others = option.isList ? "'*'" : "'(-\(letter) --\(option.name))'"
    let plus = option.value == .flag ? "" : "+"
    return "\(others){-\(letter)\(plus),--\(option.name)\(equals)}\(quoted(help + action))"
  }

  private static func specification(_ operand: Operand, at place: Int, among tables: [CommandTable]) -> String {
    let number = operand.count.upperBound > 1 ? "*" : "\(place + 1)"
    let isOptional = operand.count.lowerBound == 0 && number != "*"
    return quoted("\(number):\(isOptional ? ":" : "")\(escaped(operand.name)):\(action(operand.offer(among: tables)))")
  }

  private static func action(_ offer: Offer) -> String {
    switch offer {
    case .nothing: " "
    case .words(let words): "(\(words.joined(separator: " ")))"
    case .files: "_files"
    case .folders: "_files -/"
    }
  }

  /// The text without what has a meaning in a specification.
  private static func escaped(_ text: String) -> String {
    text.reduce(into: "") { result, character in
      if "[]:\\".contains(character) { result.append("\\") }
      result.append(character)
    }
  }

  private static func quoted(_ text: String) -> String {
    "'" + text.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "'\\''") + "'"
  }
}
