/// Writes manual pages from the tables of the commands.
///
/// - Source: man(7) and groff_man(7): TH, SH, TP, B, PP, EX.
package enum ManualPage {
  /// The page of a command: dpu-NAME(1).
  package static func make(_ table: CommandTable) -> String {
    var lines = head("dpu-\(table.name)", table.summary)
    lines += [".SH SYNOPSIS", ".B dpu \(text(table.name))"]
    lines.append((["[\\fIoptions\\fR]"] + table.operands.map { "\\fI\(text($0.usage))\\fR" }).joined(separator: " "))
    if !table.notes.isEmpty {
      lines.append(".SH DESCRIPTION")
      for (number, note) in table.notes.enumerated() { lines += (number > 0 ? [".PP"] : []) + [line(note)] }
    }
    if !table.operands.isEmpty {
      lines.append(".SH ARGUMENTS")
      for operand in table.operands {
        lines += [".TP", "\\fI\(text(operand.name))\\fR", line(operand.summary + ".")]
      }
    }
    lines.append(".SH OPTIONS")
    for option in table.options { lines += [".TP", spelling(option), line(summary(option))] }
    lines.append(".SH EXAMPLES")
    for example in table.examples {
      lines += [".TP", "\\fBdpu \(text(example.line))\\fR", line(example.purpose + ".")]
    }
    lines += [".SH EXIT STATUS", "Those of", ".BR dpu (1)."]
    lines += [".SH SEE ALSO", ".BR dpu (1)"]
    return lines.joined(separator: "\n")
  }

  /// The page of the program: dpu(1).
  package static func make(_ tables: [CommandTable]) -> String {
    var lines = head("dpu", "looks into compiled DPU models (.xmodel) and runs them")
    lines += [
      ".SH SYNOPSIS", ".B dpu", "\\fICOMMAND\\fR [\\fIoptions\\fR] [\\fIarguments\\fR]", ".SH DESCRIPTION",
      line(
        "Runs neural networks that were compiled for AMD/Xilinx DPUs on Zynq UltraScale+ boards: on a software DPU that "
          + "is exact to the bit, on a simulated one, or on the board. For research; not a medical device."),
      ".SH COMMANDS",
    ]
    for table in tables {
      lines += [".TP", ".BR dpu\\-\(text(table.name)) (1)", line(table.summary + ".")]
    }
    lines.append(".SH EXIT STATUS")
    for code in ExitCode.allCases { lines += [".TP", ".B \(code.rawValue)", line(code.meaning + ".")] }
    lines.append(".SH ENVIRONMENT")
    for (name, meaning) in surroundings { lines += [".TP", ".B \(text(name))", line(meaning)] }
    lines.append(".SH FILES")
    for (name, meaning) in files { lines += [".TP", ".I \(text(name))", line(meaning)] }
    lines.append(".SH SEE ALSO")
    lines.append(
      tables.map { ".BR dpu\\-\(text($0.name)) (1)" + ($0.name == tables.last?.name ? "" : ",") }.joined(
        separator: "\n"))
    return lines.joined(separator: "\n")
  }

  private static let surroundings = [
    ("XILINX_XRT", "The folder of XRT, whose library is looked for in its lib."),
    ("XLNX_VART_FIRMWARE", "The xclbin of the board, where no option and no loaded overlay names one."),
    ("XLNX_DPU_TIMEOUT", "How many milliseconds a job may take on a board."),
    ("NO_COLOR", "Text without colours."),
  ]

  private static let files = [
    ("MODEL.card.json", "Beside a model: how pictures become its input, and its labels."),
    ("/lib/firmware/dpu/BOARD", "Bitstream, .xclbin and .dtbo of a board's DPU design."),
    ("/run/dpu/overlay.json", "What was loaded into the PL."),
    ("/usr/share/dpu", "The catalogue of boards and the sample models."),
    ("/etc/dpu/dpu.conf", "How dpu.service runs dpu serve."),
    ("/var/lib/dpu/models", "The models that dpu.service offers."),
  ]

  private static func head(_ name: String, _ summary: String) -> [String] {
    [
      ".\\\" Made from the table of commands by 'dpu help --man'.",
      ".TH \(text(name).uppercased()) 1 \"\" \"dpu \(DPUProgram.version)\" \"swift\\-dpu\"", ".SH NAME",
      "\(text(name)) \\- \(text(summary))",
    ]
  }

  private static func spelling(_ option: Option) -> String {
    let value = option.value == .flag ? "" : " \\fI\(text(option.placeholder))\\fR"
    let letter = option.letter.map { "\\fB\\-\($0)\\fR, " } ?? ""
    return "\(letter)\\fB\\-\\-\(text(option.name))\\fR\(value)"
  }

  private static func summary(_ option: Option) -> String {
    let list = option.isList ? "; may be given more than once" : ""
    let fallback = option.fallback.map { " (default: \($0))" } ?? ""
    return option.summary + list + fallback + "."
  }

  /// A paragraph: its first character begins no request.
  private static func line(_ words: String) -> String {
    let text = text(words)
    return text.hasPrefix(".") || text.hasPrefix("\\(aq") ? "\\&" + text : text
  }

  /// The text as roff wants it: a dash that can be copied, quotes that stay as they are.
  private static func text(_ words: String) -> String {
    words.reduce(into: "") { result, character in
      switch character {
      case "\\": result += "\\e"
      case "-": result += "\\-"
      case "'": result += "\\(aq"
      case "\"": result += "\\(dq"
      case "`": result += "\\(ga"
      case "^": result += "\\(ha"
      case "~": result += "\\(ti"
      default: result.append(character)
      }
    }
  }
}
