/// What lends the tensors of one run: a job by itself, or the buffers of a scheduled one.
package protocol TensorBuffers {
  /// Gives the buffer of an input to a closure, to be filled; the pointer must not leave it.
  func withInput<R>(_ index: Int, _ body: (UnsafeMutableRawBufferPointer) throws -> R) rethrows -> R

  /// Gives the buffer of an output to a closure; the pointer must not leave it.
  func withOutput<R>(_ index: Int, _ body: (UnsafeRawBufferPointer) throws -> R) rethrows -> R
}

extension SessionJob: TensorBuffers {}
extension JobSlot: TensorBuffers {}
