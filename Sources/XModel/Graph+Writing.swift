#if canImport(Glibc)
  import Glibc
#endif

extension Graph {
  /// The graph as the bytes of a file: known fields in the order of their numbers, then the unknown ones.
  ///
  /// Equal graphs give equal bytes: attributes keep their order, maps inside attributes are sorted by key.
  package func serialized() -> [UInt8] {
    var writer = WireWriter()
    // Even if empty: a file of no bytes at all is an error.
    writer.string(1, name)
    for operation in operations { writer.message(5) { operation.write(to: &$0) } }
    if let root { writer.message(10) { root.write(to: &$0) } }
    writer.attributes(11, attributes)
    for definition in operationDefinitions { writer.bytes(101, definition) }
    writer.fields(unknownFields)
    return writer.bytes
  }

  /// Writes the graph to a file, which is there whole or not at all.
  ///
  /// - Throws: `.inputOutput` with the system's reason; a file that stood there before is then still there.
  package func write(to path: String) throws(XModelError) {
    let bytes = serialized()
    let temporary = "\(path).\(String(UInt64.random(in: 0...UInt64.max), radix: 36)).part"
    let descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else { throw systemError("create", path) }
    var error: XModelError?
    if !bytes.withUnsafeBytes({ writeAll($0, to: descriptor) }) || fsync(descriptor) != 0 {
      error = systemError("write", path)
    }
    if close(descriptor) != 0, error == nil { error = systemError("write", path) }
    if error == nil, rename(temporary, path) != 0 { error = systemError("replace", path) }
    if let error {
      unlink(temporary)
      throw error
    }
  }
}

private func systemError(_ action: String, _ path: String) -> XModelError {
  XModelError(.inputOutput, "cannot \(action) the file: \(String(cString: strerror(errno)))", path: path)
}

extension Operation {
  fileprivate func write(to writer: inout WireWriter) {
    writer.stringUnlessEmpty(1, name)
    writer.stringUnlessEmpty(2, type)
    writer.attributes(3, attributes)
    for argument in arguments { writer.message(4) { argument.write(to: &$0) } }
    writer.message(5) { output.write(to: &$0) }
    writer.fields(unknownFields)
  }
}

extension Argument {
  fileprivate func write(to writer: inout WireWriter) {
    writer.stringUnlessEmpty(1, name)
    for producer in producers { writer.string(2, producer) }
    writer.fields(unknownFields)
  }
}

extension TensorDescription {
  fileprivate func write(to writer: inout WireWriter) {
    writer.stringUnlessEmpty(1, name)
    let extents = shape.dimensions.map { extent in
      guard let extent = UInt32(exactly: extent) else {
        preconditionFailure("tensor \(quoted(name)) has an extent of \(extent), more than the file format can hold")
      }
      return extent
    }
    writer.packed(2, .uint32, extents)
    writer.scalarUnlessZero(5, .int32, rawDataType)
    writer.scalarUnlessZero(6, .int32, bitWidth)
    writer.attributes(10, attributes)
    writer.fields(unknownFields)
  }
}

extension Subgraph {
  fileprivate func write(to writer: inout WireWriter) {
    writer.stringUnlessEmpty(1, name)
    for name in operationNames { writer.string(3, name) }
    writer.attributes(5, attributes)
    for child in children { writer.message(10) { child.write(to: &$0) } }
    writer.fields(unknownFields)
  }
}

private func writeAll(_ bytes: UnsafeRawBufferPointer, to descriptor: Int32) -> Bool {
  var rest = bytes
  while !rest.isEmpty {
    let count = write(descriptor, rest.baseAddress, rest.count)
    if count < 0 && errno == EINTR { continue }
    guard count > 0 else { return false }
    rest = UnsafeRawBufferPointer(rebasing: rest[count...])
  }
  return true
}
