package import Tensors

/// Where in a job's memory a tensor of bytes lies.
package struct TensorPlace: Equatable, Sendable {
  /// The register that holds the base of its region.
  package let register: Int
  /// The place of the first element behind that base.
  package let address: Int
  /// The extents.
  package let shape: Shape
  /// Bytes from one element of each axis to the next.
  package let strides: [Int]
  /// Bytes from the first to behind the last element.
  package let extent: Int

  /// Makes a place, `nil` if it is none: no such register, strides of another rank or too short for as many elements,
  /// numbers out of range, or nothing to place.
  package init?(register: Int, address: Int, shape: Shape, strides: [Int]) {
    guard (0..<8).contains(register), address >= 0, strides.count == shape.rank, shape.elementCount > 0 else {
      return nil
    }
    var extent = 1
    for (count, stride) in zip(shape.dimensions, strides) {
      let (step, isOver) = (count - 1).multipliedReportingOverflow(by: stride)
      let (sum, isOverSum) = extent.addingReportingOverflow(step)
      guard stride >= 0, !isOver, !isOverSum else { return nil }
      extent = sum
    }
    guard shape.elementCount <= extent, !address.addingReportingOverflow(extent).overflow else { return nil }
    self.register = register
    self.address = address
    self.shape = shape
    self.strides = strides
    self.extent = extent
  }

  /// The bytes from the first to the last element, counted from the region's base.
  package var range: Range<Int> { address..<address + extent }

  /// The elements, dense, out of memory that begins with the first one.
  ///
  /// - Precondition: As many bytes as the extent.
  package func elements(in memory: UnsafeRawBufferPointer) -> [UInt8] {
    precondition(memory.count >= extent, "\(memory.count) bytes for a tensor that spans \(extent)")
    var dense: [UInt8] = []
    dense.reserveCapacity(shape.elementCount)
    append(axis: 0, from: 0, in: memory, to: &dense)
    return dense
  }

  private func append(axis: Int, from start: Int, in memory: UnsafeRawBufferPointer, to dense: inout [UInt8]) {
    if axis == shape.rank {
      dense.append(memory[start])
    } else if axis == shape.rank - 1, strides[axis] == 1 {
      dense += memory[start..<start + shape[axis]]
    } else {
      for index in 0..<shape[axis] {
        append(axis: axis + 1, from: start + index * strides[axis], in: memory, to: &dense)
      }
    }
  }
}

extension TensorDescription {
  /// Whether the tensor is used up inside the core and never reaches memory.
  package var staysOnChip: Bool { attributes.int("location") == 0 }

  /// Where the tensor lies in a job's memory, `nil` for those that never reach it, or if the file does not say.
  ///
  /// - Source: the attributes `location`, `reg_id`, `ddr_addr` and `stride` of the compiler.
  package var place: TensorPlace? {
    guard attributes.int("location") == 1, let register = attributes.int("reg_id"),
      let address = attributes.int("ddr_addr"), bitWidth == 8, shape.elementCount > 0
    else { return nil }
    return TensorPlace(
      register: register, address: address, shape: shape, strides: attributes.ints("stride") ?? shape.denseStrides)
  }
}

extension Shape {
  /// Elements from one element of each axis to the next, where nothing lies between them; for shapes with elements.
  fileprivate var denseStrides: [Int] {
    var strides = [Int](repeating: 1, count: rank)
    for axis in dimensions.indices.dropLast().reversed() { strides[axis] = strides[axis + 1] * dimensions[axis + 1] }
    return strides
  }
}
