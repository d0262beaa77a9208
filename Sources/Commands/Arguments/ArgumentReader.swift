import Vision

/// The arguments of a command after reading: options by name, operands in order.
package struct Arguments: Equatable, Sendable {
  /// The operands in order.
  package fileprivate(set) var operands: [String] = []
  fileprivate var flags: [String: Bool] = [:]
  fileprivate var values: [String: [String]] = [:]

  /// Whether a flag is on.
  package func flag(_ name: String) -> Bool { flags[name] ?? false }

  /// Whether a flag is on or, as `--no-NAME`, off; `nil` where the command line does not say.
  package func flagIfGiven(_ name: String) -> Bool? { flags[name] }

  /// The value of an option, of the last use where it was given more than once.
  package func text(_ name: String) -> String? { values[name]?.last }

  /// All values of an option that makes a list, in order.
  package func texts(_ name: String) -> [String] { values[name] ?? [] }

  /// The value of an option that takes a whole number.
  package func integer(_ name: String) -> Int? { text(name).flatMap { Int($0) } }

  /// The value of an option that takes a number.
  package func number(_ name: String) -> Double? { text(name).flatMap { Double($0) } }
}

/// Reads arguments in the GNU manner: options anywhere, `-t10`, `-t 10`, `--threads=10`, `--`, joined short flags.
package struct ArgumentReader {
  private let table: CommandTable
  private var result = Arguments()

  private init(table: CommandTable) { self.table = table }

  /// Reads the arguments behind the name of a command.
  ///
  /// - Returns: The arguments; where help is asked for, operands are not counted.
  /// - Throws: An error of usage that names the argument, says what is allowed and what may have been meant.
  package static func read(_ arguments: [String], by table: CommandTable) throws(CommandError) -> Arguments {
    var reader = ArgumentReader(table: table)
    var rest = arguments[...]
    var optionsEnded = false
    while let argument = rest.popFirst() {
      if optionsEnded || argument == "-" || !argument.hasPrefix("-") {
        reader.result.operands.append(argument)
      } else if argument == "--" {
        optionsEnded = true
      } else if argument.hasPrefix("--") {
        try reader.readLong(argument, &rest)
      } else {
        try reader.readShort(argument, &rest)
      }
    }
    if !reader.result.flag("help") { try reader.countOperands() }
    return reader.result
  }

  private mutating func readLong(_ argument: String, _ rest: inout ArraySlice<String>) throws(CommandError) {
    let parts = argument.dropFirst(2).split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
    let name = String(parts[0])
    let attached = parts.count > 1 ? String(parts[1]) : nil
    if let option = table.option(named: name) {
      guard option.value == .flag else { return try take(option, "--\(name)", attached, &rest) }
      guard attached == nil else { throw usage("option '--\(name)' takes no value") }
      result.flags[name] = true
    } else if name.hasPrefix("no-"), let option = table.option(named: String(name.dropFirst(3))), option.value == .flag
    {
      guard attached == nil else { throw usage("option '--\(name)' takes no value") }
      result.flags[option.name] = false
    } else {
      let near = NearMiss.find(name, among: table.options.map(\.name)).map { "; did you mean '--\($0)'?" } ?? ""
      throw usage("unknown option '--\(name)'\(near)")
    }
  }

  private mutating func readShort(_ argument: String, _ rest: inout ArraySlice<String>) throws(CommandError) {
    var letters = argument.dropFirst()
    while let letter = letters.popFirst() {
      guard let option = table.option(lettered: letter) else {
        let long =
          argument.count > 2 ? NearMiss.find(String(argument.dropFirst()), among: table.options.map(\.name)) : nil
        let near = long.map { "; did you mean '--\($0)'?" } ?? ""
        throw usage("unknown option '-\(letter)'\(argument.count > 2 ? " in '\(argument)'" : "")\(near)")
      }
      if option.value == .flag {
        result.flags[option.name] = true
      } else {
        let attached = letters.isEmpty ? nil : String(letters.first == "=" ? letters.dropFirst() : letters)
        return try take(option, "-\(letter)", attached, &rest)
      }
    }
  }

  private mutating func take(
    _ option: Option, _ spelling: String, _ attached: String?, _ rest: inout ArraySlice<String>
  ) throws(CommandError) {
    guard let value = attached ?? rest.popFirst() else {
      throw usage("option '\(spelling)' needs a value: \(Self.description(of: option.value))")
    }
    switch option.value {
    case .flag: preconditionFailure("a flag takes no value")
    case .text:
      guard !value.isEmpty else { throw usage("option '\(spelling)' needs a value that is not empty") }
    case .integer(_, let range):
      guard let number = Int(value), range.contains(number) else {
        throw usage("option '\(spelling)' needs \(Self.description(of: option.value)), not '\(value)'")
      }
    case .number(_, let range):
      guard let number = Double(value), range.contains(number) else {
        throw usage("option '\(spelling)' needs \(Self.description(of: option.value)), not '\(value)'")
      }
    case .choice(let words):
      guard words.contains(value) else {
        let near = NearMiss.find(value, among: words).map { "; did you mean '\($0)'?" } ?? ""
        throw usage("option '\(spelling)' needs \(Self.description(of: option.value)), not '\(value)'\(near)")
      }
    }
    result.values[option.name] = option.isList ? result.texts(option.name) + [value] : [value]
  }

  private func countOperands() throws(CommandError) {
    let least = table.operands.reduce(0) { $0 + $1.count.lowerBound }
    let most = table.operands.reduce(0) { $1.count.upperBound == .max ? .max : $0 + $1.count.upperBound }
    if result.operands.count < least {
      var missing = result.operands.count
      let operand = table.operands.first {
        missing -= $0.count.lowerBound
        return missing < 0
      }
      throw usage("needs \(operand.map { "\($0.name): \($0.summary)" } ?? "more arguments")")
    }
    if result.operands.count > most { throw usage("unexpected argument '\(result.operands[most])'") }
  }

  private static func description(of value: Option.Value) -> String {
    switch value {
    case .flag: "nothing"
    case .text(let word): word
    case .integer(_, let range) where range.upperBound == .max: "a whole number of at least \(range.lowerBound)"
    case .integer(_, let range): "a whole number from \(range.lowerBound) to \(range.upperBound)"
    case .number(_, let range): "a number from \(range.lowerBound.plain) to \(range.upperBound.plain)"
    case .choice(let words): "one of \(words.joined(separator: ", "))"
    }
  }

  private func usage(_ problem: String) -> CommandError {
    CommandError(.usage, "\(table.name): \(problem) (see 'dpu help \(table.name)')")
  }
}
