/// The types of elements that the protocol knows.
package enum TensorDatatype: String, CaseIterable, Sendable {
  case bool = "BOOL"
  case uint8 = "UINT8"
  case uint16 = "UINT16"
  case uint32 = "UINT32"
  case uint64 = "UINT64"
  case int8 = "INT8"
  case int16 = "INT16"
  case int32 = "INT32"
  case int64 = "INT64"
  case fp16 = "FP16"
  case fp32 = "FP32"
  case fp64 = "FP64"
  case bf16 = "BF16"
  case bytes = "BYTES"

  /// How elements are told apart that can be sent to a model.
  package enum Input: String, Sendable {
    /// The tensor's own numbers, fix point and all; of a float tensor, whole numbers.
    case int8 = "INT8"
    /// Whole numbers that are meant as they are, and quantised where the tensor is int8.
    case uint8 = "UINT8"
    /// Numbers that are meant as they are, and quantised where the tensor is int8.
    case fp32 = "FP32"

    /// Bytes of one element.
    package var byteCount: Int { self == .fp32 ? 4 : 1 }
  }
}
