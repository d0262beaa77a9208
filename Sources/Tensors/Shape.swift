/// The extents of a tensor, outermost axis first (`[n, h, w, c]` for images); the last axis is contiguous.
package struct Shape: Hashable, Sendable, CustomStringConvertible {
  /// The extent of each axis, each at least 0.
  package let dimensions: [Int]
  /// The product of all extents; 1 for a scalar.
  package let elementCount: Int

  /// Makes a shape from extents known to be good.
  ///
  /// - Parameter dimensions: Extents; a negative one or an overflowing product is a programmer's error and traps.
  package init(_ dimensions: [Int]) {
    guard let shape = Shape(checking: dimensions) else {
      preconditionFailure("shape \(dimensions) has a negative extent or more elements than an Int holds")
    }
    self = shape
  }

  /// Makes a shape from extents of unknown origin, `nil` if one is negative or the product overflows.
  package init?(checking dimensions: [Int]) {
    var count = 1
    for extent in dimensions {
      guard extent >= 0 else { return nil }
      let (product, overflow) = count.multipliedReportingOverflow(by: extent)
      guard !overflow else { return nil }
      count = product
    }
    self.dimensions = dimensions
    self.elementCount = count
  }

  /// The number of axes.
  package var rank: Int { dimensions.count }

  /// The extent of one axis; negative indices count from the last axis, as in `shape[-1]`.
  package subscript(axis: Int) -> Int { dimensions[axis < 0 ? axis + dimensions.count : axis] }

  /// The same shape with another outermost extent.
  package func replacingBatch(with batch: Int) -> Shape {
    rank == 0 ? self : Shape([batch] + dimensions.dropFirst())
  }

  /// The extents joined by `x`, as in `1x256x256x6`.
  package var description: String {
    dimensions.isEmpty ? "scalar" : dimensions.map(String.init).joined(separator: "x")
  }
}
