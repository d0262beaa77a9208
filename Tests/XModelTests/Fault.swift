import Testing
import XModel

/// Bytes that are not a good file, and what must be said of them.
struct Fault: CustomTestStringConvertible {
  let testDescription: String
  let bytes: [UInt8]
  let offset: Int
  var code = XModelError.Code.malformed
  let words: [String]

  init(_ name: String, _ bytes: [UInt8], at offset: Int, _ code: XModelError.Code = .malformed, _ words: String...) {
    testDescription = name
    self.bytes = bytes
    self.offset = offset
    self.code = code
    self.words = words
  }

  static let table: [Fault] = [
    Fault("empty file", [], at: 0, .malformed, "empty"),
    Fault("text", [UInt8]("{\"a\": 1}".utf8), at: 1, .malformed, "not an .xmodel"),
    Fault(
      "length overruns the file", [0x0A, 5, 0x61], at: 0, .malformed, "Graph, field graph_name: length 5", "1 bytes"),
    Fault(
      "length overruns its message", [0x0A, 1, 0x6E, 0x2A, 6, 0x0A, 1, 0x63, 0x2A, 0x7F, 0x00, 0x0A, 0], at: 8,
      .malformed, "Graph \"n\", OPNode \"c\", field output_tensor: length 127 overruns its message, which has 1 bytes"),
    Fault("length near Int.max", [0x0A] + maximalVarint, at: 0, .malformed, "length 18446744073709551615"),
    Fault(
      "varint of more than 64 bits", [0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x02], at: 0, .malformed,
      "64 bits"),
    Fault(
      "varint of 11 bytes", [UInt8](repeating: 0x80, count: 10) + [0x00], at: 0, .malformed, "64 bits"),
    Fault("varint cut off", [0x98, 0x06, 0x80], at: 2, .malformed, "field number 99", "varint", "1 bytes left"),
    Fault("8 bytes cut off", [0x99, 0x06, 1, 2, 3], at: 2, .malformed, "8 bytes", "3 bytes left"),
    Fault("4 bytes cut off", [0x9D, 0x06, 1, 2, 3], at: 2, .malformed, "4 bytes", "3 bytes left"),
    Fault("field number 0", [0x00, 0x00], at: 0, .malformed, "field number 0"),
    Fault("field number of 2^29", [0x80, 0x80, 0x80, 0x80, 0x10, 0x00], at: 0, .malformed, "number 536870912"),
    Fault("wire type 6", [0x0E], at: 0, .malformed, "wire type 6"),
    Fault("number where a name belongs", [0x08, 0x01], at: 0, .malformed, "graph_name", "wire type 0", "wire type 2"),
    Fault(
      "text where a number belongs", operationFile(tensor: [0x32, 0x01, 0x08]), at: 4, .malformed,
      "field tensor_bit_width: found wire type 2 (length and bytes), expected wire type 0"),
    Fault("number where a message belongs", [0x50, 0x01], at: 0, .malformed, "subg_root"),
    Fault("group end without begin", [0x9C, 0x06], at: 0, .malformed, "group"),
    Fault("group that never ends", [0x9B, 0x06, 0x08, 0x01], at: 4, .malformed, "varint"),
    Fault("group that another's end closes", [0x9B, 0x06, 0xA4, 0x06], at: 2, .malformed, "group 100", "group 99"),
    Fault(
      "groups without bottom", (0..<100).flatMap { _ in [0x9B, 0x06] as [UInt8] }, at: 128, .malformed, "64 deep"),
    Fault("invalid UTF-8", [0x0A, 0x02, 0xC3, 0x28], at: 2, .malformed, "graph_name", "UTF-8"),
    Fault(
      "int32 that needs more bits", operationFile(tensor: [0x28, 0x80, 0x80, 0x80, 0x80, 0x08]), at: 4, .malformed,
      "data_type", "2147483648 is out of range for Int32"),
    Fault(
      "packed numbers cut off", operationFile(tensor: [0x12, 0x02, 0x01, 0x80]), at: 7, .malformed, "tensor_dim",
      "varint"),
    Fault(
      "two tensors", [0x2A, 4, 0x2A, 0, 0x2A, 0], at: 4, .malformed, "OPNode, field output_tensor: occurs twice"),
    Fault("two roots", [0x52, 0, 0x52, 0], at: 2, .malformed, "subg_root: occurs twice"),
    Fault("no tensor", [0x2A, 3, 0x0A, 1, 0x63], at: 0, .invalid, "OPNode \"c\": has no output_tensor"),
    Fault(
      "two values in an attribute", [0x5A, 9, 0x0A, 1, 0x61, 0x12, 4, 0x20, 0, 0x28, 0], at: 9, .malformed,
      "attribute \"a\", field int32: a second value"),
    Fault(
      "list elements of the wrong wire type", [0x5A, 9, 0x12, 7, 0x72, 5, 0x0D, 1, 2, 3, 4], at: 6, .malformed,
      "attribute, field Int32Vec, field value: found wire type 5", "wire type 0"),
    Fault(
      "floats as varints", [0x5A, 7, 0x12, 5, 0x92, 0x01, 2, 0x08, 1], at: 7, .malformed,
      "attribute, field FloatVec, field value: found wire type 0", "wire type 5"),
    Fault(
      "tensor of 2^64 elements", operationFile(tensor: [0x12, 0x0A] + largeExtent + largeExtent), at: 2, .invalid,
      "Tensor, field tensor_dim: shape 4294967295x4294967295", "more than 1099511627776"),
    Fault(
      "tensor of 2^41 elements",
      operationFile(tensor: [0x12, 0x07, 0x80, 0x80, 0x40, 0x80, 0x80, 0x40, 0x02]), at: 2, .invalid,
      "shape 1048576x1048576x2 has more than"),
    Fault(
      "tensor of 17 axes", operationFile(tensor: [0x12, 17] + [UInt8](repeating: 1, count: 17)), at: 2, .invalid,
      "17 axes, expected at most 16"),
    Fault("subgraphs without bottom", nestedSubgraphs(65), at: 131, .invalid, "64 deep", "SubGraph, …, SubGraph"),
  ]

  static let largeExtent: [UInt8] = [0xFF, 0xFF, 0xFF, 0xFF, 0x0F]
  static let maximalVarint: [UInt8] = [UInt8](repeating: 0xFF, count: 9) + [0x01]

  /// A file of one operation without name whose tensor, at byte 4, has these bytes.
  static func operationFile(tensor: [UInt8]) -> [UInt8] {
    [0x2A, UInt8(tensor.count + 2), 0x2A, UInt8(tensor.count)] + tensor
  }

  /// A file of subgraphs in each other.
  static func nestedSubgraphs(_ depth: Int) -> [UInt8] {
    var subgraph = Subgraph(name: "")
    for _ in 1..<depth { subgraph = Subgraph(name: "", children: [subgraph]) }
    return Graph(name: "", root: subgraph).serialized()
  }
}
