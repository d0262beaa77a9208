/// The kinds of instruction, by the names of AMD's documents.
package enum Opcode: String, CaseIterable, Sendable, CustomStringConvertible {
  case load = "LOAD"
  case save = "SAVE"
  case convinit = "CONVINIT"
  case conv = "CONV"
  case poolinit = "POOLINIT"
  case pool = "POOL"
  case dwinit = "DWINIT"
  case dptwise = "DPTWISE"
  case aluinit = "ALUINIT"
  case alu = "ALU"
  case elewinit = "ELEWINIT"
  case elew = "ELEW"
  case end = "END"

  /// The engine that executes it.
  package var engine: Engine {
    switch self {
    case .load: .load
    case .save, .end: .save
    case .convinit, .conv: .conv
    case .poolinit, .pool, .dwinit, .dptwise, .aluinit, .alu, .elewinit, .elew: .misc
    }
  }

  /// The name.
  package var description: String { rawValue }
}
