import CSoftwareKernels
import Devices
import Tensors

/// `eltwise-fix` (ADD, MUL) and `depthwise-fix` (MUL): element by element, smaller operands repeated.
final class Eltwise: Kernel {
  let rows: Int

  private enum Form {
    /// Each operand keeps two bits below the coarsest scale, the rest is dropped, as the hardware does.
    case add(drops: [Int])
    case multiply
  }
  private let form: Form
  private let shift: Int
  private let activation: Activation
  private let instructionSet: InstructionSet
  private let count: Int
  private let operandCount: Int
  /// `nil` where the operand has the output's shape; else how to find its element.
  private let broadcasts: [Broadcast?]
  private let rowLength: Int

  init(_ reader: OperationReader) throws(DeviceError) {
    let type = reader.keyword("type")
    guard ["ADD", "MUL"].contains(type) else {
      throw reader.unsupported("type \"\(type)\"; known are ADD and MUL")
    }
    let outputLayout = try reader.output
    let outputFixPoint = try reader.fixPoint(of: outputLayout, "output")
    var fixPoints: [Int] = []
    var broadcasts: [Broadcast?] = []
    for (place, producer) in reader.inputs.enumerated() {
      let layout = try reader.layout(of: producer)
      fixPoints.append(try reader.fixPoint(of: layout, "input \(place)"))
      if layout.shape == outputLayout.shape {
        broadcasts.append(nil)
      } else {
        guard let broadcast = Broadcast(from: layout.shape, to: outputLayout.shape) else {
          throw reader.invalid(
            "input \(place) has shape \(layout.shape), which does not repeat to \(outputLayout.shape)")
        }
        broadcasts.append(broadcast)
      }
    }
    guard let coarsest = fixPoints.min(), fixPoints.count <= 8 else {
      throw reader.invalid("has \(fixPoints.count) inputs, expected 1 to 8")
    }
    if type == "ADD" {
      form = .add(drops: fixPoints.map { min($0 - coarsest, 31) })
      shift = 2 + coarsest - outputFixPoint
    } else {
      form = .multiply
      shift = fixPoints.reduce(0, +) - outputFixPoint
    }
    activation = try Activation(reader, outputFixPoint: outputFixPoint)
    instructionSet = reader.instructionSet
    self.broadcasts = broadcasts
    operandCount = fixPoints.count
    count = outputLayout.shape.elementCount
    // Rows of a few thousand elements: enough to split, long enough for vectors.
    rowLength = 4096
    rows = (count + rowLength - 1) / rowLength
  }

  func run(rows: Range<Int>, _ operands: Operands) {
    let elements = rows.lowerBound * rowLength..<min(rows.upperBound * rowLength, count)
    if runVector(elements, operands) { return }
    switch form {
    case .add(let drops):
      for element in elements {
        var sum: Int64 = 0
        for operand in 0..<operandCount {
          sum += (4 * Int64(value(operand, element, operands))) >> Int64(drops[operand])
        }
        operands.int8Output[element] = activation.finish(sum, shift: shift)
      }
    case .multiply:
      for element in elements {
        var product: Int64 = 1
        for operand in 0..<operandCount { product *= Int64(value(operand, element, operands)) }
        operands.int8Output[element] = activation.finish(product, shift: shift)
      }
    }
  }

  @inline(__always)
  private func value(_ operand: Int, _ element: Int, _ operands: Operands) -> Int8 {
    operands.int8Input(operand)[broadcasts[operand].map { $0.source(of: element) } ?? element]
  }

  /// Runs additions of equal shapes through the vector kernels; false where they do not apply.
  private func runVector(_ elements: Range<Int>, _ operands: Operands) -> Bool {
    guard case .add(let drops) = form, instructionSet != .portable, let clamp = activation.clamp,
      (-8...31).contains(shift), operandCount <= 2, broadcasts.allSatisfy({ $0 == nil })
    else { return false }
    let first: UnsafePointer<Int8>? = operands.int8Input(0) + elements.lowerBound
    let second: UnsafePointer<Int8>? = operands.int8Input(operandCount - 1) + elements.lowerBound
    withUnsafeTemporaryAllocation(of: UnsafePointer<Int8>?.self, capacity: 2) { inputs in
      inputs.initializeElement(at: 0, to: first)
      inputs.initializeElement(at: 1, to: second)
      withUnsafeTemporaryAllocation(of: Int32.self, capacity: 2) { down in
        down.initializeElement(at: 0, to: Int32(drops[0]))
        down.initializeElement(at: 1, to: Int32(drops[operandCount - 1]))
        dpuk_eltwise_add(
          instructionSet.vector, inputs.baseAddress, down.baseAddress, Int32(operandCount), Int32(shift), clamp.low,
          clamp.high, operands.int8Output + elements.lowerBound, elements.count)
      }
    }
    return true
  }
}

/// Finds the element of a smaller operand that stands for an element of the result: positions modulo its extents.
struct Broadcast: Equatable, Sendable {
  private let extents: [Int]
  private let sourceExtents: [Int]
  private let sourceStrides: [Int]

  /// `nil` where the operand has more axes than the result, an empty axis, or an extent that does not divide.
  init?(from source: Shape, to result: Shape) {
    guard source.rank <= result.rank else { return nil }
    let padded = [Int](repeating: 1, count: result.rank - source.rank) + source.dimensions
    guard zip(padded, result.dimensions).allSatisfy({ $0 > 0 && $1 % $0 == 0 }) else { return nil }
    extents = result.dimensions
    sourceExtents = padded
    var strides = [Int](repeating: 1, count: padded.count)
    for axis in stride(from: padded.count - 2, through: 0, by: -1) {
      strides[axis] = strides[axis + 1] * padded[axis + 1]
    }
    sourceStrides = strides
  }

  /// The operand's element for an element of the result.
  func source(of element: Int) -> Int {
    var rest = element
    var source = 0
    for axis in stride(from: extents.count - 1, through: 0, by: -1) {
      source += rest % extents[axis] % sourceExtents[axis] * sourceStrides[axis]
      rest /= extents[axis]
    }
    return source
  }
}
