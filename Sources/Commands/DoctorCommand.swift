import Boards
import Vision
import XModel

/// `dpu doctor`: says what is wrong with a board's set-up, and what mends it.
enum DoctorCommand: Command {
  static let table = CommandTable(
    name: "doctor", summary: "checks what a board needs to run a model, and says for each what mends it",
    operands: [Operand("MODEL", count: 0...1, "a compiled .xmodel file to check against the cores and the memory")],
    options: BoardPlace.options + [
      Option(
        "report", takes: .text("FILE"), "writes a file for a bug report, without names of people, hosts and their paths"
      )
    ],
    examples: [
      .init("doctor", "checks this machine"),
      .init("doctor model.xmodel", "says too whether the model runs here, and which images run it"),
      .init("doctor --report report.json", "writes what belongs into a bug report"),
    ],
    notes: [
      "Checks in order: kernel module, node, permission, PL, xclbin, cores, fingerprint, memory, clocks, rails, versions, "
        + "other users, AMD's configuration. Nothing is changed, and XRT is opened only where the PL is known to hold the "
        + "xclbin's design: over another one, loading an xclbin crashes the kernel.",
      "Exit code 0: nothing is wrong; 1: a check failed; 3: the model or a folder is not usable; 4: there is no board, or no "
        + "permission to use it.",
    ])

  static func run(_ arguments: Arguments, _ console: Console) throws -> ExitCode {
    let place = try BoardPlace(arguments)
    let model = try arguments.operands.first.map { ModelNeeds(try Model(path: $0)) }
    let catalogue = try BoardPlace.catalogue(arguments, console)
    let report = DoctorReport(BoardSnapshot(place, catalogue: catalogue), model: model)
    if console.isJSON {
      try console.print(report.json)
    } else {
      for line in report.lines { try console.print(line) }
    }
    if let path = arguments.text("report") {
      let redaction = Redaction(
        passwords: place.tree.text("/etc/passwd") ?? "", hostname: place.tree.line("/proc/sys/kernel/hostname"),
        paths: [(place.root, "<root>"), (report.model?.path ?? "", "<model>")])
      try FileContent.write(Array(DoctorBundle(report, redaction).text.utf8), to: path)
      console.note("report for a bug report: \(path.printable)")
    }
    return report.code
  }
}
