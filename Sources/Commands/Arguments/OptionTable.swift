/// One option of a command, as data: reading, help and suggestions all use the same table.
package struct Option: Sendable {
  /// What an option takes.
  package enum Value: Equatable, Sendable {
    /// Nothing: the option is on, or off as `--no-NAME`.
    case flag
    /// Any text; the word stands for it in the help.
    case text(String)
    /// A whole number in a range; the word stands for it in the help.
    case integer(String, ClosedRange<Int>)
    /// A number in a range; the word stands for it in the help.
    case number(String, ClosedRange<Double>)
    /// One of a few words.
    case choice([String])
  }

  /// The long name without its dashes.
  package let name: String
  /// The short name, if it has one.
  package let letter: Character?
  /// What it takes.
  package let value: Value
  /// Whether each further use adds a value; otherwise the last use counts.
  package let isList: Bool
  /// What holds where the option is not given, for the help.
  package let fallback: String?
  /// What it does, without a full stop.
  package let summary: String

  /// Makes an option.
  package init(
    _ name: String, short letter: Character? = nil, takes value: Value = .flag, isList: Bool = false,
    fallback: String? = nil, _ summary: String
  ) {
    self.name = name
    self.letter = letter
    self.value = value
    self.isList = isList
    self.fallback = fallback
    self.summary = summary
  }

  /// The word that stands for the value, empty for a flag.
  package var placeholder: String {
    switch value {
    case .flag: ""
    case .text(let word), .integer(let word, _), .number(let word, _): word
    case .choice(let words): words.joined(separator: "|")
    }
  }
}

/// An argument that is not an option.
package struct Operand: Sendable {
  /// The word that stands for it, such as `MODEL`.
  package let name: String
  /// How often it may come.
  package let count: ClosedRange<Int>
  /// The words that it is one of, for shells to offer; empty where it is anything else.
  package let words: [String]
  /// What it is, without a full stop.
  package let summary: String

  /// Makes an operand.
  package init(_ name: String, count: ClosedRange<Int> = 1...1, words: [String] = [], _ summary: String) {
    self.name = name
    self.count = count
    self.words = words
    self.summary = summary
  }

  /// The operand as it stands in a line of usage: `MODEL`, `[FILE]`, `INPUT...`, `[INPUT...]`.
  package var usage: String {
    let word = count.upperBound > 1 ? name + "..." : name
    return count.lowerBound == 0 ? "[\(word)]" : word
  }
}

/// What a command is called, takes and does.
package struct CommandTable: Sendable {
  /// A line to type, and what it is for.
  package struct Example: Sendable {
    /// The arguments behind the program's name.
    package let line: String
    /// What it is for, without a full stop.
    package let purpose: String

    /// Makes an example.
    package init(_ line: String, _ purpose: String) {
      self.line = line
      self.purpose = purpose
    }
  }

  /// The name to type.
  package let name: String
  /// What the command does, in the third person, without a full stop.
  package let summary: String
  /// The operands in order; only the last may come more than once.
  package let operands: [Operand]
  /// The options.
  package let options: [Option]
  /// Two or three lines to copy.
  package let examples: [Example]
  /// Paragraphs behind the options.
  package let notes: [String]

  /// Makes a table; the options that commands share are added behind its own.
  package init(
    name: String, summary: String, operands: [Operand] = [], options: [Option] = [],
    sharedOptions: [Option] = CommandTable.commonOptions, examples: [Example], notes: [String] = []
  ) {
    self.name = name
    self.summary = summary
    self.operands = operands
    self.options = options + sharedOptions
    self.examples = examples
    self.notes = notes
  }

  /// The option of a long name.
  package func option(named name: String) -> Option? { options.first { $0.name == name } }

  /// The option of a short name.
  package func option(lettered letter: Character) -> Option? { options.first { $0.letter == letter } }

  /// The options of every command that reports something.
  package static let commonOptions: [Option] =
    [
      Option("json", "prints one JSON object instead of text"),
      Option("quiet", short: "q", "prints no progress, notes or warnings"),
      Option("verbose", short: "v", "prints more detail"),
    ] + helpOptions

  /// The options that every command has.
  package static let helpOptions: [Option] = [
    Option("color", takes: .choice(["auto", "always", "never"]), fallback: "auto", "colours the text"),
    Option("help", short: "h", "prints this help"),
  ]
}
