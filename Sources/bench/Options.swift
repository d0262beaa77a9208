/// What the command line asks for.
package struct Options {
  /// What can be measured beside networks, by the first argument.
  package enum Mode: String, CaseIterable {
    /// What an empty job costs in the scheduler.
    case handoff
    /// What is lost around jobs of a known time.
    case paced
    /// How long the conversions of frames take.
    case conversions
  }

  /// What is measured, `nil` for networks.
  package private(set) var mode: Mode?
  /// The models to run, at least one.
  package private(set) var models: [String] = []
  /// What runs them.
  package private(set) var device = DeviceKind.software
  /// Threads that share one frame.
  package private(set) var threadCount = 1
  /// Frames of one job.
  package private(set) var batch = 1
  /// Which kernels run, by name.
  package private(set) var instructionSet = ""
  /// How often each model is measured, `nil` for as long as `duration` says.
  package private(set) var runCount: Int?
  /// How long each model is measured.
  package private(set) var duration = Duration.seconds(3)
  /// The seed of the frame that is run.
  package private(set) var seed: UInt64 = 20_250_001
  /// Whether the result is JSON instead of a table.
  package private(set) var isJSON = false
  /// Whether another program says on standard input when to run.
  package private(set) var isDriven = false
  /// Whether only the usage is wanted.
  package private(set) var wantsHelp = false

  /// What `--help` prints.
  package static let usage = """
    usage: bench [--device KIND] [--json] [--threads N] [--batch N] [--seconds S | --runs N] [--isa NAME] [--seed N] MODEL…
           bench --driven [--device KIND] [--threads N] [--isa NAME] [--seed N] MODEL
           bench handoff [--json]
           bench paced [--json] [--seconds S]
           bench conversions [--json | --driven]

    Measures the software or the simulated DPU on the DPU subgraphs of compiled models, one frame at a time. With handoff,
    what an empty job costs in the scheduler, beside a bare round trip between two threads; with paced, what two workers
    reach over a core whose jobs take a known time; with conversions, what the host does for a frame, beside copies of as
    many bytes. These end with exit code 1 where they miss what is aimed at.

      --device KIND software (default) or simulated
      --json        prints one JSON document (schema \(NetworkBench.schema))
      --threads N   threads that share one frame (default 1; a frame on the simulated device takes one)
      --batch N     frames that the software device runs as one job; times are those of a frame (default 1)
      --seconds S   how long each model is measured (default 3)
      --runs N      how often each model is measured (default on the simulated device, 15)
      --isa NAME    \(DeviceKind.software.instructionSets.joined(separator: ", ")) (default \
    \(DeviceKind.software.bestInstructionSet))
      --seed N      seed of the input (default 20250001)
      --driven      reads `run COUNT` and `output INDEX PATH`, or `run NETWORK COUNT` with conversions, from standard
                    input and answers each with a line of JSON
    """

  /// Reads the arguments behind the program's name.
  ///
  /// - Throws: What is wrong with them.
  package init(parsing arguments: [String]) throws(UsageError) {
    mode = arguments.first.flatMap(Mode.init)
    var rest = mode == nil ? arguments[...] : arguments.dropFirst()
    var seconds: Double?
    var isa: String?
    while let argument = rest.popFirst() {
      switch argument {
      case "--json": isJSON = true
      case "--driven": isDriven = true
      case "--help", "-h": wantsHelp = true
      case "--device": device = try Self.device(after: argument, &rest)
      case "--threads": threadCount = try Self.number(after: argument, &rest, in: 1...1024)
      case "--batch": batch = try Self.number(after: argument, &rest, in: 1...1024)
      case "--seconds": seconds = try Self.number(after: argument, &rest, in: 0.01...86400)
      case "--runs": runCount = try Self.number(after: argument, &rest, in: 1...1_000_000)
      case "--seed": seed = try Self.number(after: argument, &rest, in: 0...UInt64.max)
      case "--isa": isa = try Self.value(after: argument, &rest)
      default:
        guard !argument.hasPrefix("-") else { throw UsageError("unknown option \(argument)") }
        models.append(argument)
      }
    }
    guard !wantsHelp else { return }
    guard seconds == nil || runCount == nil else { throw UsageError("--seconds and --runs exclude each other") }
    if let seconds { duration = .seconds(seconds) } else if device == .simulated { runCount = runCount ?? 15 }
    instructionSet =
      try isa.map { name throws(UsageError) in try device.instructionSet(named: name) }
      ?? device.bestInstructionSet
    guard device == .software || threadCount == 1 else {
      throw UsageError("--threads \(threadCount): a frame on the simulated device takes one thread")
    }
    guard device == .software || batch == 1 else {
      throw UsageError("--batch \(batch): a job on the simulated device holds one frame")
    }
    if let mode {
      guard models.isEmpty else { throw UsageError("\(mode.rawValue) takes no model, not \(models[0])") }
      return
    }
    guard !models.isEmpty else { throw UsageError("no model named") }
    guard !isDriven || models.count == 1 else { throw UsageError("--driven takes one model, not \(models.count)") }
  }

  private static func value(after option: String, _ rest: inout ArraySlice<String>) throws(UsageError) -> String {
    guard let value = rest.popFirst() else { throw UsageError("\(option) needs a value") }
    return value
  }

  private static func number<Number: LosslessStringConvertible & Comparable>(
    after option: String, _ rest: inout ArraySlice<String>, in range: ClosedRange<Number>
  ) throws(UsageError) -> Number {
    let text = try value(after: option, &rest)
    guard let number = Number(text), range.contains(number) else {
      throw UsageError("\(option) \(text): a number from \(range.lowerBound) to \(range.upperBound) is needed")
    }
    return number
  }

  private static func device(
    after option: String, _ rest: inout ArraySlice<String>
  ) throws(UsageError) -> DeviceKind {
    let text = try value(after: option, &rest)
    guard let device = DeviceKind(rawValue: text) else {
      throw UsageError("\(option) \(text): \(DeviceKind.allCases.map(\.rawValue).joined(separator: " or ")) is needed")
    }
    return device
  }
}

extension DeviceKind {
  /// The kernels with a name.
  fileprivate func instructionSet(named name: String) throws(UsageError) -> String {
    guard instructionSets.contains(name) else {
      throw UsageError("--isa \(name): this processor has \(instructionSets.joined(separator: ", "))")
    }
    return name
  }
}

/// What is wrong with the command line.
package struct UsageError: Error, Equatable {
  /// One line for a person.
  package let message: String

  /// Makes an error.
  package init(_ message: String) { self.message = message }
}
