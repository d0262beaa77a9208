import Foundation
import SimulatedDPU
import Testing
import XModel

struct ChromeTraceTests {
  private struct Trace: Decodable {
    struct Event: Decodable {
      struct Arguments: Decodable {
        let name: String?
        let instruction: Int?
        let cycles: Int?
        let bytes: Int?
        let superlayer: String?
      }
      let ph: String
      let pid: Int
      let tid: Int
      let name: String
      let ts: Double?
      let dur: Double?
      let args: Arguments
    }
    let otherData: [String: String]
    let traceEvents: [Event]

    init(_ trace: ChromeTrace) throws { self = try JSONDecoder().decode(Trace.self, from: Data(trace.text.utf8)) }

    var spans: [Event] { traceEvents.filter { $0.ph == "X" } }
    func names(_ kind: String) -> [String?] { traceEvents.filter { $0.name == kind }.map(\.args.name) }
  }

  private func prediction(_ instructions: [(Opcode, [InstructionField: Int], Engines, Engines)]) throws -> Prediction {
    let target = try DPUTarget(Fingerprint(0x100_0020_F601_4407))
    let code = try MachineCode(
      instructions.map { opcode, values, waitsFor, signals in
        let layout = try #require(ISA.isa0.layout(opcode))
        let fields = layout.fields.map { values[$0.name] ?? max(0, $0.range.lowerBound) }
        return Instruction(layout, waitsFor: waitsFor, signals: signals, values: fields)
      }, isa: .isa0)
    return try CycleModel(target: target).predict(code)
  }

  @Test("a span for each instruction that takes time, with its superlayer, programs one behind the other")
  func spans() throws {
    let load = (Opcode.load, [InstructionField.length: 15, .channel: 16], Engines(.load), Engines(.load))
    let end = (Opcode.end, [InstructionField: Int](), Engines(), Engines())
    let two = try prediction([load, load, end])
    var trace = ChromeTrace(notes: [("say", "a \"note\"")], megahertz: 300)
    trace.add(two, title: "a \"quoted\"\n name", superlayers: ["layer \\ one", nil, nil])
    trace.add(two, title: "again", superlayers: [nil, "b", nil])
    let file = try Trace(trace)
    #expect(file.otherData == ["say": "a \"note\""])
    #expect(file.names("process_name") == ["a \"quoted\"\n name (predicted)", "again (predicted)"])
    #expect(file.names("thread_name") == ["load", "load"])
    #expect(file.spans.map(\.name) == ["LOAD", "LOAD", "LOAD", "LOAD"])
    #expect(file.spans.map(\.pid) == [1, 1, 2, 2])
    #expect(file.spans.map(\.args.instruction) == [0, 1, 0, 1])
    #expect(file.spans.map(\.args.superlayer) == ["layer \\ one", nil, nil, "b"])
    #expect(file.spans.map(\.args.bytes) == [240, 240, 240, 240])
    #expect(file.spans.map(\.args.cycles) == [75, 75, 75, 75])
    #expect(file.spans.map(\.ts) == [0, 0.25, 0.5, 0.75])
    #expect(file.spans.map(\.dur) == [0.25, 0.25, 0.25, 0.25])
  }

  @Test("spans of one row never overlap: the second SAVE of a pair has a row of its own")
  func overlap() throws {
    let saves = Engines(.save)
    let fields: [InstructionField: Int] = [.length: 7, .channel: 16, .jumpWrite: 16]
    let pairs = try prediction([
      (.save, fields, saves, []), (.save, fields, [], saves), (.save, fields, saves, []), (.save, fields, [], saves),
      (.end, [:], [], []),
    ])
    var trace = ChromeTrace(notes: [], megahertz: 299.997)
    trace.add(pairs, title: "pairs", superlayers: [nil, nil, nil, nil, nil])
    let file = try Trace(trace)
    #expect(file.names("thread_name") == ["save", "save 2"])
    #expect(file.spans.map(\.tid) == [20, 21, 20, 21])
    for row in [20, 21] {
      let spans = file.spans.filter { $0.tid == row }
      for (one, next) in zip(spans, spans.dropFirst()) {
        let (start, duration, nextStart) = (try #require(one.ts), try #require(one.dur), try #require(next.ts))
        #expect(Int((start * 1000).rounded()) + Int((duration * 1000).rounded()) <= Int((nextStart * 1000).rounded()))
      }
    }
  }
}
