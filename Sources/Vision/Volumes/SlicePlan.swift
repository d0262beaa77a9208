/// How a volume is cut into slices, and how each becomes a picture of rows and columns.
package struct SlicePlan: Equatable, Sendable {
  /// Which way the rows and the columns of a slice run.
  package struct Orientation: Equatable, Sendable {
    /// The direction in which row numbers grow.
    package let rows: VolumeGeometry.Direction
    /// The direction in which column numbers grow.
    package let columns: VolumeGeometry.Direction

    /// Makes an orientation, `nil` where rows and columns run along the same axis.
    package init?(rows: VolumeGeometry.Direction, columns: VolumeGeometry.Direction) {
      guard rows.row != columns.row else { return nil }
      self.rows = rows
      self.columns = columns
    }
  }

  /// Rows of a slice.
  package let height: Int
  /// Columns of a slice.
  package let width: Int
  /// The slices.
  package let count: Int
  /// The first voxel of the first slice.
  private let start: Int
  private let rowStep: Int
  private let columnStep: Int
  private let sliceStep: Int

  /// Plans the slices of a volume.
  ///
  /// - Parameter orientation: Without one, the stored axes count: rows run along the first, columns along the second,
  ///   slices along the third, as an array of nibabel is cut by `[:, :, k]`.
  /// - Throws: `mismatch` where the orientation is asked for and the volume's matrix does not show one.
  package init(_ volume: Volume, orientation: Orientation?) throws(VisionError) {
    let extents = volume.extents
    let steps = [1, extents[0], extents[0] * extents[1]]
    guard let orientation else {
      (height, width, count) = (extents[0], extents[1], extents[2])
      (start, rowStep, columnStep, sliceStep) = (0, steps[0], steps[1], steps[2])
      return
    }
    guard let directions = volume.geometry.directions else {
      throw VisionError(
        .mismatch,
        "has the matrix \(volume.geometry.text), from \(volume.geometry.source.rawValue), which gives its axes no"
          + " direction; the card asks for rows to \(orientation.rows.rawValue) and columns to "
          + orientation.columns.rawValue)
    }
    func axis(along direction: VolumeGeometry.Direction) -> (axis: Int, isReversed: Bool) {
      let axis = directions.firstIndex { $0.row == direction.row } ?? 0
      return (axis, directions[axis] != direction)
    }
    let (rows, columns) = (axis(along: orientation.rows), axis(along: orientation.columns))
    let slices = 3 - rows.axis - columns.axis
    (height, width, count) = (extents[rows.axis], extents[columns.axis], extents[slices])
    rowStep = rows.isReversed ? -steps[rows.axis] : steps[rows.axis]
    columnStep = columns.isReversed ? -steps[columns.axis] : steps[columns.axis]
    sliceStep = steps[slices]
    start =
      (rows.isReversed ? (height - 1) * steps[rows.axis] : 0)
      + (columns.isReversed ? (width - 1) * steps[columns.axis] : 0)
  }

  /// The voxels of a slice, row by row.
  package func voxels(ofSlice slice: Int) -> [Int] {
    precondition((0..<count).contains(slice), "slice \(slice) of \(count)")
    var voxels: [Int] = []
    voxels.reserveCapacity(height * width)
    for row in 0..<height {
      let first = start + slice * sliceStep + row * rowStep
      for column in 0..<width { voxels.append(first + column * columnStep) }
    }
    return voxels
  }
}
