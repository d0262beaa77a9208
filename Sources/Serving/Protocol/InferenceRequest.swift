package import Inference

/// A request for an inference, as it was sent: checked for itself, not yet against a model.
package struct InferenceRequest: Equatable, Sendable {
  /// A tensor that was sent.
  package struct Input: Equatable, Sendable {
    /// Where its elements lie in the body.
    package enum Content: Equatable, Sendable {
      /// A list in the JSON.
      case text(Range<Int>)
      /// Bytes behind the JSON, little endian.
      case binary(Range<Int>)
    }

    /// The name.
    package let name: String
    /// The type of the elements.
    package let datatype: TensorDatatype
    /// The extents.
    package let shape: [Int]
    /// The elements.
    package let content: Content
    /// Where it stands, for messages: `inputs[0]`.
    package let field: String
  }

  /// A tensor that is asked for.
  package struct Output: Equatable, Sendable {
    /// The name.
    package let name: String
    /// Whether its elements come behind the JSON.
    package var isBinary: Bool?
    /// How many classes are to be named, best first, in place of the tensor.
    package var classCount: Int?
    /// The type of the elements, where one is wished.
    package var datatype: TensorDatatype.Input?
    /// Where it stands, for messages.
    package let field: String
  }

  /// The client's own name for the request.
  package var id: String?
  /// How urgent it is.
  package var priority = JobPriority.normal
  /// How long the client would wait.
  package var timeLimit: Duration?
  /// Whether outputs that don't say come behind the JSON.
  package var isBinary = false
  /// The type of elements of outputs that don't say.
  package var outputDatatype: TensorDatatype.Input?
  /// The tensors that were sent; empty for a raw request.
  package var inputs: [Input] = []
  /// The tensors that are asked for; `nil` is all.
  package var outputs: [Output]?
  /// Whether the body is the only input's bytes and nothing else.
  package var isRaw = false
  /// The body.
  package let body: [UInt8]

  /// Reads a request.
  ///
  /// - Parameters:
  ///   - headerByteCount: How long the JSON is where bytes follow: the header `Inference-Header-Content-Length`. 0 is a raw
  ///     request.
  /// - Throws: `.badRequest` naming the field, what was found and what was expected; `.notImplemented`.
  package init(_ body: [UInt8], headerByteCount: Int?) throws(ServingError) {
    self.body = body
    guard headerByteCount != 0 else {
      isRaw = true
      isBinary = true
      return
    }
    let textByteCount = headerByteCount ?? body.count
    guard textByteCount <= body.count else {
      throw ServingError(
        .badRequest,
        "the header Inference-Header-Content-Length is \(textByteCount), the body has only \(body.count) bytes")
    }
    var reader = RequestReader(body, textByteCount: textByteCount, isFollowed: headerByteCount != nil)
    try reader.read(into: &self)
  }
}
