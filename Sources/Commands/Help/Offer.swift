/// What a shell may offer where a value or an operand is expected.
enum Offer: Equatable {
  /// Nothing: a number, or a name that only a person knows.
  case nothing
  /// One of these words.
  case words([String])
  /// A file, or a folder on the way to it.
  case files
  /// A folder.
  case folders
}

extension Option {
  /// What may be offered for its value; the word that stands for the value tells.
  var offer: Offer {
    switch value {
    case .flag, .integer, .number: .nothing
    case .choice(let words): .words(words)
    case .text(let word):
      switch word {
      case "DIR", "FOLDER": .folders
      case "FILE", "OLD.json", "VIDEO", "DEV": .files
      default: .nothing
      }
    }
  }
}

extension Operand {
  /// What may be offered for it; its name tells where it has no words of its own.
  func offer(among tables: [CommandTable]) -> Offer {
    if !words.isEmpty { return .words(words) }
    switch name {
    case "COMMAND": return .words(tables.map(\.name))
    case "DIR", "FOLDER", "BOARD-OR-DIR": return .folders
    default: return .files
    }
  }
}
