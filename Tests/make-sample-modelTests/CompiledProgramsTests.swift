import Foundation
import SimulatedDPU
import TestSupport
import Testing
import XModel
import make_sample_model

@Suite struct CompiledProgramsTests {
  @Test("the compiled files in the repository are what their network and programs give", arguments: ["b1024", "b4096"])
  func repositoryFiles(name: String) throws {
    let folder = Repository.root.appendingPathComponent("sample/compiled")
    let network = try JSONDecoder().decode(
      NetworkDescription.self, from: Data(contentsOf: folder.appendingPathComponent("network.json")))
    let text = try String(contentsOf: folder.appendingPathComponent("\(name).asm"), encoding: .utf8)
    let graph = try Compiler.graph(of: network, programs: CompiledPrograms(text))
    let file = try Data(contentsOf: folder.appendingPathComponent("\(name).xmodel"))
    #expect(Data(graph.serialized()) == file)
    let model = try Model(graph: graph, path: name)
    let program = try #require(model.partitions[1].program)
    #expect(program.fingerprint != nil)
    // Code for the whole and for each of the five superlayers.
    #expect(program.code.count > 0)
    let root = try #require(graph.root)
    let children = root.children[1].children
    #expect(children.filter { $0.attributes["mc_code"] != nil }.count == 5)
  }

  @Test(
    "what is no list of programs is refused with its line",
    arguments: [
      (".subgraph\nEND dpdon=save dpdby=save", "begin without .target"),
      (".target 12 B\n.subgraph\nEND", "line 1"),
      (".target 0x101000016010402 B\n.target 0x101000016010402 B\n.subgraph\nEND", "line 2"),
      (".target 0x201000016010402 B\n.subgraph\nEND", "cannot assemble"),
      (".target 0x101000016010402 B\nEND\n.subgraph\nEND", "line 2"),
      (".target 0x101000016010402 B\n.subgraph\nEND\n.subgraph\nEND", "line 4"),
      (".target 0x101000016010402 B\n.subgraph\nEND\n.superlayer\nEND", "line 4"),
      (".target 0x101000016010402 B\n.superlayer a\nEND", "no section .subgraph"),
      (".target 0x101000016010402 B\n.subgraph\nPOOLS\nEND", "line 3"),
    ])
  func refusals(text: String, words: String) throws {
    do throws(DescriptionError) {
      _ = try CompiledPrograms(text)
      Issue.record("accepted")
    } catch {
      #expect(error.description.contains(words), "\(error)")
    }
  }

  @Test("programs for a superlayer that the network does not have are refused")
  func unknownSuperlayer() throws {
    let programs = try CompiledPrograms(
      ".target 0x101000016010402 B\n.subgraph\nEND\n.superlayer subgraph_other\nEND")
    let folder = Repository.root.appendingPathComponent("sample/compiled")
    let network = try JSONDecoder().decode(
      NetworkDescription.self, from: Data(contentsOf: folder.appendingPathComponent("network.json")))
    do throws(DescriptionError) {
      _ = try Compiler.graph(of: network, programs: programs)
      Issue.record("accepted")
    } catch {
      #expect(error.description.contains("\"subgraph_other\""))
    }
  }
}
