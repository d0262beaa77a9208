/// One decoded instruction.
package struct Instruction: Equatable, Sendable {
  /// Its kind and layout.
  package let layout: InstructionLayout
  /// The engines from which it takes a token before it starts (`dpdon`).
  package let waitsFor: Engines
  /// The engines to which it gives a token when it is done (`dpdby`).
  package let signals: Engines
  /// The values of the fields, in the order of the layout.
  package let values: [Int]

  /// Makes an instruction.
  ///
  /// - Precondition: As many values as the layout has fields, each in its range.
  package init(_ layout: InstructionLayout, waitsFor: Engines, signals: Engines, values: [Int]) {
    precondition(values.count == layout.fields.count, "\(values.count) values for \(layout.opcode)")
    self.layout = layout
    self.waitsFor = waitsFor
    self.signals = signals
    self.values = values
  }

  /// Makes an instruction from its words.
  ///
  /// - Precondition: As many words as the layout asks for.
  init(_ layout: InstructionLayout, words: [UInt32]) {
    self.init(
      layout, waitsFor: Engines(rawValue: UInt8(words[0] >> 24 & 15)),
      signals: Engines(rawValue: UInt8(words[0] >> 20 & 15)),
      values: layout.fields.map { $0.value(stored: $0.bits.extract(from: words[$0.bits.word])) })
  }

  /// The kind.
  package var opcode: Opcode { layout.opcode }

  /// The engine that executes it.
  package var engine: Engine { layout.opcode.engine }

  /// The value of a field.
  ///
  /// - Precondition: The instruction has the field.
  package subscript(field: InstructionField) -> Int {
    guard let place = layout.place(of: field) else { preconditionFailure("\(opcode) has no field \(field)") }
    return values[place]
  }

  /// The value of a field that only one of the encodings has, else what the other one means by its absence.
  func value(_ field: InstructionField, absent value: Int) -> Int {
    layout.place(of: field).map { values[$0] } ?? value
  }

  /// The words that encode it; reserved bits are 0.
  package var words: [UInt32] {
    var words = [UInt32](repeating: 0, count: layout.wordCount)
    words[0] = layout.code << 28 | UInt32(waitsFor.rawValue) << 24 | UInt32(signals.rawValue) << 20
    for (field, value) in zip(layout.fields, values) {
      words[field.bits.word] |= field.stored(value: value) << UInt32(field.bits.lowest)
    }
    return words
  }

  /// Compares contents; layouts of the same instruction set are the same objects.
  package static func == (left: Instruction, right: Instruction) -> Bool {
    left.layout === right.layout && left.waitsFor == right.waitsFor && left.signals == right.signals
      && left.values == right.values
  }
}
