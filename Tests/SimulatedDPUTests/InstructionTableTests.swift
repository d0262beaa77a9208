import Foundation
import SimulatedDPU
import TestSupport
import Testing

@Suite struct InstructionTableTests {
  @Test("lengths and numbers of instructions are those of the two encodings")
  func lengths() {
    let isa0: [Opcode: (UInt32, Int)] = [
      .load: (0, 4), .save: (4, 4), .convinit: (9, 4), .conv: (8, 5), .poolinit: (6, 2), .pool: (12, 5),
      .dwinit: (11, 3), .dptwise: (10, 5), .elewinit: (13, 2), .elew: (14, 3), .end: (7, 1),
    ]
    let isa1 = isa0.merging([.load: (0, 5), .save: (4, 5), .elewinit: (13, 3), .aluinit: (1, 6), .alu: (2, 5)]) { $1 }
    for (isa, expected) in [(ISA.isa0, isa0), (ISA.isa1, isa1)] {
      #expect(isa.layouts.count == expected.count)
      for layout in isa.layouts {
        #expect(layout.code == expected[layout.opcode]?.0, "\(isa) \(layout.opcode)")
        #expect(layout.wordCount == expected[layout.opcode]?.1, "\(isa) \(layout.opcode)")
        #expect(isa.layout(code: layout.code) === layout)
      }
    }
    #expect(ISA.isa0.layout(code: 1) == nil)
    #expect(ISA.isa0.layout(.alu) == nil)
  }

  @Test("values and stored bits belong together in every field, at both ends of its range")
  func ranges() {
    for isa in ISA.allCases {
      for layout in isa.layouts {
        for (place, field) in layout.fields.enumerated() {
          for value in [field.range.lowerBound, field.range.upperBound] {
            var values = layout.fields.map { max($0.range.lowerBound, 0) }
            values[place] = value
            let words = Instruction(layout, waitsFor: [], signals: [], values: values).words
            let stored = (Int(words[field.bits.word]) % (1 << (field.bits.highest + 1))) >> field.bits.lowest
            let expected =
              switch field.storage {
              case .plain: value
              case .minusOne: value - 1
              case .signed: value & (1 << (field.bits.highest - field.bits.lowest + 1) - 1)
              }
            #expect(stored == expected, "\(isa) \(layout.opcode) \(field.name) \(value)")
          }
        }
      }
    }
    #expect(ISA.isa1.layout(.aluinit)?.fields.first { $0.name == .multiFactor }?.range == -128...127)
    #expect(ISA.isa1.layout(.elewinit)?.fields.first { $0.name == .jumpRead }?.range == 0...4095)
    #expect(ISA.isa0.layout(.elewinit)?.fields.first { $0.name == .jumpRead }?.range == 1...1024)
  }

  @Test("every bit is where the facts have it", .enabled(if: Shared.isPresent, Comment(rawValue: Shared.absence)))
  func facts() throws {
    struct Entry: Decodable {
      let opcode: UInt32
      let words: [[Bits]]
    }
    struct Bits: Decodable {
      let name: String
      let lsb: Int
      let width: Int
      let plus1: Bool
    }
    let file = try Data(contentsOf: Shared.url("facts/isa_tables.json"))
    let tables = try JSONDecoder().decode([String: [String: Entry]].self, from: file)
    var compared = 0
    for isa in ISA.allCases {
      let table = try #require(tables[isa.description])
      #expect(table.count == isa.layouts.count)
      for layout in isa.layouts {
        let entry = try #require(table[layout.opcode.rawValue])
        #expect(entry.opcode == layout.code)
        var fields = layout.fields[...]
        var reserved = layout.reserved[...]
        for (word, bits) in entry.words.enumerated() {
          for bits in bits where !["opcode", "dpdon", "dpdby"].contains(bits.name) {
            let expected = [word, bits.lsb, bits.lsb + bits.width - 1]
            if bits.name == "r" {
              #expect(reserved.popFirst().map { [$0.word, $0.lowest, $0.highest] } == expected)
            } else {
              let next = fields.popFirst()
              let field = try #require(next)
              #expect(field.name.rawValue == bits.name)
              #expect(
                [field.bits.word, field.bits.lowest, field.bits.highest] == expected,
                "\(isa) \(layout.opcode) \(bits.name)")
              #expect((field.storage == .minusOne) == bits.plus1, "\(isa) \(layout.opcode) \(bits.name)")
            }
            compared += 1
          }
        }
        #expect(fields.isEmpty && reserved.isEmpty)
      }
    }
    #expect(compared > 300, "compared \(compared) fields")
  }
}
