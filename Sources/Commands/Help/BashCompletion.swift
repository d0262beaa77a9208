/// Writes the completions of bash from the tables of the commands.
package enum BashCompletion {
  /// The script, for `source` or a file in /usr/share/bash-completion/completions.
  ///
  /// - Source: bash(1), Programmable Completion; readline breaks `--name=value` into three words.
  package static func make(_ tables: [CommandTable]) -> String {
    let cases = tables.map { table in
      let valued = table.options.filter { $0.value != .flag }.flatMap(spellings)
      let branches = table.options.filter { $0.value != .flag }.map { option in
        "        \(spellings(option).joined(separator: " | "))) \(offering(option.offer)) ;;"
      }
      let operands = table.operands.map { operand in
        let count = operand.count.upperBound > 1 ? "*" : ""
        return "'\(count)\(code(operand.offer(among: tables)))'"
      }
      return """
            \(table.name))
              valued=' \(valued.joined(separator: " ")) '
              options='\(table.options.flatMap(spellings).joined(separator: " "))'
              operands=(\(operands.joined(separator: " ")))
              case $previous in
        \(branches.joined(separator: "\n"))
                *) isValue= ;;
              esac
              ;;
        """
    }
    let words = tables.map(\.name) + ["--help", "--version"]
    return """
      # bash completion for dpu, made by 'dpu completion bash'.

      # Offers words, files or folders. Arguments: what, then words.
      _dpu_offer() {
        local what=$1
        shift
        case $what in
          words) mapfile -t COMPREPLY < <(compgen -W "$*" -- "$word") ;;
          files)
            compopt -o filenames 2>/dev/null
            mapfile -t COMPREPLY < <(compgen -f -- "$word")
            ;;
          folders)
            compopt -o filenames 2>/dev/null
            mapfile -t COMPREPLY < <(compgen -d -- "$word")
            ;;
        esac
      }

      _dpu() {
        local word=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]}
        local valued='' options='' isValue=yes i place=0
        local -a operands=()
        COMPREPLY=()
        if [[ $word == = ]]; then
          word=''
        elif [[ $previous == = ]]; then
          previous=${COMP_WORDS[COMP_CWORD - 2]}
        fi
        if ((COMP_CWORD == 1)); then
          _dpu_offer words \(words.joined(separator: " "))
          return
        fi
        case ${COMP_WORDS[1]} in
      \(cases.joined(separator: "\n"))
          *) return ;;
        esac
        if [[ $isValue ]]; then return; fi
        if [[ $word == -* ]]; then
          _dpu_offer words "$options"
          return
        fi
        for ((i = 2; i < COMP_CWORD; i++)); do
          case ${COMP_WORDS[i]} in
            =) i=$((i + 1)) ;;
            -*) if [[ $valued == *" ${COMP_WORDS[i]} "* && ${COMP_WORDS[i + 1]} != = ]]; then i=$((i + 1)); fi ;;
            *) place=$((place + 1)) ;;
          esac
        done
        if ((place >= ${#operands[@]} && ${#operands[@]} > 0)) && [[ ${operands[-1]} == '*'* ]]; then
          place=$((${#operands[@]} - 1))
        fi
        # shellcheck disable=SC2086  # the words of an operand
        _dpu_offer ${operands[place]#\\*}
      }

      complete -F _dpu dpu
      """
  }

  private static func spellings(_ option: Option) -> [String] {
    ["--\(option.name)"] + (option.letter.map { ["-\($0)"] } ?? [])
  }

  private static func offering(_ offer: Offer) -> String {
    let code = code(offer)
    return code.isEmpty ? ":" : "_dpu_offer \(code)"
  }

  private static func code(_ offer: Offer) -> String {
    switch offer {
    case .nothing: ""
    case .words(let words): "words \(words.joined(separator: " "))"
    case .files: "files"
    case .folders: "folders"
    }
  }
}
