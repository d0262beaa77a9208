import Foundation
import XModel

/// Writes the sample model: reads the description that the training script makes, compiles it, writes the file.
@main
enum MakeSampleModel {
  /// Runs the tool: `make-sample-model DESCRIPTION.json MODEL.xmodel`.
  static func main() {
    let arguments = CommandLine.arguments.dropFirst()
    guard arguments.count == 2, let source = arguments.first, let target = arguments.last else {
      fail("usage: make-sample-model DESCRIPTION.json MODEL.xmodel", code: 2)
    }
    do {
      let json = try Data(contentsOf: URL(fileURLWithPath: source))
      let network = try JSONDecoder().decode(NetworkDescription.self, from: json)
      let graph = try Compiler.graph(of: network)
      try graph.write(to: target)
      print("\(target): \(graph.operations.count) operations")
    } catch {
      fail("cannot make a model of \(source): \(error)", code: 1)
    }
  }

  private static func fail(_ message: String, code: Int32) -> Never {
    try? FileHandle.standardError.write(contentsOf: Data("make-sample-model: error: \(message)\n".utf8))
    exit(code)
  }
}
