import Devices
import Tensors

/// Operations on one int8 element at a time, by a table of all 256: `hard-sigmoid-fix`, and copies to another scale.
final class TableLookup: Kernel {
  let rows: Int

  private let table: [Int8]
  private let rowLength: Int

  init(_ reader: OperationReader, _ function: (Int8) -> Int8) throws(DeviceError) {
    let input = try reader.input
    let output = try reader.output
    try reader.expect(.int8, input, "input")
    try reader.expect(.int8, output, "output")
    guard input.shape.elementCount == output.shape.elementCount else {
      throw reader.invalid("input has shape \(input.shape), output \(output.shape): element counts differ")
    }
    table = (0...255).map { function(Int8(bitPattern: UInt8($0))) }
    rowLength = max(1, output.channels)
    rows = output.shape.elementCount / rowLength
  }

  func run(rows: Range<Int>, _ operands: Operands) {
    table.withUnsafeBufferPointer { table in
      for element in rows.lowerBound * rowLength..<rows.upperBound * rowLength {
        operands.int8Output[element] = table[Int(UInt8(bitPattern: operands.int8Input(0)[element]))]
      }
    }
  }
}

/// Copies of a tensor under another shape or name, same type and scale: `reshape-fix`, `flatten`, `upload`, `data`.
final class Copy: Kernel {
  let rows: Int

  private let rowByteCount: Int

  init(_ reader: OperationReader) throws(DeviceError) {
    let input = try reader.input
    let output = try reader.output
    try reader.expect(input.elementType, output, "output")
    guard input.shape.elementCount == output.shape.elementCount else {
      throw reader.invalid("input has shape \(input.shape), output \(output.shape): element counts differ")
    }
    let rowLength = max(1, output.channels)
    rowByteCount = rowLength * output.elementType.byteCount
    rows = output.shape.elementCount / rowLength
  }

  func run(rows: Range<Int>, _ operands: Operands) {
    (operands.arena + operands.output.offset + rows.lowerBound * rowByteCount).copyMemory(
      from: operands.input(0) + rows.lowerBound * rowByteCount, byteCount: rows.count * rowByteCount)
  }
}
