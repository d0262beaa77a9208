import JSONValues
import SimulatedDPU
import Vision
import XModel

/// `dpu disasm`: shows a model's instructions.
enum DisasmCommand: Command {
  static let table = CommandTable(
    name: "disasm", summary: "shows the instructions of a compiled model, each with its named fields",
    operands: [Operand("MODEL", "a compiled .xmodel file")],
    options: [
      SubgraphChoice.option("shows DPU subgraph I only, counted from 0"),
      Option("superlayer", takes: .text("NAME"), "shows a superlayer's own code instead"),
      Option("list", short: "l", "lists the DPU subgraphs and superlayers that have code, and no instructions"),
    ],
    examples: [
      .init("disasm model.xmodel | less", "shows the program of every DPU subgraph"),
      .init("disasm model.xmodel --list", "shows what code the file has, with the names of superlayers"),
      .init("disasm model.xmodel --superlayer subgraph_conv1", "shows the code that runs one superlayer alone"),
    ],
    notes: [
      "A line for each instruction: its number, its kind, the engines it waits for (dpdon) and signals (dpdby), and its "
        + "fields as values. Lines that begin with # are comments. What the fields mean is in docs/dpu-isa.md.",
      "Superlayers have code of their own in files of compilers up to 2.5. It is not part of the subgraph's program, which "
        + "is another one for the same work.",
    ])

  static func run(_ arguments: Arguments, _ console: Console) throws -> ExitCode {
    let name = arguments.text("superlayer")
    let number = arguments.integer("subgraph")
    guard name == nil || number == nil else {
      throw CommandError(.usage, "disasm: --superlayer names one of any subgraph; don't give --subgraph too")
    }
    guard name == nil || !arguments.flag("list") else {
      throw CommandError(.usage, "disasm: --list shows the names of superlayers; don't give --superlayer too")
    }
    let model = try Model(path: arguments.operands[0])
    let choices = try SubgraphChoice.choices(in: model, number, for: "disasm")
    if arguments.flag("list") {
      let list = CodeList(model, choices)
      try console.print(console.isJSON ? list.json.text : list.text)
      return .success
    }
    let listings =
      try name.map { [try superlayer($0, of: model, choices)] }
      ?? choices.map { try Listing(model, $0, bytes: $0.code(in: model)) }
    if console.isJSON {
      let path = JSONValue.string(model.path).text
      try console.write("{\"schema\": \"dpu.disasm/1\", \"model\": \(path), \"programs\": [\n")
      for (index, listing) in listings.enumerated() {
        if index > 0 { try console.write(",\n") }
        try listing.writeJSON { try console.write($0) }
      }
      try console.write("]}\n")
    } else {
      for (index, listing) in listings.enumerated() {
        if index > 0 { try console.write("\n") }
        try listing.writeText { try console.write($0) }
      }
    }
    return .success
  }

  /// The code of one superlayer.
  private static func superlayer(
    _ name: String, of model: Model, _ choices: [SubgraphChoice]
  ) throws(CommandError) -> Listing {
    var names: [String] = []
    for choice in choices {
      let superlayers = model.superlayers(of: choice.partition)
      names += superlayers.map(\.name)
      guard let found = superlayers.first(where: { $0.name == name }) else { continue }
      guard let code = found.code else {
        throw CommandError(
          .invalidInput,
          "\(model.path): \(Listing.title(of: choice, name)) has no code of its own: \(CodeList.reason(for: found))")
      }
      return try Listing(model, choice, superlayer: name, bytes: code)
    }
    guard !names.isEmpty else {
      throw CommandError(.invalidInput, "\(model.path): the file lists no superlayers; leave --superlayer out")
    }
    let near = NearMiss.find(name, among: names).map { "; did you mean '\($0.printable)'?" } ?? ""
    throw CommandError(
      .usage, "disasm: \(model.path) has no superlayer '\(name)'\(near) (--list shows all \(names.count))")
  }
}
