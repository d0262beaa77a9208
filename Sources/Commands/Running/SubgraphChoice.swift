import XModel

/// A DPU subgraph of a model and its number among the DPU subgraphs, counted from 0.
struct SubgraphChoice {
  /// The number.
  let number: Int
  /// The subgraph.
  let partition: Partition

  /// The option that names a number.
  static func option(_ summary: String) -> Option { Option("subgraph", takes: .integer("I", 0...Int.max), summary) }

  /// All DPU subgraphs of a model, or the one of a number.
  ///
  /// - Parameter command: The command's name, for the message.
  /// - Throws: A `CommandError` where there is none, or not that one.
  static func choices(
    in model: Model, _ number: Int?, for command: String
  ) throws(CommandError) -> [SubgraphChoice] {
    let all = model.partitions.filter { $0.kind == .dpu }.enumerated().map {
      SubgraphChoice(number: $0.offset, partition: $0.element)
    }
    guard !all.isEmpty else {
      throw CommandError(.invalidInput, "\(model.path): the model has no DPU subgraph; compile it first")
    }
    guard let number else { return all }
    guard number < all.count else {
      throw CommandError(
        .usage,
        "\(command): there is no DPU subgraph \(number) in \(model.path), which has \(all.count), counted from 0")
    }
    return [all[number]]
  }

  /// The instructions of the subgraph.
  ///
  /// - Throws: A `CommandError` where the file has none.
  func code(in model: Model) throws(CommandError) -> Bytes {
    guard let code = partition.program?.code, code.count > 0 else {
      throw CommandError(
        .invalidInput,
        "\(model.path): \(title) has no instructions (mc_code): the file is made for the software device; compile the "
          + "quantized model with vai_c")
    }
    return code
  }

  /// The subgraph in words.
  var title: String { "DPU subgraph \(number) \"\(partition.name.printable)\"" }
}
