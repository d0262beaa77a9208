import Glibc
import Threads

/// `dpu top`: shows what running commands do.
enum TopCommand: Command {
  static let table = CommandTable(
    name: "top", summary: "shows the running dpu commands and their speed, as they go",
    options: [
      Option("once", "looks once and ends"),
      Option(
        "interval", short: "i", takes: .number("S", 0.1...3600), fallback: "1", "seconds from one look to the next"),
    ],
    examples: [
      .init("top", "shows all running commands, in place, until Ctrl-C"),
      .init("top --once --json", "prints their numbers as one JSON object"),
    ],
    notes: [
      "Every run, live, bench and serve publishes its numbers on a socket in $RUNTIME_DIRECTORY, else in "
        + "$XDG_RUNTIME_DIR/swift-dpu, else, of root, in /run/swift-dpu, else in /tmp/swift-dpu-UID. Those of the "
        + "user and of services are looked for.",
      "With --json and without --once, each look is one line of JSON.",
    ])

  static func run(_ arguments: Arguments, _ console: Console) throws -> ExitCode {
    Interruption.watch()
    let interval = Duration.seconds(arguments.number("interval") ?? 1)
    var screen = LiveScreen(console)
    var due = Moment.now
    while true {
      let look = TopReport(warn: console.warn)
      if console.isJSON {
        try console.print(arguments.flag("once") ? look.json.text : look.json.line)
      } else if arguments.flag("once") || screen.isInPlace {
        try screen.show(look.lines())
      } else {
        for line in look.plainLines { try screen.print(line) }
      }
      if arguments.flag("once") { return .success }
      due = due + interval
      while Moment.now < due {
        if let code = Interruption.exitCode { return code }
        usleep(20_000)
      }
    }
  }
}
