import Foundation
import Glibc
import TestSupport
import Testing

@Suite struct LiveScreenTests {
  /// What was drawn at one time.
  private struct Drawing {
    /// Whether all was wiped first.
    let isAnew: Bool
    /// How many lines higher it begins.
    let back: Int?
    /// The lines without control sequences.
    let lines: [String]
    /// What was printed behind it as plain lines.
    let plain: String
  }

  private static let wiping = "\u{1B}[H\u{1B}[2J"

  private static func drawings(_ text: String) -> [Drawing] {
    text.components(separatedBy: "\u{1B}[?7l").dropFirst().map { piece in
      let parts = piece.components(separatedBy: "\u{1B}[?7h")
      let isAnew = parts[0].hasPrefix(wiping)
      let digits = parts[0].dropFirst(2).prefix { $0.isNumber }
      let back = parts[0].hasPrefix("\u{1B}[\(digits)A") ? Int(digits) : nil
      let lines = parts[0].components(separatedBy: "\n").dropLast().map { line in
        // Behind ESC [ up to the first letter are the sequences.
        line.components(separatedBy: "\u{1B}[").enumerated().map { index, run in
          index == 0 ? run : String(run.drop { !$0.isLetter }.dropFirst())
        }.joined()
      }
      return Drawing(isAnew: isAnew, back: isAnew ? nil : back, lines: lines, plain: parts.last ?? "")
    }
  }

  @Test("numbers stay in place and within the screen while its size changes; a tiny one gets plain lines")
  func resizing() throws {
    try TemporaryFolder.with { scratch in
      let recording = scratch.appendingPathComponent("screen")
      try Data().write(to: recording)
      let screen = try Screen(recordingTo: recording)
      let program = try StartedProgram(
        [
          "live", RunTests.model, "--folder", RunTests.pictures, "--loop", "--rate", "30", "--no-power",
          "--color=always",
        ], environment: ["TERM": "xterm"], scratch: scratch,
        standardOutput: dup(screen.programSide.fileDescriptor))
      // A terminal puts a carriage return before each new line, and Swift takes both for one letter.
      func text() -> String {
        String(decoding: ((try? Data(contentsOf: recording)) ?? Data()).filter { $0 != 13 }, as: UTF8.self)
      }
      let sizes = [(100, 30), (30, 30), (100, 6), (15, 30), (21, 10), (100, 30)]
      for (columns, rows) in sizes {
        let before = text().utf8.count
        screen.resize(columns: columns, rows: rows)
        let isShown = program.waits {
          let new = String(decoding: text().utf8.dropFirst(before), as: UTF8.self)
          return columns < 20 ? new.contains(" frames/s, p50 ") : Self.drawings(new).count > 3
        }
        #expect(isShown, "\(columns) x \(rows): \(program.messages)")
      }
      program.send(SIGINT)
      #expect(program.code() == 130)
      screen.finish()

      let drawings = Self.drawings(text())
      let drawn = sizes.filter { $0.0 >= 20 }
      var step = 0
      for (number, drawing) in drawings.enumerated() {
        let before = number > 0 ? drawings[number - 1] : nil
        if drawing.isAnew || before?.plain.contains(" frames/s") == true { step += 1 }
        try #require(step < drawn.count)
        let (columns, rows) = drawn[step]
        #expect(drawing.lines.count <= rows - 1 && drawing.lines.count >= min(5, rows - 1))
        let widest = drawing.lines.map(\.count).max() ?? 0
        #expect(columns < 40 ? widest == columns - 1 : widest < columns, "\(drawing.lines)")
        if let before, !drawing.isAnew, before.plain.isEmpty {
          #expect(drawing.back == before.lines.count, "as many lines back as were drawn")
        } else if !drawing.isAnew {
          #expect(drawing.back == nil, "below what is printed all begins anew")
        }
      }
      #expect(step == drawn.count - 1)
      #expect(drawings.filter { $0.plain.contains(" frames/s") }.allSatisfy { !$0.plain.contains("\u{1B}") })
    }
  }
}
