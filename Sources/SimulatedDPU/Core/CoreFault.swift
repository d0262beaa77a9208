/// Why a core broke off.
package struct CoreFault: Error, Equatable, Sendable, CustomStringConvertible {
  /// The kinds of fault.
  package enum Code: String, Sendable {
    /// The code cannot be fetched: its address is in no live buffer, or it runs out of one.
    case fetch
    /// What was fetched is no program, or none for this core; `program` tells more.
    case program
    /// A register that the program uses holds no base.
    case register
    /// An address that a LOAD reads or a SAVE writes is not inside one live buffer.
    case address
  }

  /// The kind of fault.
  package let code: Code
  /// What was wrong with the program, for `.program`.
  package let program: ProgramError.Code?
  /// What was attempted, on what, and what was expected.
  package let message: String
  /// The instruction, field, value and words, where there is an instruction to blame.
  package let place: InstructionPlace?
  /// What the core had done until then.
  package internal(set) var counters = CoreCounters()

  /// Makes a fault; the place comes first in the message.
  package init(_ code: Code, _ problem: String, at place: InstructionPlace?) {
    self.code = code
    self.program = nil
    self.message = place.map { "\($0.description): \(problem)" } ?? problem
    self.place = place
  }

  /// Makes a fault of an error in the program.
  init(_ error: ProgramError) {
    code = .program
    program = error.code
    message = error.message
    place = error.place
  }

  /// One line for a person.
  package var description: String { message }
}
