/// Where in a program an error lies.
package struct InstructionPlace: Equatable, Sendable {
  /// The number of the instruction, from 0.
  package let index: Int
  /// Its kind, where that much could be read.
  package let opcode: Opcode?
  /// Its words, as far as there are any.
  package let words: [UInt32]
  /// The field, where one is to blame: a name of the instruction table, or a register.
  package let field: String?
  /// The value of that field.
  package let value: Int?

  /// Makes a place.
  package init(index: Int, opcode: Opcode?, words: [UInt32], field: String? = nil, value: Int? = nil) {
    self.index = index
    self.opcode = opcode
    self.words = words
    self.field = field
    self.value = value
  }

  /// Makes the place of an instruction, and of one of its fields.
  package init(_ index: Int, _ instruction: Instruction, _ field: InstructionField? = nil) {
    self.init(
      index: index, opcode: instruction.opcode, words: instruction.words, field: field?.rawValue,
      value: field.map { instruction[$0] })
  }

  /// Instruction, field and value, as the beginning of a message.
  var description: String {
    let name = opcode.map { " (\($0))" } ?? ""
    let blame = field.map { ", \($0)\(value.map { " \($0)" } ?? "")" } ?? ""
    return "instruction \(index)\(name)\(blame)"
  }
}

/// Why bytes or text are not a program that a core can run.
package struct ProgramError: Error, Equatable, Sendable, CustomStringConvertible {
  /// The kinds of failure.
  package enum Code: String, Sendable {
    /// The program stops in the middle of an instruction or has no END.
    case truncated
    /// A number that is no instruction of the encoding.
    case unknownOpcode
    /// A bit that is always 0 is 1.
    case reservedBits
    /// Something stands behind END.
    case afterEnd
    /// Engines wait for each other for ever.
    case deadlock
    /// Tokens are left over or used up at the end, so that the next job would not start as this one did.
    case openTokens
    /// A field has a value that the core has no meaning for, or an instruction lacks the one that it builds on.
    case invalid
    /// The instruction is good, but this core, or this simulator, does not have it.
    case unsupported
    /// The text is not program text.
    case syntax
  }

  /// The kind of failure.
  package let code: Code
  /// What was found, where, what was expected.
  package let message: String
  /// The instruction, where one is to blame.
  package let place: InstructionPlace?

  /// Makes an error; the place comes first in the message.
  package init(_ code: Code, _ problem: String, at place: InstructionPlace? = nil) {
    self.code = code
    self.message = place.map { "\($0.description): \(problem)" } ?? problem
    self.place = place
  }

  /// One line for a person.
  package var description: String { message }
}
