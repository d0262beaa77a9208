// Program text: one line for each instruction, of words with one space between them:
//
//   12: CONV dpdon=load+conv dpdby=conv+misc bank_addr_in=0 pad_top=1 … channel_offset=0
//
// The number, then the kind, the engines waited for and signalled, and the fields in the order of the table, as values
// (not as they are stored). Reading it back, the number may be missing, tokens and fields may stand in any order, a field
// that is missing is the least that its bits can hold (0, or 1 where one less is stored), missing tokens are none, and
// `#` begins a comment.

extension Instruction {
  /// The instruction as a line of program text, without its number.
  package var text: String {
    var parts = [opcode.rawValue, "dpdon=\(waitsFor)", "dpdby=\(signals)"]
    for (field, value) in zip(layout.fields, values) { parts.append("\(field.name)=\(value)") }
    return parts.joined(separator: " ")
  }
}

extension MachineCode {
  /// The program as text, a line for each instruction.
  package var text: String {
    var text = ""
    for (index, instruction) in instructions.enumerated() { text += "\(index): \(instruction.text)\n" }
    return text
  }

  /// Reads program text.
  ///
  /// - Throws: `.syntax` with the line, and what stands there; else as for decoding.
  package init(assembling text: String, isa: ISA) throws(ProgramError) {
    var instructions: [Instruction] = []
    for (number, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
      let assembler = LineAssembler(isa: isa, line: number + 1, index: instructions.count)
      if let instruction = try assembler.instruction(line) { instructions.append(instruction) }
    }
    try self.init(instructions, isa: isa)
  }
}

/// Reads one line of program text.
private struct LineAssembler {
  let isa: ISA
  let line: Int
  let index: Int

  func instruction(_ text: Substring) throws(ProgramError) -> Instruction? {
    let code = text.prefix { $0 != "#" }
    var words = code.split(whereSeparator: { $0 == " " || $0 == "\t" || $0 == "\r" })
    if let first = words.first, first.hasSuffix(":") {
      guard Int(first.dropLast()) == index else {
        throw fail("found number \"\(first)\", expected \(index):")
      }
      words.removeFirst()
    }
    guard let name = words.first else { return nil }
    guard let opcode = Opcode(rawValue: String(name)), let layout = isa.layout(opcode) else {
      throw fail("found \"\(name)\", which is no instruction of \(isa)")
    }
    var values = layout.fields.map(\.range.lowerBound).map { max($0, 0) }
    var tokens: [String: Engines] = [:]
    var seen: Set<String> = []
    for word in words.dropFirst() {
      let parts = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
      guard parts.count == 2 else { throw fail("found \"\(word)\", expected a field as name=value") }
      guard seen.insert(parts[0]).inserted else { throw fail("\(opcode) has \(parts[0]) twice") }
      if parts[0] == "dpdon" || parts[0] == "dpdby" {
        tokens[parts[0]] = try engines(parts[1])
      } else {
        let (place, value) = try field(parts[0], parts[1], layout)
        values[place] = value
      }
    }
    return Instruction(layout, waitsFor: tokens["dpdon"] ?? [], signals: tokens["dpdby"] ?? [], values: values)
  }

  private func field(_ name: String, _ text: String, _ layout: InstructionLayout) throws(ProgramError) -> (Int, Int) {
    guard let field = InstructionField(rawValue: name), let place = layout.place(of: field) else {
      throw fail("\(layout.opcode) of \(isa) has no field \"\(name)\"")
    }
    let range = layout.fields[place].range
    guard let value = Int(text), range.contains(value) else {
      throw fail(
        "\(layout.opcode) \(name): found \"\(text)\", expected a number from \(range.lowerBound) to \(range.upperBound)"
      )
    }
    return (place, value)
  }

  private func engines(_ text: String) throws(ProgramError) -> Engines {
    var engines: Engines = []
    if text == "none" { return engines }
    for name in text.split(separator: "+", omittingEmptySubsequences: false) {
      guard let engine = Engine.allCases.first(where: { $0.description == name }) else {
        throw fail("found \"\(text)\", expected engines (load, save, conv, misc) joined by +, or none")
      }
      engines.insert(Engines(engine))
    }
    return engines
  }

  private func fail(_ problem: String) -> ProgramError { ProgramError(.syntax, "line \(line): \(problem)") }
}
