import Tensors
import Vision
import XModel

extension ModelReport {
  /// The report for a person.
  ///
  /// - Parameter heading: Marks a heading, with a colour where there is one.
  func text(isVerbose: Bool, heading: (String) -> String) -> String {
    var lines = [heading(path.printable)]
    lines += HelpText.columns(facts(isVerbose: isVerbose), width: .max)
    lines += ["", heading("Inputs")] + Self.table(inputs)
    lines += ["", heading("Outputs")] + Self.table(outputs)
    lines += ["", heading("Card")] + HelpText.columns(cardFacts, width: .max)
    lines += ["", heading("Subgraphs")] + subgraphTable
    for subgraph in subgraphs {
      if let program = subgraph.program { lines += describe(subgraph, program, heading) }
    }
    lines += ["", heading("Operations")] + operationTable
    return lines.joined(separator: "\n")
  }

  private func facts(isVerbose: Bool) -> [(String, String)] {
    var facts = [("size", "\(byteCount.grouped) bytes"), ("sha256", sha256)]
    if !graphName.isEmpty { facts.append(("graph", graphName.printable)) }
    if let origin { facts.append(("origin", origin.printable)) }
    // Libraries that the compiler pulled in are named behind it: "xcompiler.1.4.1 : xir.1.4.1".
    let main = compilers.filter { isVerbose || !$0.library.contains(" : ") }
    for compiler in main.isEmpty ? compilers : main {
      facts.append(("compiler", compiler.library.printable + (isVerbose ? " \(compiler.revision.printable)" : "")))
    }
    for source in sources { facts.append(("made from", "\(source.path.printable) (md5 \(source.md5.printable))")) }
    let work = Double(multiplyAccumulates)
    let amount = work >= 1e7 ? "\((work / 1e9).formatted(decimals: 3)) G" : "\((work / 1e6).formatted(decimals: 3)) M"
    facts.append(("work", "\(amount) multiply-accumulates per frame"))
    facts.append(("constants", "\(constantElements.grouped) weights and other numbers"))
    return facts
  }

  private var cardFacts: [(String, String)] {
    if let cardProblem { return [("unusable", cardProblem.printable)] }
    guard let card else { return [("none", "'dpu run' takes NPY input of the model's shape only")] }
    var facts = [("card", card.line), ("task", card.card.task.rawValue), ("input", card.card.preprocessing)]
    if !card.card.labels.isEmpty {
      facts.append(("labels", card.card.labels.map(\.printable).joined(separator: ", ")))
    }
    if !card.card.source.isEmpty { facts.append(("source", card.card.source.printable)) }
    facts += card.card.assumed.map { ("assumed", $0.printable) }
    return facts
  }

  private static func table(_ ports: [Port]) -> [String] {
    var table = TextTable([("name", .left), ("shape", .left), ("type", .left), ("fix point", .right), ("range", .left)])
    for port in ports {
      let range = port.fixPoint.map { "\($0.dequantize(.min)) to \($0.dequantize(.max))" } ?? ""
      let point = port.fixPoint?.description ?? ""
      table.add([port.name.printable, port.shape.description, port.elementType, point, range])
    }
    return table.lines(indent: 2)
  }

  private var subgraphTable: [String] {
    var table = TextTable([
      ("#", .right), ("device", .left), ("operations", .right), ("MMAC", .right), ("constants", .right),
      ("name", .left),
    ])
    for subgraph in subgraphs {
      table.add([
        String(subgraph.index), subgraph.kind.label, String(subgraph.operationCount),
        (Double(subgraph.multiplyAccumulates) / 1e6).formatted(decimals: 3), subgraph.constantElements.grouped,
        subgraph.name.printable,
      ])
    }
    return table.lines(indent: 2)
  }

  private func describe(
    _ subgraph: Subgraph, _ program: CompiledProgram, _ heading: (String) -> String
  ) -> [String] {
    var facts: [(String, String)] = []
    facts.append(("target", program.target.isEmpty ? "not named" : program.target.printable))
    if let fingerprint = subgraph.fingerprint {
      facts.append(("fingerprint", fingerprint.hexadecimal))
      facts.append(("", fingerprint.description))
      if let array = fingerprint.array {
        facts.append(("", "\(array.peakOperationsPerCycle) operations per cycle at most"))
      }
    } else {
      facts.append(("fingerprint", "none: not compiled for a core, runs on the software device only"))
    }
    facts.append(("code", program.code.count == 0 ? "none" : "\(program.code.count.grouped) bytes"))
    if let workload = program.workload { facts.append(("workload", "\(workload) operations, as the compiler counts")) }
    for region in subgraph.regions {
      let context = region.context.isEmpty ? "" : " \(region.context.printable)"
      facts.append(("REG_\(region.register)", "\(region.byteCount.grouped) bytes\(context)"))
    }
    return ["", heading("Program of subgraph \(subgraph.index)")] + HelpText.columns(facts, width: .max)
  }

  private var operationTable: [String] {
    var table = TextTable([
      ("subgraph", .right), ("device", .left), ("type", .left), ("shape", .left), ("fix point", .right),
      ("MMAC", .right), ("name", .left),
    ])
    for line in lines {
      let work = line.multiplyAccumulates
      table.add([
        String(line.subgraph), line.device, line.type.printable, line.port.shape.description,
        line.port.fixPoint?.description ?? line.port.elementType,
        work == 0 ? "" : (Double(work) / 1e6).formatted(decimals: 3), line.port.name.printable,
      ])
    }
    return table.lines(indent: 2)
  }
}
