package import SoftwareDPU

/// What the command line asks for.
package struct Options {
  /// The models to run, at least one.
  package private(set) var models: [String] = []
  /// Threads that share one frame.
  package private(set) var threadCount = 1
  /// Which kernels run.
  package private(set) var instructionSet = InstructionSet.best
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
    usage: bench [--json] [--threads N] [--seconds S] [--isa NAME] [--seed N] MODEL…
           bench --driven [--threads N] [--isa NAME] [--seed N] MODEL

    Measures the software DPU on the DPU subgraphs of compiled models, one frame at a time.

      --json        prints one JSON document (schema \(NetworkBench.schema))
      --threads N   threads that share one frame (default 1)
      --seconds S   how long each model is measured (default 3)
      --isa NAME    \(InstructionSet.available.map(\.rawValue).joined(separator: ", ")) (default \
    \(InstructionSet.best.rawValue))
      --seed N      seed of the input (default 20250001)
      --driven      reads `run COUNT` and `output INDEX PATH` from standard input and answers each with a line of JSON
    """

  /// Reads the arguments behind the program's name.
  ///
  /// - Throws: What is wrong with them.
  package init(parsing arguments: [String]) throws(UsageError) {
    var rest = arguments[...]
    while let argument = rest.popFirst() {
      switch argument {
      case "--json": isJSON = true
      case "--driven": isDriven = true
      case "--help", "-h": wantsHelp = true
      case "--threads": threadCount = try Self.number(after: argument, &rest, in: 1...1024)
      case "--seconds": duration = .seconds(try Self.number(after: argument, &rest, in: 0.01...86400))
      case "--seed": seed = try Self.number(after: argument, &rest, in: 0...UInt64.max)
      case "--isa": instructionSet = try Self.instructionSet(after: argument, &rest)
      default:
        guard !argument.hasPrefix("-") else { throw UsageError("unknown option \(argument)") }
        models.append(argument)
      }
    }
    guard !wantsHelp else { return }
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

  private static func instructionSet(
    after option: String, _ rest: inout ArraySlice<String>
  ) throws(UsageError) -> InstructionSet {
    let text = try value(after: option, &rest)
    guard let set = InstructionSet.available.first(where: { $0.rawValue == text }) else {
      let names = InstructionSet.available.map(\.rawValue).joined(separator: ", ")
      throw UsageError("\(option) \(text): this processor has \(names)")
    }
    return set
  }
}

/// What is wrong with the command line.
package struct UsageError: Error, Equatable {
  /// One line for a person.
  package let message: String

  /// Makes an error.
  package init(_ message: String) { self.message = message }
}
