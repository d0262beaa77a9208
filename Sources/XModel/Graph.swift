package import Tensors

/// A whole `.xmodel` as it stands in the file: operations, the tree of subgraphs, and attributes.
package struct Graph: Equatable, Sendable {
  /// The name of the graph.
  package var name: String
  /// The operations, in the order of the file.
  package var operations: [Operation]
  /// The tree of subgraphs, `nil` if the file has none.
  package var root: Subgraph?
  /// The attributes of the graph: `origin`, `files_md5sum`, `libs_info` and others.
  package var attributes: Attributes
  /// The `OpDef` messages, kept unread for rewriting.
  package var operationDefinitions: [Bytes]
  /// Fields that the schema does not name, each with its tag, kept for rewriting.
  package var unknownFields: [Bytes]

  /// Makes a graph.
  package init(
    name: String, operations: [Operation] = [], root: Subgraph? = nil, attributes: Attributes = [:],
    operationDefinitions: [Bytes] = [], unknownFields: [Bytes] = []
  ) {
    self.name = name
    self.operations = operations
    self.root = root
    self.attributes = attributes
    self.operationDefinitions = operationDefinitions
    self.unknownFields = unknownFields
  }
}

/// One operation of a graph, and the tensor that it makes.
package struct Operation: Equatable, Sendable {
  /// The name, unique in the graph.
  package var name: String
  /// The type, such as `conv2d-fix`.
  package var type: String
  /// The attributes.
  package var attributes: Attributes
  /// The arguments by name, each with the names of the operations that feed it.
  package var arguments: [Argument]
  /// The tensor that the operation makes.
  package var output: TensorDescription
  /// Fields that the schema does not name, each with its tag, kept for rewriting.
  package var unknownFields: [Bytes]

  /// Makes an operation.
  package init(
    name: String, type: String, attributes: Attributes = [:], arguments: [Argument] = [], output: TensorDescription,
    unknownFields: [Bytes] = []
  ) {
    self.name = name
    self.type = type
    self.attributes = attributes
    self.arguments = arguments
    self.output = output
    self.unknownFields = unknownFields
  }
}

/// A named argument of an operation: `input`, `weights`, `bias`.
package struct Argument: Equatable, Sendable {
  /// The name of the argument.
  package var name: String
  /// The names of the operations that feed it, in order.
  package var producers: [String]
  /// Fields that the schema does not name, each with its tag, kept for rewriting.
  package var unknownFields: [Bytes]

  /// Makes an argument.
  package init(name: String, producers: [String], unknownFields: [Bytes] = []) {
    self.name = name
    self.producers = producers
    self.unknownFields = unknownFields
  }
}

/// What a file says of a tensor: shape, type and attributes.
package struct TensorDescription: Equatable, Sendable {
  /// The number formats of the file format.
  package enum DataType: Int32, Sendable {
    case int, uint, xint, xuint, float, bfloat
  }

  /// The name of the tensor.
  package var name: String
  /// The extents; the reader has checked that their product fits.
  package var shape: Shape
  /// The number format, `nil` if the file holds a number that the schema does not know.
  package var dataType: DataType? { DataType(rawValue: rawDataType) }
  /// The number format as it stands in the file.
  package var rawDataType: Int32
  /// Bits of one element.
  package var bitWidth: Int32
  /// The attributes: `fix_point`, `ddr_addr`, `reg_id`, `stride`, `location` and others.
  package var attributes: Attributes
  /// Fields that the schema does not name, each with its tag, kept for rewriting.
  package var unknownFields: [Bytes]

  /// Makes a description.
  package init(
    name: String, shape: Shape, dataType: DataType, bitWidth: Int32, attributes: Attributes = [:],
    unknownFields: [Bytes] = []
  ) {
    self.init(
      name: name, shape: shape, rawDataType: dataType.rawValue, bitWidth: bitWidth, attributes: attributes,
      unknownFields: unknownFields)
  }

  /// Makes a description with a number format as it stands in a file.
  package init(
    name: String, shape: Shape, rawDataType: Int32, bitWidth: Int32, attributes: Attributes, unknownFields: [Bytes]
  ) {
    self.name = name
    self.shape = shape
    self.rawDataType = rawDataType
    self.bitWidth = bitWidth
    self.attributes = attributes
    self.unknownFields = unknownFields
  }

  /// The scale of fixed-point elements, `nil` where the file gives none.
  package var fixPoint: FixPoint? { attributes.int("fix_point").map { FixPoint($0) } }

  /// The element type in memory, `nil` for formats that no device here holds.
  package var elementType: ElementType? {
    switch (dataType, bitWidth) {
    case (.xint, 8), (.int, 8): .int8
    case (.float, 32): .float32
    default: nil
    }
  }
}

/// A node of the tree of subgraphs.
package struct Subgraph: Equatable, Sendable {
  /// The name of the subgraph.
  package var name: String
  /// The names of the operations that it lists itself; a compiled DPU subgraph leaves this to its children.
  package var operationNames: [String]
  /// The attributes: `device`, `dpu_fingerprint`, `mc_code` and others.
  package var attributes: Attributes
  /// The subgraphs below.
  package var children: [Subgraph]
  /// Fields that the schema does not name, each with its tag, kept for rewriting.
  package var unknownFields: [Bytes]

  /// Makes a subgraph.
  package init(
    name: String, operationNames: [String] = [], attributes: Attributes = [:], children: [Subgraph] = [],
    unknownFields: [Bytes] = []
  ) {
    self.name = name
    self.operationNames = operationNames
    self.attributes = attributes
    self.children = children
    self.unknownFields = unknownFields
  }
}
