import Tensors
import XModel

/// How one operation's tensor came out on the device, beside that of the software device.
struct TensorComparison {
  /// What differs in a tensor.
  struct Difference: Equatable {
    /// The coordinates of the first element that differs, in C order.
    let place: [Int]
    /// That element on the device.
    let value: Int
    /// That element on the software device.
    let expected: Int
    /// How many bytes, which are elements, differ.
    let byteCount: Int
    /// The greatest difference of any element.
    let greatest: Int
  }

  /// How a tensor came out.
  enum Result: Equatable {
    case equal
    case differs(Difference)
    /// The device does not show it; the words say why.
    case hidden(String)
  }

  /// The index of the operation in the model.
  let operation: Int
  /// Whether the tensor is an output of the DPU subgraph, made by the program of the whole subgraph.
  let isOutput: Bool
  /// How it came out.
  let result: Result

  /// What differs, `nil` where nothing does or can be seen.
  var difference: Difference? { if case .differs(let difference) = result { difference } else { nil } }

  /// Whether the device shows the tensor.
  var isCompared: Bool { if case .hidden = result { false } else { true } }
}

extension TensorComparison.Difference {
  /// Compares int8 tensors, `nil` where they are equal.
  ///
  /// - Precondition: As many bytes on both sides as the shape has elements.
  init?(of found: UnsafeRawBufferPointer, and expected: [UInt8], shape: Shape) {
    precondition(
      found.count == expected.count && found.count == shape.elementCount,
      "\(found.count) and \(expected.count) bytes for a tensor of \(shape)")
    var first: Int?
    var count = 0
    var greatest = 0
    for index in expected.indices where found[index] != expected[index] {
      if first == nil { first = index }
      count += 1
      greatest = max(greatest, abs(Int(Int8(bitPattern: found[index])) - Int(Int8(bitPattern: expected[index]))))
    }
    guard let first else { return nil }
    var place: [Int] = []
    var rest = first
    for extent in shape.dimensions.reversed() {
      place.append(rest % extent)
      rest /= extent
    }
    self.place = place.reversed()
    value = Int(Int8(bitPattern: found[first]))
    self.expected = Int(Int8(bitPattern: expected[first]))
    byteCount = count
    self.greatest = greatest
  }
}
