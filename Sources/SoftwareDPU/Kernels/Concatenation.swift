import CSoftwareKernels
import Devices
import Tensors

/// `concat-fix`: tensors beside each other along one axis, each brought to the output's scale.
///
/// Inputs that already lie in the output's buffer, because what makes them writes there, are passed over.
final class Concatenation: Kernel {
  let rows: Int

  private struct Piece {
    let input: Int
    let length: Int
    let start: Int
    let shift: Int
    let inputPixelStride: Int
  }
  private let pieces: [Piece]
  private let rowLength: Int
  private let instructionSet: InstructionSet

  init(_ reader: OperationReader, inPlace: Set<Int>) throws(DeviceError) {
    let outputLayout = try reader.output
    let outputFixPoint = try reader.fixPoint(of: outputLayout, "output")
    let shape = outputLayout.shape
    let axis = try reader.axis(reader.integer("axis"), rank: shape.rank)
    var pieces: [Piece] = []
    var start = 0
    for (place, producer) in reader.inputs.enumerated() {
      let layout = try reader.layout(of: producer)
      let dimensions = layout.shape.dimensions
      guard dimensions.count == shape.rank,
        (0..<shape.rank).allSatisfy({ $0 == axis || dimensions[$0] == shape[$0] })
      else { throw reader.invalid("input \(place) has shape \(layout.shape), which does not fit into \(shape)") }
      let length = dimensions[axis...].reduce(1, *)
      if !inPlace.contains(producer) {
        // A strided input is only left where it lies when the axis is the last one, so that rows are pixels.
        let stride = axis == shape.rank - 1 ? layout.pixelStride : length
        pieces.append(
          Piece(
            input: place, length: length, start: start,
            shift: try reader.fixPoint(of: layout, "input \(place)") - outputFixPoint, inputPixelStride: stride))
      }
      start += length
    }
    guard start == shape.dimensions[axis...].reduce(1, *) else {
      throw reader.invalid("inputs have \(start) elements along axis \(axis) and below, output has shape \(shape)")
    }
    self.pieces = pieces
    rowLength = start
    rows = shape.dimensions[..<axis].reduce(1, *)
    instructionSet = reader.instructionSet
  }

  func run(rows: Range<Int>, _ operands: Operands) {
    for piece in pieces {
      Requantization.run(
        instructionSet, input: operands.int8Input(piece.input) + rows.lowerBound * piece.inputPixelStride,
        inputStride: piece.inputPixelStride, output: operands.int8Output + (rows.lowerBound * rowLength + piece.start),
        outputStride: rowLength, length: piece.length, count: rows.count, shift: piece.shift)
    }
  }
}

/// Moves runs of elements from one scale to another.
enum Requantization {
  /// Moves `count` runs of `length` elements; strides are from run to run.
  static func run(
    _ instructionSet: InstructionSet, input: UnsafePointer<Int8>, inputStride: Int,
    output: UnsafeMutablePointer<Int8>, outputStride: Int, length: Int, count: Int, shift: Int
  ) {
    if instructionSet != .portable, (-8...31).contains(shift) {
      dpuk_requantize(
        instructionSet.vector, input, inputStride, output, outputStride, length, count, Int32(shift))
      return
    }
    for run in 0..<count {
      let from = input + run * inputStride
      let to = output + run * outputStride
      for element in 0..<length { to[element] = FixPoint.requantize(Int64(from[element]), shift: shift) }
    }
  }
}
