import Commands
import TestSupport
import Testing

/// What shells make of these texts is asked of the shells, by scripts/packaging/check.
@Suite struct CompletionTests {
  private static let table = CommandTable(
    name: "race", summary: "runs [fast]: it's said",
    operands: [
      Operand("ACTION", words: ["go", "stop"], "what"), Operand("INPUT", count: 0...Int.max, "the pictures"),
    ],
    options: [
      Option("rounding", short: "r", takes: .choice(["dpu", "vart"]), "how to round"),
      Option("output", takes: .text("DIR"), "where to"), Option("tag", takes: .text("WORD"), isList: true, "words"),
    ],
    sharedOptions: [], examples: [])

  @Test("bash gets words, folders and files where the table has them, and nothing for a word of one's own")
  func bash() {
    let text = BashCompletion.make([Self.table])
    #expect(text.contains("--rounding | -r) _dpu_offer words dpu vart ;;"))
    #expect(text.contains("--output) _dpu_offer folders ;;"))
    #expect(text.contains("--tag) : ;;"))
    #expect(text.contains("operands=('words go stop' '*files')"))
  }

  @Test("zsh gets both spellings of an option, and texts without its own signs")
  func zsh() {
    let text = ZshCompletion.make([Self.table])
    #expect(text.contains("'race:runs \\[fast\\]\\: it'\\''s said'"))
    #expect(text.contains("'(-r --rounding)'{-r+,--rounding=}'[how to round]:dpu|vart:(dpu vart)'"))
    #expect(text.contains("'*--tag=[words]:WORD: '"))
    #expect(text.contains("'1:ACTION:(go stop)'"))
    #expect(text.contains("'*:INPUT:_files'"))
  }

  @Test("fish gets a line for each command, operand and option")
  func fish() {
    let text = FishCompletion.make([Self.table])
    #expect(text.contains("-a race -d 'runs [fast]: it\\'s said'"))
    #expect(text.contains("-n '__fish_dpu_is race' -l rounding -s r -x -a 'dpu vart' -d 'how to round'"))
    #expect(text.contains("-n '__fish_dpu_is race' -l output -x -a '(__fish_complete_directories)' -d 'where to'"))
    #expect(text.contains("-n '__fish_dpu_is race' -F -d 'INPUT'"))
  }

  @Test("the program prints those of three shells, and says which there are where it is asked for another")
  func command() throws {
    for shell in ["bash", "zsh", "fish"] {
      let outcome = try BuiltProgram.run(["completion", shell])
      #expect(outcome.code == 0 && outcome.output.contains("completion for dpu, made by 'dpu completion \(shell)'"))
      #expect(outcome.output.contains("assume-programmed"))
    }
    let wrong = try BuiltProgram.run(["completion", "fisch"])
    #expect(wrong.code == 2 && wrong.messages.contains("did you mean 'fish'?"))
  }
}
