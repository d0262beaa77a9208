import SimulatedDPU
import XModel

/// The programs of a network for one core, read from a file of program text.
///
/// A line that begins with a point says what follows: `.target FINGERPRINT NAME` once and first, then `.subgraph` before
/// the program of the whole subgraph, and `.superlayer NAME` before that of one superlayer. `#` begins a comment.
package struct CompiledPrograms {
  /// The core that the programs are for.
  let fingerprint: Fingerprint
  /// The name of the core's configuration.
  let targetName: String
  /// The code of the subgraph.
  let subgraph: [UInt8]
  /// The code of superlayers by their names.
  let superlayers: [String: [UInt8]]

  /// Reads and assembles the programs.
  ///
  /// - Throws: `DescriptionError` for a directive that is not understood or missing, and for text that is no program.
  package init(_ text: String) throws(DescriptionError) {
    var sections = Sections()
    for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
      try sections.take(line, number: index + 1)
    }
    guard let (fingerprint, name) = sections.target else {
      throw DescriptionError("the programs begin without .target FINGERPRINT NAME")
    }
    guard let isa = ISA(fingerprint) else {
      throw DescriptionError("cannot assemble for \(fingerprint), expected a DPUCZDX8G of ISA0 or ISA1")
    }
    var programs: [String: [UInt8]] = [:]
    for (name, text) in sections.texts {
      do throws(ProgramError) {
        programs[name] = try MachineCode(assembling: text, isa: isa).encoded
      } catch {
        throw DescriptionError("the program \"\(name)\": \(error)")
      }
    }
    guard let subgraph = programs.removeValue(forKey: ".subgraph") else {
      throw DescriptionError("the programs have no section .subgraph")
    }
    self.fingerprint = fingerprint
    targetName = name
    self.subgraph = subgraph
    superlayers = programs
  }
}

/// The sections of a file of program text.
private struct Sections {
  private(set) var target: (Fingerprint, String)?
  private(set) var texts: [String: String] = [:]
  private var name: String?

  mutating func take(_ line: Substring, number: Int) throws(DescriptionError) {
    guard line.hasPrefix(".") else {
      // The number of lines stays that of the file, so that the assembler's errors name the right one.
      if let name { texts[name]? += line + "\n" }
      let words = line.prefix { $0 != "#" }
      if name == nil, words.contains(where: { !$0.isWhitespace }) {
        throw DescriptionError("line \(number): found \"\(line)\" before .subgraph or .superlayer NAME")
      }
      return
    }
    let words = line.split(separator: " ").map(String.init)
    switch (words.first, words.count) {
    case (".target", 3) where target == nil && fingerprint(words[1]) != nil:
      target = fingerprint(words[1]).map { ($0, words[2]) }
    case (".subgraph", 1): try begin(".subgraph", at: number)
    case (".superlayer", 2): try begin(words[1], at: number)
    default:
      throw DescriptionError(
        "line \(number): found \"\(line)\", expected .target FINGERPRINT NAME (once), .subgraph or .superlayer NAME")
    }
  }

  private func fingerprint(_ text: String) -> Fingerprint? {
    guard text.hasPrefix("0x") else { return nil }
    return UInt64(text.dropFirst(2), radix: 16).map { Fingerprint($0) }
  }

  private mutating func begin(_ section: String, at line: Int) throws(DescriptionError) {
    guard texts[section] == nil else { throw DescriptionError("line \(line): \(section) stands here a second time") }
    name = section
    texts[section] = String(repeating: "\n", count: line)
  }
}
