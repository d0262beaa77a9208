import Foundation
import Tensors
import TestSupport
import Testing
import XModel

/// Whatever is done to a file, reading gives a typed error or a graph that can be written and read again.
@Suite struct DamageTests {
  @Test("a file cut at any byte gives an error, unless the cut falls between its outermost fields")
  func truncation() throws {
    let graph = SampleGraphs.everyAttribute()
    let bytes = graph.serialized()
    var wholeFields = 0
    for count in 0..<bytes.count {
      let result = outcome(of: Array(bytes[..<count]))
      if let error = result.error {
        #expect(error.code == .malformed, "cut at \(count): \(error)")
        #expect((error.byteOffset ?? -1) <= count && error.byteOffset != nil, "cut at \(count): \(error)")
      } else {
        wholeFields += 1
      }
    }
    // Name, seven operations, root and attributes but the last: protobuf has no length of the whole.
    #expect(wholeFields == 1 + graph.operations.count + 1 + graph.attributes.names.count - 1)
  }

  @Test("a compiled file cut between its fields never passes for another model")
  func truncatedModels() throws {
    let graph = SampleGraphs.compiled()
    let bytes = graph.serialized()
    for count in 0..<bytes.count {
      guard let part = outcome(of: Array(bytes[..<count])).graph else { continue }
      let error = failure { () throws(XModelError) in _ = try Model(graph: part, path: "cut") }
      // Only the graph's own attributes, which come last and change no result, may be missing.
      #expect(error != nil || (part.root == graph.root && part.operations == graph.operations), "cut at \(count)")
    }
  }

  @Test("flipped bits give an error or another good file, never a crash")
  func bitFlips() throws {
    let seed: UInt64 = 20_260_101
    var random = SeededGenerator(seed: seed)
    var errors = 0
    for (_, graph) in SampleGraphs.all() {
      let original = graph.serialized()
      for bit in 0..<original.count * 8 {
        var bytes = original
        bytes[bit / 8] ^= 1 << (bit % 8)
        errors += outcome(of: bytes).error == nil ? 0 : 1
      }
      for _ in 0..<2000 {
        var bytes = original
        for _ in 0..<Int.random(in: 2...8, using: &random) {
          bytes[Int.random(in: bytes.indices, using: &random)] = UInt8.random(in: 0...255, using: &random)
        }
        errors += outcome(of: bytes).error == nil ? 0 : 1
      }
    }
    #expect(errors > 1000, "seed \(seed)")
  }

  @Test("the fuzzer's corpus, with every input that ever made it stop, reads or fails in order")
  func corpus() throws {
    let files = try FileManager.default.contentsOfDirectory(
      at: DamageTests.corpusFolder, includingPropertiesForKeys: nil)
    #expect(files.count >= SampleGraphs.all().count)
    for file in files { _ = outcome(of: [UInt8](try Data(contentsOf: file))) }
  }

  @Test(
    "the fuzzer's seeds are the sample graphs; DPU_UPDATE_FIXTURES writes them",
    arguments: SampleGraphs.all().map(\.name))
  func seeds(name: String) throws {
    let graph = try SampleGraphs.named(name)
    let file = DamageTests.corpusFolder.appendingPathComponent("seed-\(name)")
    if ProcessInfo.processInfo.environment["DPU_UPDATE_FIXTURES"] != nil {
      try FileManager.default.createDirectory(at: DamageTests.corpusFolder, withIntermediateDirectories: true)
      try Data(graph.serialized()).write(to: file)
    }
    #expect(try [UInt8](Data(contentsOf: file)) == graph.serialized())
  }

  static let corpusFolder = Repository.root.appendingPathComponent("Tests/Fixtures/xmodel-corpus")

  /// Reads, links, writes and reads again; what can be read must come back the same.
  private func outcome(of bytes: [UInt8]) -> (graph: Graph?, error: XModelError?) {
    do throws(XModelError) {
      let graph = try Graph(reading: Bytes(bytes))
      let again = try Graph(reading: Bytes(graph.serialized()))
      // Not inside the macro, which would spell out both graphs.
      if again != graph { Issue.record("\(bytes.count) bytes read, written and read again differ") }
      do throws(XModelError) {
        _ = try Model(graph: graph, path: "test")
      } catch {
        #expect(error.code == .invalid || error.code == .unsupported)
      }
      return (graph, nil)
    } catch {
      return (nil, error)
    }
  }
}
