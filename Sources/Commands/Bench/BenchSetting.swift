import Devices

/// How long and in which form `dpu bench` measures.
struct BenchSetting {
  /// The forms of a report.
  enum Form {
    case text, json, markdown
  }

  /// The options.
  static let options: [Option] = [
    Option("duration", takes: .number("SECONDS", 0.05...86_400), fallback: "5", "how long each phase is measured"),
    Option(
      "warm-up", takes: .number("SECONDS", 0...3600), fallback: "1", "how long each phase runs before it is measured"),
    Option("markdown", "prints Markdown instead of text"),
  ]

  let duration: Duration
  let warmUp: Duration
  let form: Form

  /// Reads the options.
  ///
  /// - Throws: An error of usage for two forms at once.
  init(_ arguments: Arguments, _ console: Console) throws(CommandError) {
    duration = .nanoseconds(Int64((arguments.number("duration") ?? 5) * 1e9))
    warmUp = .nanoseconds(Int64((arguments.number("warm-up") ?? 1) * 1e9))
    guard !console.isJSON || !arguments.flag("markdown") else {
      throw CommandError(.usage, "bench: --json and --markdown exclude each other")
    }
    form = console.isJSON ? .json : arguments.flag("markdown") ? .markdown : .text
  }
}
