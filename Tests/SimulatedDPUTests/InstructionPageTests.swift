import Foundation
import SimulatedDPU
import TestSupport
import Testing
import XModel

/// Keeps the tables of docs/dpu-isa.md and those of the code the same.
@Suite struct InstructionPageTests {
  /// The page as lines.
  private static func page() throws -> [Substring] {
    let file = Repository.root.appendingPathComponent("docs/dpu-isa.md")
    return String(decoding: try Data(contentsOf: file), as: UTF8.self).split(
      separator: "\n", omittingEmptySubsequences: false)
  }

  /// The cells of the table rows behind a line, up to the next heading, without the table's head.
  private static func rows(of page: [Substring], behind line: Int) -> [[String]] {
    let lines = page[(line + 1)...].prefix { !$0.hasPrefix("#") }.filter { $0.hasPrefix("|") }
    return lines.dropFirst(2).map { row in
      row.split(separator: "|", omittingEmptySubsequences: false).dropFirst().dropLast().map {
        $0.trimmingCharacters(in: .whitespaces)
      }
    }
  }

  /// A row of a table of fields, without its meaning.
  private struct Row: Equatable {
    let word: Int
    let lowest: Int
    let highest: Int
    let name: String
    let storage: String
  }

  /// What the table of an instruction has to say.
  private static func rows(of layout: InstructionLayout) -> [Row] {
    let fields = layout.fields.map { field in
      let storage =
        switch field.storage {
        case .plain: "v"
        case .minusOne: "v - 1"
        case .signed: "v, signed"
        }
      return Row(
        word: field.bits.word, lowest: field.bits.lowest, highest: field.bits.highest, name: "`\(field.name)`",
        storage: storage)
    }
    let reserved = layout.reserved.map {
      Row(word: $0.word, lowest: $0.lowest, highest: $0.highest, name: "-", storage: "0")
    }
    return (fields + reserved).sorted { ($0.word, $0.lowest) < ($1.word, $1.lowest) }
  }

  @Test("every instruction of both encodings stands on the page, once, bit by bit")
  func layouts() throws {
    let page = try Self.page()
    var seen: [String: Int] = [:]
    for (line, text) in page.enumerated() {
      guard let heading = text.wholeMatch(of: #/### (\w+), (ISA0|ISA1|ISA0 and ISA1): number (\d+), (\d+) words?/#)
      else { continue }
      let opcode = try #require(Opcode(rawValue: String(heading.1)))
      let rows = try Self.rows(of: page, behind: line).map { cells in
        let bits = try cells[1].split(separator: ":").map { try #require(Int($0)) }
        return Row(
          word: try #require(Int(cells[0])), lowest: try #require(bits.last), highest: try #require(bits.first),
          name: cells[2], storage: cells[3])
      }
      for isa in ISA.allCases where heading.2.contains(isa.description) {
        let layout = try #require(isa.layout(opcode), "\(text)")
        #expect(UInt32(heading.3) == layout.code, "\(text)")
        #expect(Int(heading.4) == layout.wordCount, "\(text)")
        #expect(rows == Self.rows(of: layout), "\(text)")
        seen["\(isa) \(opcode)", default: 0] += 1
      }
    }
    for isa in ISA.allCases {
      for layout in isa.layouts { #expect(seen["\(isa) \(layout.opcode)"] == 1, "\(isa) \(layout.opcode)") }
    }
  }

  @Test("engines have the bits and instructions of the page")
  func engines() throws {
    let page = try Self.page()
    let line = try #require(page.firstIndex(of: "## The core"))
    let rows = Self.rows(of: page, behind: line)
    #expect(rows.count == Engine.allCases.count)
    for (row, engine) in zip(rows, Engine.allCases) {
      #expect(row[0] == "`\(engine)`")
      #expect(Int(row[1]) == engine.rawValue)
      let names = Opcode.allCases.filter { $0.engine == engine }.map(\.rawValue)
      #expect(Set(row[2].components(separatedBy: ", ")) == Set(names))
    }
  }

  @Test("arrays have the size of the page")
  func arrays() throws {
    let page = try Self.page()
    let line = try #require(page.firstIndex(of: "### Banks"))
    let head = try #require(page[line...].first { $0.hasPrefix("| array") })
    let names = head.split(separator: "|").dropFirst().dropLast(0).map { $0.trimmingCharacters(in: .whitespaces) }
    let rows = Self.rows(of: page, behind: line)
    #expect(names.filter { !$0.isEmpty }.count == 8)
    for (index, name) in names.enumerated() where !name.isEmpty {
      let array = try #require(Fingerprint(0x100_0020_F601_4400 | UInt64(index)).array)
      #expect(name == "\(index) \(array.name)")
      #expect(Int(rows[0][index + 1]) == array.pixelParallelism, "\(name)")
      #expect(Int(rows[1][index + 1]) == array.inputChannelParallelism, "\(name)")
      #expect(array.inputChannelParallelism == array.outputChannelParallelism)
    }
  }

  @Test("the error kinds that the page lists are those that there are")
  func errors() throws {
    let page = try Self.page()
    let line = try #require(page.firstIndex(of: "## What the simulator refuses"))
    let named = Self.rows(of: page, behind: line).flatMap { row in
      row[0].components(separatedBy: ", ").map { $0.trimmingCharacters(in: CharacterSet(charactersIn: "`")) }
    }
    let program: [ProgramError.Code] = [
      .unknownOpcode, .reservedBits, .truncated, .afterEnd, .deadlock, .openTokens, .invalid, .unsupported,
    ]
    let fault: [CoreFault.Code] = [.fetch, .register, .address]
    #expect(named == program.map(\.rawValue) + fault.map(\.rawValue))
  }
}
