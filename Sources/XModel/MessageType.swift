/// The messages of the file format and the names of their fields, as errors show them.
///
/// - Source: docs/xmodel-format.md.
enum MessageType: String {
  case graph = "Graph"
  case operation = "OPNode"
  case argument = "OpArg"
  case tensor = "Tensor"
  case subgraph = "SubGraph"
  case attribute = "attribute"
  case attributeValue = "AttrValue"
  case list = "list of values"
  case map = "map of values"
  case mapEntry = "entry of a map"

  /// The name of a field, or its number if the schema does not name it.
  func fieldName(_ number: Int) -> String {
    let name: String? =
      switch (self, number) {
      case (.graph, 1): "graph_name"
      case (.graph, 5): "op_node"
      case (.graph, 10): "subg_root"
      case (.graph, 11): "graph_attr"
      case (.graph, 101): "op_defs"
      case (.operation, 1): "op_name"
      case (.operation, 2): "op_type"
      case (.operation, 3): "op_attr"
      case (.operation, 4): "args"
      case (.operation, 5): "output_tensor"
      case (.argument, 1): "arg_name"
      case (.argument, 2): "arg_ops"
      case (.tensor, 1): "tensor_name"
      case (.tensor, 2): "tensor_dim"
      case (.tensor, 5): "data_type"
      case (.tensor, 6): "tensor_bit_width"
      case (.tensor, 10): "tensor_attr"
      case (.subgraph, 1): "subgraph_name"
      case (.subgraph, 3): "op_name"
      case (.subgraph, 5): "subg_attr"
      case (.subgraph, 10): "subg_child"
      case (.attribute, 1), (.mapEntry, 1): "key"
      case (.attribute, 2), (.mapEntry, 2), (.list, 1), (.map, 1): "value"
      case (.attributeValue, 4...32): MessageType.alternativeNames[number - 4]
      default: nil
      }
    return name ?? "number \(number)"
  }

  private static let alternativeNames = [
    "bool", "int32", "uint32", "int64", "uint64", "float", "double", "string", "Bytes", "BoolVec", "Int32Vec",
    "Uint32Vec", "Int64Vec", "Uint64Vec", "FloatVec", "DoubleVec", "StringVec", "BytesVec", "MapString2Int32",
    "MapString2Uint32", "MapString2Int64", "MapString2Uint64", "MapString2String", "MapString2Bytes",
    "MapString2Int32Vec", "MapString2Uint32Vec", "MapString2Int64Vec", "MapString2Uint64Vec", "MapString2StringVec",
  ]
}
