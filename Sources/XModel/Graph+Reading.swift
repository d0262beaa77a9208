import Tensors

extension Graph {
  /// Reads a graph from a file, which stays mapped as long as the graph or a piece of it is kept.
  ///
  /// - Throws: `.inputOutput` if the file can't be mapped, `.malformed` if the bytes are not a graph, `.invalid` if a
  ///   tensor's size is absurd; with the byte's offset.
  package init(path: String) throws(XModelError) {
    let file = try MappedFile(path: path)
    try self.init(reading: Bytes(file, range: 0..<file.count), path: path)
  }

  /// Reads a graph from bytes, which are kept as long as the graph or a piece of it.
  ///
  /// - Parameter path: The file for messages.
  package init(reading bytes: Bytes, path: String? = nil) throws(XModelError) {
    try self.init(reading: bytes, path: path, limits: WireReader.Limits())
  }

  init(reading bytes: Bytes, path: String? = nil, limits: WireReader.Limits) throws(XModelError) {
    guard bytes.count > 0 else {
      throw XModelError(.malformed, "is empty, expected an .xmodel", byteOffset: bytes.offset, path: path)
    }
    // A result, because typed errors can't pass through the closure of an array.
    let result = bytes.withUnsafeBytes { memory -> Result<Graph, WireFault> in
      let reader = WireReader(memory, of: bytes, limits: limits)
      return Result { () throws(WireFault) in try reader.graph() }
    }
    switch result {
    case .success(let graph): self = graph
    case .failure(let fault): throw fault.error(source: bytes, path: path)
    }
  }
}

extension WireReader {
  func graph() throws(WireFault) -> Graph {
    var graph = Graph(name: "")
    var message = wholeMessage(.graph)
    do throws(WireFault) {
      while let field = try next(&message) {
        switch field.number {
        case 1: graph.name = try string(field, in: message)
        case 5: graph.operations.append(try operation(field, in: message))
        case 10:
          try refuseSecond(field, graph.root != nil, in: message)
          graph.root = try subgraph(field, in: message)
        case 11: try attribute(field, into: &graph.attributes, in: message)
        case 101: graph.operationDefinitions.append(try bytes(field, in: message))
        default: graph.unknownFields.append(whole(field))
        }
      }
    } catch {
      throw error.inside(.graph, graph.name)
    }
    return graph
  }

  private func operation(_ field: WireField, in parent: WireMessage) throws(WireFault) -> Operation {
    var message = try self.message(field, .operation, in: parent)
    var name = ""
    var type = ""
    var attributes = Attributes()
    var arguments: [Argument] = []
    var output: TensorDescription?
    var unknownFields: [Bytes] = []
    do throws(WireFault) {
      while let field = try next(&message) {
        switch field.number {
        case 1: name = try string(field, in: message)
        case 2: type = try string(field, in: message)
        case 3: try attribute(field, into: &attributes, in: message)
        case 4: arguments.append(try argument(field, in: message))
        case 5:
          try refuseSecond(field, output != nil, in: message)
          output = try tensor(field, in: message)
        default: unknownFields.append(whole(field))
        }
      }
      guard let output else { throw WireFault(field.start, "has no output_tensor", isDamage: false) }
      return Operation(
        name: name, type: type, attributes: attributes, arguments: arguments, output: output,
        unknownFields: unknownFields)
    } catch {
      throw error.inside(.operation, name)
    }
  }

  private func argument(_ field: WireField, in parent: WireMessage) throws(WireFault) -> Argument {
    var message = try self.message(field, .argument, in: parent)
    var argument = Argument(name: "", producers: [])
    do throws(WireFault) {
      while let field = try next(&message) {
        switch field.number {
        case 1: argument.name = try string(field, in: message)
        case 2: argument.producers.append(try string(field, in: message))
        default: argument.unknownFields.append(whole(field))
        }
      }
    } catch {
      throw error.inside(.argument, argument.name)
    }
    return argument
  }

  private func tensor(_ field: WireField, in parent: WireMessage) throws(WireFault) -> TensorDescription {
    var message = try self.message(field, .tensor, in: parent)
    var name = ""
    var extents: [UInt32] = []
    var dataType: Int32 = 0
    var bitWidth: Int32 = 0
    var attributes = Attributes()
    var unknownFields: [Bytes] = []
    do throws(WireFault) {
      while let field = try next(&message) {
        switch field.number {
        case 1: name = try string(field, in: message)
        case 2: try append(field, .uint32, to: &extents, in: message)
        case 5: dataType = try scalar(field, .int32, in: message)
        case 6: bitWidth = try scalar(field, .int32, in: message)
        case 10: try attribute(field, into: &attributes, in: message)
        default: unknownFields.append(whole(field))
        }
      }
      return TensorDescription(
        name: name, shape: try shape(extents, of: field), rawDataType: dataType, bitWidth: bitWidth,
        attributes: attributes, unknownFields: unknownFields)
    } catch {
      throw error.inside(.tensor, name)
    }
  }

  private func shape(_ extents: [UInt32], of tensor: WireField) throws(WireFault) -> Shape {
    func fault(_ what: String) -> WireFault {
      WireFault(tensor.start, what, isDamage: false).inField(MessageType.tensor.fieldName(2))
    }
    guard extents.count <= limits.axes else {
      throw fault("has \(extents.count) axes, expected at most \(limits.axes)")
    }
    guard let shape = Shape(checking: extents.map(Int.init)), shape.elementCount <= limits.elements else {
      let text = extents.map(String.init).joined(separator: "x")
      throw fault("shape \(text) has more than \(limits.elements) elements, which no device holds")
    }
    return shape
  }

  private func subgraph(_ field: WireField, in parent: WireMessage) throws(WireFault) -> Subgraph {
    var message = try self.message(field, .subgraph, in: parent)
    var subgraph = Subgraph(name: "")
    do throws(WireFault) {
      depth += 1
      defer { depth -= 1 }
      guard depth <= limits.depth else {
        throw WireFault(field.start, "subgraphs lie more than \(limits.depth) deep in each other", isDamage: false)
      }
      while let field = try next(&message) {
        switch field.number {
        case 1: subgraph.name = try string(field, in: message)
        case 3: subgraph.operationNames.append(try string(field, in: message))
        case 5: try attribute(field, into: &subgraph.attributes, in: message)
        case 10: subgraph.children.append(try self.subgraph(field, in: message))
        default: subgraph.unknownFields.append(whole(field))
        }
      }
    } catch {
      throw error.inside(.subgraph, subgraph.name)
    }
    return subgraph
  }

  /// Protobuf would merge two messages in a field for one; no writer makes that, and a merged tensor fits neither.
  private func refuseSecond(_ field: WireField, _ isSecond: Bool, in parent: WireMessage) throws(WireFault) {
    guard !isSecond else {
      throw WireFault(field.start, "occurs twice, expected once").inField(parent.type.fieldName(field.number))
    }
  }
}
