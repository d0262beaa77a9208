import Devices
import Tensors

/// Operations whose every output element is one input element, or one constant, found by a table.
///
/// `reorg-fix`, `tile-fix`, `pad-fix` and `transpose`: rare and small, so one general gather serves them.
final class Gather: Kernel {
  let rows: Int

  private let rowLength: Int
  private let source: @Sendable (Int) -> Int
  private let elementByteCount: Int
  private let constant: Int8
  private let shift: Int

  /// Makes a gather.
  ///
  /// - Parameters:
  ///   - shift: Bits to drop from int8 elements.
  ///   - constant: What stands where `source` gives -1.
  ///   - source: The input element of an output element.
  init(
    _ output: TensorLayout, shift: Int = 0, constant: Int8 = 0, source: @escaping @Sendable (Int) -> Int
  ) {
    rowLength = max(1, output.channels)
    rows = output.shape.elementCount / rowLength
    elementByteCount = output.elementType.byteCount
    self.source = source
    self.constant = constant
    self.shift = shift
  }

  func run(rows: Range<Int>, _ operands: Operands) {
    let elements = rows.lowerBound * rowLength..<rows.upperBound * rowLength
    if elementByteCount == 4 {
      for element in elements { operands.floatOutput[element] = operands.floatInput(0)[source(element)] }
      return
    }
    for element in elements {
      let place = source(element)
      operands.int8Output[element] =
        place < 0 ? constant : FixPoint.requantize(Int64(operands.int8Input(0)[place]), shift: shift)
    }
  }

  /// `reorg-fix`: blocks of space into channels, or back with `reverse`, rows of a block of `scale * scale` shuffled.
  static func reorganization(_ reader: OperationReader) throws(DeviceError) -> Gather {
    let inputLayout = try reader.input
    let outputLayout = try reader.output
    let input = try reader.image(inputLayout, "input")
    let output = try reader.image(outputLayout, "output")
    let scale = try reader.integer("scale")
    let reverse = reader.operation.attributes.bool("reverse") ?? false
    let (large, small) = reverse ? (output, input) : (input, output)
    guard (1...1024).contains(scale), large.batch == small.batch, large.height == small.height * scale,
      large.width == small.width * scale, small.channels == large.channels * scale * scale
    else { throw reader.invalid("scale \(scale) does not take \(inputLayout.shape) to \(outputLayout.shape)") }
    let shift = try reader.fixPoint(of: inputLayout, "input") - reader.fixPoint(of: outputLayout, "output")

    // The order of rows inside a block of scale * scale: row r comes from r % scale * scale + r / scale.
    let block = scale * scale
    @Sendable func shuffled(_ row: Int) -> Int {
      guard row / block * block + block <= large.height else { return row }
      let inside = row % block
      return row / block * block + inside % scale * scale + inside / scale
    }
    if reverse {
      return Gather(outputLayout, shift: shift) { element in
        let at = large.position(of: element)
        let row = shuffled(at.y)
        let block = (row % scale) * scale + at.x % scale
        return small.element(at.n, row / scale, at.x / scale, block * large.channels + at.c)
      }
    }
    return Gather(outputLayout, shift: shift) { element in
      let at = small.position(of: element)
      let block = at.c / large.channels
      let row = shuffled(at.y * scale + block / scale)
      return large.element(at.n, row, at.x * scale + block % scale, at.c % large.channels)
    }
  }

  /// `tile-fix` with `reverse`: channels back into blocks of space, in plain order.
  static func tiling(_ reader: OperationReader) throws(DeviceError) -> Gather {
    let inputLayout = try reader.input
    let outputLayout = try reader.output
    let input = try reader.image(inputLayout, "input")
    let output = try reader.image(outputLayout, "output")
    let stride: Int
    if let single = reader.operation.attributes.int("stride") {
      stride = single
    } else {
      let pair = try reader.pair("stride")
      guard pair.width == pair.height else { throw reader.unsupported("stride \(pair.width)x\(pair.height)") }
      stride = pair.width
    }
    guard reader.operation.attributes.bool("reverse") ?? false else {
      throw reader.unsupported("reverse = false; only depth to space (reverse = true) is known")
    }
    guard (1...1024).contains(stride), input.batch == output.batch, output.height == input.height * stride,
      output.width == input.width * stride, input.channels == output.channels * stride * stride
    else { throw reader.invalid("stride \(stride) does not take \(inputLayout.shape) to \(outputLayout.shape)") }
    let shift = try reader.fixPoint(of: inputLayout, "input") - reader.fixPoint(of: outputLayout, "output")
    return Gather(outputLayout, shift: shift) { element in
      let at = output.position(of: element)
      let block = (at.y % stride) * stride + at.x % stride
      return input.element(at.n, at.y / stride, at.x / stride, block * output.channels + at.c)
    }
  }

  /// `pad-fix`: CONSTANT, SYMMETRIC (the edge repeats) or REFLECT (it does not); the scale stays.
  static func padding(_ reader: OperationReader) throws(DeviceError) -> Gather {
    let inputLayout = try reader.input
    let outputLayout = try reader.output
    let input = inputLayout.shape.dimensions
    let output = outputLayout.shape.dimensions
    let contradiction = reader.invalid("paddings do not take \(inputLayout.shape) to \(outputLayout.shape)")
    guard let pads = reader.operation.attributes.ints("paddings"), pads.count == 2 * input.count,
      input.count == output.count, pads.allSatisfy({ (0...1 << 20).contains($0) })
    else { throw contradiction }
    for axis in 0..<input.count {
      let padded = input[axis] + pads[2 * axis] + pads[2 * axis + 1]
      guard padded == output[axis] else { throw contradiction }
    }
    let mode = reader.keyword("mode")
    let limit: (Int) -> Int = { mode == "SYMMETRIC" ? $0 : $0 - 1 }
    switch mode {
    case "CONSTANT": break
    case "SYMMETRIC", "REFLECT":
      for axis in 0..<input.count {
        guard max(pads[2 * axis], pads[2 * axis + 1]) <= max(0, limit(input[axis])) else {
          throw reader.invalid("paddings \(pads) reach farther than \(inputLayout.shape) reflects")
        }
      }
    default: throw reader.unsupported("mode \"\(mode)\"; known are CONSTANT, SYMMETRIC and REFLECT")
    }
    let rank = input.count
    return Gather(outputLayout, constant: try constantValue(reader)) { element in
      var rest = element
      var place = 0
      var stride = 1
      for axis in Swift.stride(from: rank - 1, through: 0, by: -1) {
        var position = rest % output[axis] - pads[2 * axis]
        rest /= output[axis]
        let extent = input[axis]
        if position < 0 || position >= extent {
          switch mode {
          case "SYMMETRIC": position = position < 0 ? -1 - position : 2 * extent - 1 - position
          case "REFLECT": position = position < 0 ? -position : 2 * extent - 2 - position
          default: return -1
          }
        }
        place += position * stride
        stride *= extent
      }
      return place
    }
  }

  /// The number that a CONSTANT pad is filled with: the files hold it as bytes or as a list.
  private static func constantValue(_ reader: OperationReader) throws(DeviceError) -> Int8 {
    if let bytes = reader.operation.attributes.bytes("constant_values") {
      return bytes.withUnsafeBytes { $0.first.map { Int8(bitPattern: $0) } ?? 0 }
    }
    guard let value = reader.operation.attributes.numbers("constant_values")?.first else { return 0 }
    guard let exact = Int8(exactly: value) else {
      throw reader.invalid("constant_values starts with \(value), expected an int8")
    }
    return exact
  }

  /// `transpose`: axes in another order.
  static func transposition(_ reader: OperationReader) throws(DeviceError) -> Gather {
    let inputLayout = try reader.input
    let outputLayout = try reader.output
    let rank = inputLayout.shape.rank
    guard let order = reader.operation.attributes.ints("order"), order.sorted() == Array(0..<rank),
      outputLayout.shape.dimensions == order.map({ inputLayout.shape[$0] }),
      inputLayout.elementType == outputLayout.elementType
    else { throw reader.invalid("order does not take \(inputLayout.shape) to \(outputLayout.shape)") }
    var strides = [Int](repeating: 1, count: rank)
    for axis in stride(from: rank - 2, through: 0, by: -1) {
      strides[axis] = strides[axis + 1] * inputLayout.shape[axis + 1]
    }
    let outputStrides = order.map { strides[$0] }
    let extents = outputLayout.shape.dimensions
    return Gather(outputLayout) { element in
      var rest = element
      var place = 0
      for axis in Swift.stride(from: rank - 1, through: 0, by: -1) {
        place += rest % extents[axis] * outputStrides[axis]
        rest /= extents[axis]
      }
      return place
    }
  }
}
