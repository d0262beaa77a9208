import JSONValues
import SimulatedDPU
import XModel

/// A decoded program with what `dpu disasm` tells of it before its instructions.
struct Listing {
  /// The model's file.
  let path: String
  /// The number of the DPU subgraph, counted from 0.
  let subgraph: Int
  /// The name of the DPU subgraph.
  let subgraphName: String
  /// The superlayer whose own code this is, `nil` for the program of the subgraph.
  let superlayer: String?
  /// The name of the target as the file has it.
  let target: String
  /// The core that the code is compiled for.
  let fingerprint: Fingerprint
  /// Bytes of the code.
  let byteCount: Int
  /// The instructions.
  let code: MachineCode

  /// Decodes code of a subgraph.
  ///
  /// - Parameters:
  ///   - choice: The subgraph that the code belongs to.
  ///   - superlayer: The superlayer whose code it is, if it is one's.
  ///   - bytes: The code.
  /// - Throws: A `CommandError` where the file does not say for which core, or the code is damaged.
  init(_ model: Model, _ choice: SubgraphChoice, superlayer: String? = nil, bytes: Bytes) throws(CommandError) {
    let place = "\(model.path): " + Self.title(of: choice, superlayer)
    guard let program = choice.partition.program, let number = program.fingerprint, number != 0 else {
      throw CommandError(
        .invalidInput,
        "\(place) has instructions but does not say for which core (dpu_fingerprint); compile it again with vai_c")
    }
    path = model.path
    subgraph = choice.number
    subgraphName = choice.partition.name
    self.superlayer = superlayer
    target = program.target
    fingerprint = Fingerprint(number)
    byteCount = bytes.count
    guard let isa = ISA(fingerprint) else {
      throw CommandError(.invalidInput, "\(place) is compiled for \(fingerprint), whose instructions are not known")
    }
    let decoded = bytes.withUnsafeBytes { raw in
      Result { () throws(ProgramError) -> MachineCode in try MachineCode(decoding: raw, isa: isa) }
    }
    switch decoded {
    case .success(let code): self.code = code
    case .failure(let error): throw CommandError(.invalidInput, "\(place): \(error.message)")
    }
  }

  /// A subgraph and superlayer in words.
  static func title(of choice: SubgraphChoice, _ superlayer: String?) -> String {
    superlayer.map { "superlayer \"\($0.printable)\" of \(choice.title)" } ?? choice.title
  }

  /// Instructions by kind, those that occur.
  var counts: [(opcode: Opcode, count: Int)] {
    var counts: [Opcode: Int] = [:]
    for instruction in code.instructions { counts[instruction.opcode, default: 0] += 1 }
    return Opcode.allCases.compactMap { opcode in counts[opcode].map { (opcode, $0) } }
  }

  /// What stands before the instructions, as comments of program text.
  var header: String {
    let kinds = counts.map { "\($0.opcode) \($0.count.grouped)" }.joined(separator: ", ")
    let name = target.isEmpty ? "no target name" : "target \(target.printable)"
    return [
      path.printable,
      superlayer.map { "superlayer \"\($0.printable)\", its own code" },
      "DPU subgraph \(subgraph) \"\(subgraphName.printable)\"",
      "\(name), fingerprint \(fingerprint.hexadecimal)", "\(fingerprint)",
      "\(byteCount.grouped) bytes of \(code.isa) code, \(code.instructions.count.grouped) instructions: \(kinds)",
    ].compactMap { $0.map { "# \($0)\n" } }.joined()
  }
}

extension Listing {
  /// Writes the header and every instruction as program text.
  ///
  /// - Parameter write: Takes pieces of text in order.
  func writeText(_ write: (String) throws -> Void) throws {
    var piece = header
    for (index, instruction) in code.instructions.enumerated() {
      piece += "\(index): "
      piece += instruction.text
      piece += "\n"
      try Self.pass(&piece, write)
    }
    try write(piece)
  }

  /// Writes everything as one object of `dpu.disasm/1`'s programs.
  ///
  /// - Parameter write: Takes pieces of text in order.
  func writeJSON(_ write: (String) throws -> Void) throws {
    var facts = JSONValue.object([
      "subgraph": .integer(subgraph), "name": .string(subgraphName),
      "superlayer": .optional(superlayer) { .string($0) },
      "target": .string(target), "fingerprint": .string(fingerprint.hexadecimal),
      "description": .string(fingerprint.description), "isa": .string(code.isa.description),
      "code_bytes": .integer(byteCount),
      "counts": .record(JSONValue.Members(counts.map { ($0.opcode.rawValue, .integer($0.count)) })),
    ]).text
    // The instructions follow as the last member, written as they come.
    facts.removeLast(2)
    var piece = facts + ",\n  \"instructions\": [\n"
    for (index, instruction) in code.instructions.enumerated() {
      piece += index == 0 ? "    " : ",\n    "
      Self.appendJSON(of: instruction, index, to: &piece)
      try Self.pass(&piece, write)
    }
    try write(piece + "\n  ]\n}")
  }

  /// Passes a piece on when it has grown to some size.
  private static func pass(_ piece: inout String, _ write: (String) throws -> Void) throws {
    guard piece.utf8.count > 1 << 16 else { return }
    try write(piece)
    piece.removeAll(keepingCapacity: true)
  }

  /// An instruction on one line; its names need no escapes.
  private static func appendJSON(of instruction: Instruction, _ index: Int, to text: inout String) {
    func list(_ engines: Engines) -> String { engines.members.map { "\"\($0)\"" }.joined(separator: ", ") }
    text += "{\"index\": \(index), \"opcode\": \"\(instruction.opcode)\", \"dpdon\": [\(list(instruction.waitsFor))], "
    text += "\"dpdby\": [\(list(instruction.signals))], \"fields\": {"
    for (place, field) in instruction.layout.fields.enumerated() {
      text += place == 0 ? "\"" : ", \""
      text += field.name.rawValue
      text += "\": "
      text += String(instruction.values[place])
    }
    text += "}}"
  }
}
