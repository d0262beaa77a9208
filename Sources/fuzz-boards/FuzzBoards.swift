import Boards

/// Gives one input of the fuzzer to every reader of an overlay's files.
///
/// Errors are answers; a trap, a read outside the input, an endless loop or a difference after writing and reading
/// again is a find.
func fuzzBoards(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let bytes = [UInt8](UnsafeBufferPointer(start: start, count: count))
  attempt { () throws(BoardError) in
    let xclbin = try Xclbin(reading: bytes)
    let again = try reread(xclbin)
    precondition(again == xclbin, "an xclbin changed by being written and read again")
    try xclbin.checkForDPU()
  }
  attempt { () throws(BoardError) in
    let bitstream = try Bitstream(reading: bytes)
    precondition(bitstream.imageForKernel().count == bitstream.data.count, "turning words round changed their number")
  }
  attempt { () throws(BoardError) in _ = try OverlaySettings(of: DeviceTreeBlob.read(bytes)) }
  return 0
}

private func attempt(_ body: () throws(BoardError) -> Void) {
  do throws(BoardError) {
    try body()
  } catch {
    precondition(!error.description.isEmpty, "an error without words")
  }
}

private func reread(_ xclbin: Xclbin) throws(BoardError) -> Xclbin {
  do throws(BoardError) {
    return try Xclbin(reading: xclbin.serialized())
  } catch {
    preconditionFailure("what was written can't be read: \(error)")
  }
}
