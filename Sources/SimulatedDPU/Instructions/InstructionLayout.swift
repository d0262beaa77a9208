/// How one kind of instruction is laid out in its 32-bit words.
///
/// Bits 31:20 of word 0 are the same in all: `opcode` 31:28, `dpdon` 27:24, `dpdby` 23:20.
package final class InstructionLayout: Sendable {
  /// How the bits of a field stand for its value.
  package enum Storage: Sendable {
    /// The bits are the value.
    case plain
    /// The bits are the value minus one.
    case minusOne
    /// The bits are the value in two's complement.
    case signed
  }

  /// A run of bits in one word.
  package struct Bits: Equatable, Sendable {
    /// The word.
    package let word: Int
    /// The lowest bit.
    package let lowest: Int
    /// The highest bit.
    package let highest: Int

    /// The bits taken out of a word, moved down to bit 0.
    func extract(from word: UInt32) -> UInt32 { (word >> UInt32(lowest)) & mask }

    /// As many ones as there are bits.
    var mask: UInt32 { UInt32.max >> UInt32(31 - (highest - lowest)) }
  }

  /// A named field.
  package struct Field: Sendable {
    /// The name.
    package let name: InstructionField
    /// Where it stands.
    package let bits: Bits
    /// How it is stored.
    package let storage: Storage

    /// The values that the bits can hold.
    package var range: ClosedRange<Int> {
      let top = Int(bits.mask)
      switch storage {
      case .plain: return 0...top
      case .minusOne: return 1...(top + 1)
      case .signed: return -(top + 1) / 2...top / 2
      }
    }

    /// The value that stored bits stand for.
    func value(stored: UInt32) -> Int {
      switch storage {
      case .plain: return Int(stored)
      case .minusOne: return Int(stored) + 1
      case .signed: return Int(stored) > Int(bits.mask) / 2 ? Int(stored) - Int(bits.mask) - 1 : Int(stored)
      }
    }

    /// The bits that stand for a value inside the range.
    func stored(value: Int) -> UInt32 {
      UInt32(truncatingIfNeeded: storage == .minusOne ? value - 1 : value) & bits.mask
    }
  }

  /// One entry of a word in the table.
  enum Entry {
    case field(InstructionField, ClosedRange<Int>, Storage)
    case reserved(ClosedRange<Int>)

    static func plain(_ name: InstructionField, _ bits: ClosedRange<Int>) -> Entry { .field(name, bits, .plain) }
    static func minusOne(_ name: InstructionField, _ bits: ClosedRange<Int>) -> Entry {
      .field(name, bits, .minusOne)
    }
    static func signed(_ name: InstructionField, _ bits: ClosedRange<Int>) -> Entry { .field(name, bits, .signed) }
  }

  /// The kind of instruction.
  package let opcode: Opcode
  /// The number in bits 31:28 of word 0.
  package let code: UInt32
  /// The number of words.
  package let wordCount: Int
  /// The fields in the order of the table: by word, then from bit 0 up.
  package let fields: [Field]
  /// The bits that are always 0.
  package let reserved: [Bits]

  private let places: [InstructionField: Int]

  /// Makes a layout from its words, each a list from bit 0 up.
  ///
  /// - Precondition: Each word is covered once, except the common bits of word 0, and no name stands twice.
  init(_ opcode: Opcode, _ code: UInt32, _ words: [[Entry]]) {
    var fields: [Field] = []
    var reserved: [Bits] = []
    for (word, entries) in words.enumerated() {
      var next = 0
      for entry in entries {
        let range: ClosedRange<Int>
        switch entry {
        case .field(let name, let bits, let storage):
          range = bits
          fields.append(
            Field(
              name: name, bits: Bits(word: word, lowest: bits.lowerBound, highest: bits.upperBound), storage: storage))
        case .reserved(let bits):
          range = bits
          reserved.append(Bits(word: word, lowest: bits.lowerBound, highest: bits.upperBound))
        }
        precondition(range.lowerBound == next, "\(opcode) word \(word): bit \(next) is not described")
        next = range.upperBound + 1
      }
      precondition(next == (word == 0 ? 20 : 32), "\(opcode) word \(word): bit \(next) is not described")
    }
    self.opcode = opcode
    self.code = code
    self.wordCount = words.count
    self.fields = fields
    self.reserved = reserved
    places = Dictionary(uniqueKeysWithValues: fields.enumerated().map { ($1.name, $0) })
  }

  /// The place of a field in `fields`, `nil` if the instruction has no such field.
  package func place(of field: InstructionField) -> Int? { places[field] }
}
