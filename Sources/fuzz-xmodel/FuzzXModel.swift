import XModel

/// Gives one input of the fuzzer to the reader, the linker and the writer.
///
/// Errors are answers; a trap, a read outside the input, an endless loop or a difference after writing and reading
/// again is a find.
func fuzzXModel(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let bytes = [UInt8](UnsafeBufferPointer(start: start, count: count))
  do throws(XModelError) {
    let graph = try Graph(reading: Bytes(bytes))
    check(graph)
    _ = try Model(graph: graph, path: "fuzz")
  } catch {
    precondition(!error.description.isEmpty, "an error without words")
  }
  return 0
}

private func check(_ graph: Graph) {
  let written = graph.serialized()
  do throws(XModelError) {
    let again = try Graph(reading: Bytes(written))
    precondition(again == graph, "a graph changed by being written and read again")
    precondition(again.serialized() == written, "equal graphs were written as different bytes")
  } catch {
    preconditionFailure("what was written can't be read: \(error)")
  }
}
