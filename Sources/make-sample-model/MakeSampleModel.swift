import Foundation
import XModel

/// Writes a sample model: reads the description of a network and perhaps programs for it, compiles, writes the file.
@main
enum MakeSampleModel {
  /// Runs the tool: `make-sample-model DESCRIPTION.json MODEL.xmodel [PROGRAMS.asm]`.
  static func main() {
    let arguments = Array(CommandLine.arguments.dropFirst())
    guard 2...3 ~= arguments.count else {
      fail("usage: make-sample-model DESCRIPTION.json MODEL.xmodel [PROGRAMS.asm]", code: 2)
    }
    let (source, target) = (arguments[0], arguments[1])
    do {
      let json = try Data(contentsOf: URL(fileURLWithPath: source))
      let network = try JSONDecoder().decode(NetworkDescription.self, from: json)
      let programs = arguments.count == 3 ? try programs(in: arguments[2]) : nil
      let graph = try Compiler.graph(of: network, programs: programs)
      try graph.write(to: target)
      print("\(target): \(graph.operations.count) operations")
    } catch {
      fail("cannot make a model of \(source): \(error)", code: 1)
    }
  }

  private static func programs(in path: String) throws -> CompiledPrograms {
    try CompiledPrograms(String(contentsOf: URL(fileURLWithPath: path), encoding: .utf8))
  }

  private static func fail(_ message: String, code: Int32) -> Never {
    try? FileHandle.standardError.write(contentsOf: Data("make-sample-model: error: \(message)\n".utf8))
    exit(code)
  }
}
