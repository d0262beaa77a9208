/// Predictions as a file for the trace viewers of Chrome and Perfetto: a process for each program, a row for each engine.
///
/// | field | content |
/// |---|---|
/// | `ph` | `X`, a span; `M`, the name or place of a process or row |
/// | `ts`, `dur` | start and length in microseconds, whole nanoseconds |
/// | `pid` | the number of the program, from 1; each starts where the one before it ends |
/// | `tid` | 10 load, 20 save, 30 conv, 40 misc; one more for what overlaps, such as the second SAVE of a pair |
/// | `name` | the instruction |
/// | `args` | its number, its cycles, the bytes that it moves, the superlayer that it belongs to |
///
/// - Source: the Trace Event Format of the Chromium project, by which spans of one row must not overlap in part.
package struct ChromeTrace {
  private let megahertz: Double
  private let notes: [(name: String, text: String)]
  private var events: [String] = []
  private var programCount = 0
  private var startCycle = 0

  /// Makes an empty trace.
  ///
  /// - Parameters:
  ///   - notes: What the file says of itself under `otherData`.
  ///   - megahertz: The clock.
  package init(notes: [(name: String, text: String)], megahertz: Double) {
    self.notes = notes
    self.megahertz = megahertz
  }

  /// Adds a program behind the others. INITs and END, which take no time, are left out.
  ///
  /// - Parameters:
  ///   - title: What was predicted; the name of the process in the viewer.
  ///   - superlayers: The superlayer of each instruction, `nil` where it is shared.
  package mutating func add(_ prediction: Prediction, title: String, superlayers: [String?]) {
    programCount += 1
    name("process", row: 0, "\(title) (predicted)")
    var rowEnds = [[Int]](repeating: [], count: Engine.allCases.count)
    for (index, step) in prediction.steps.enumerated() where step.end > step.start {
      let engine = step.engine
      let lane = rowEnds[engine.rawValue].firstIndex { $0 <= step.start } ?? rowEnds[engine.rawValue].count
      let row = 10 * (engine.rawValue + 1) + lane
      if lane == rowEnds[engine.rawValue].count {
        rowEnds[engine.rawValue].append(0)
        name("thread", row: row, lane == 0 ? "\(engine)" : "\(engine) \(lane + 1)")
      }
      rowEnds[engine.rawValue][lane] = step.end
      var arguments = #""instruction":\#(index),"cycles":\#(step.end - step.start)"#
      if step.byteCount > 0 { arguments += #","bytes":\#(step.byteCount)"# }
      if let superlayer = superlayers[index] { arguments += #","superlayer":\#(quoted(superlayer))"# }
      let start = nanoseconds(startCycle + step.start)
      let duration = nanoseconds(startCycle + step.end) - start
      events.append(
        #"{"ph":"X","pid":\#(programCount),"tid":\#(row),"name":"\#(step.opcode)","ts":\#(microseconds(start)),"#
          + #""dur":\#(microseconds(duration)),"args":{\#(arguments)}}"#)
    }
    startCycle += prediction.cycles
  }

  /// The file.
  package var text: String {
    let notes = notes.map { "\(quoted($0.name)):\(quoted($0.text))" }.joined(separator: ",")
    return #"{"displayTimeUnit":"ns","otherData":{\#(notes)},"traceEvents":["# + "\n"
      + events.joined(separator: ",\n") + "\n]}\n"
  }

  private mutating func name(_ kind: String, row: Int, _ name: String) {
    let place = #""ph":"M","pid":\#(programCount),"tid":\#(row)"#
    events.append(#"{\#(place),"name":"\#(kind)_name","args":{"name":\#(quoted(name))}}"#)
    let order = kind == "process" ? programCount : row
    events.append(#"{\#(place),"name":"\#(kind)_sort_index","args":{"sort_index":\#(order)}}"#)
  }

  private func nanoseconds(_ cycle: Int) -> Int { Int(Double(cycle) * 1000 / megahertz + 0.5) }

  private func microseconds(_ nanoseconds: Int) -> String {
    "\(nanoseconds / 1000)." + String(1000 + nanoseconds % 1000).dropFirst()
  }

  private func quoted(_ text: String) -> String {
    var result = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"", "\\": result += "\\\(scalar)"
      case "\u{0}"..<"\u{20}":
        let digits = String(scalar.value, radix: 16)
        result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result + "\""
  }
}
