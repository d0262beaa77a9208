/// Where a volume's voxels lie in space: the matrix from voxel numbers to millimetres right, anterior and superior.
///
/// As the standard and nibabel have it, the field `srow` counts where `sform_code` is not 0, else the rotation where
/// `qform_code` is not 0; else nothing is known but the steps, and the first two axes are taken to run to the left and
/// to the front from the middle of the volume.
package struct VolumeGeometry: Equatable, Sendable {
  /// Where a matrix comes from.
  package enum Source: String, Sendable {
    /// The field `srow`.
    case matrix = "srow (sform)"
    /// The fields `quatern`, `qoffset` and `pixdim`.
    case rotation = "quatern (qform)"
    /// The steps alone.
    case steps = "pixdim alone; sform_code and qform_code are 0"
  }

  /// The matrix.
  ///
  /// - Shape: 3 rows (right, anterior, superior) of 4: a step along each axis, then the place of the first voxel.
  /// - Units: as the file says, in practice millimetres
  package let matrix: [[Double]]
  /// Where it comes from.
  package let source: Source
  /// The volume of one voxel.
  ///
  /// - Units: mm³; nothing said counts as millimetres
  package let voxelCubicMillimetres: Double

  init(_ fields: NiftiFields) {
    let steps = (1...3).map { axis -> Double in
      // Axes that are not there have a step of 1; the sign of a step says nothing.
      let step = abs(fields.number(.steps, axis))
      return step.isFinite && step > 0 ? step : 1
    }
    if fields.integer(.matrixCode) > 0 {
      source = .matrix
      matrix = (0..<3).map { row in (0..<4).map { fields.number(.matrix, 4 * row + $0) } }
    } else if fields.integer(.rotationCode) > 0 {
      source = .rotation
      let rotation = Self.rotation((0..<3).map { fields.number(.rotation, $0) })
      let sign = fields.number(.steps, 0) < 0 ? -1.0 : 1.0
      matrix = (0..<3).map { row in
        [
          rotation[row][0] * steps[0], rotation[row][1] * steps[1], rotation[row][2] * steps[2] * sign,
          fields.number(.rotationOffset, row),
        ]
      }
    } else {
      source = .steps
      let axisCount = fields.integer(.dimensions)
      let extents = (1...3).map { $0 <= axisCount ? Double(fields.integer(.dimensions, $0)) : 1 }
      let signs = [-1.0, 1, 1]
      matrix = (0..<3).map { row in
        var values = [0.0, 0, 0, -(extents[row] - 1) / 2 * signs[row] * steps[row]]
        values[row] = signs[row] * steps[row]
        return values
      }
    }
    let inMillimetres: Double =
      switch fields.integer(.units) & 7 {
      case 1: 1000
      case 3: 0.001
      default: 1
      }
    voxelCubicMillimetres = steps.reduce(1) { $0 * $1 * inMillimetres }
  }

  /// The rotation that a unit quaternion stands for, of which the last three parts are given.
  private static func rotation(_ parts: [Double]) -> [[Double]] {
    var (b, c, d) = (parts[0], parts[1], parts[2])
    let rest = 1 - (b * b + c * c + d * d)
    var a = 0.0
    if rest < 1e-7 {
      // A half turn, up to rounding: the three parts alone make the unit.
      let length = (b * b + c * c + d * d).squareRoot()
      (b, c, d) = (b / length, c / length, d / length)
    } else {
      a = rest.squareRoot()
    }
    return [
      [a * a + b * b - c * c - d * d, 2 * (b * c - a * d), 2 * (b * d + a * c)],
      [2 * (b * c + a * d), a * a + c * c - b * b - d * d, 2 * (c * d - a * b)],
      [2 * (b * d - a * c), 2 * (c * d + a * b), a * a + d * d - c * c - b * b],
    ]
  }

  /// Directions in the body.
  package enum Direction: String, Sendable, CaseIterable {
    case right = "R"
    case left = "L"
    case anterior = "A"
    case posterior = "P"
    case superior = "S"
    case inferior = "I"

    /// The row of the matrix that it runs along.
    var row: Int {
      switch self {
      case .right, .left: 0
      case .anterior, .posterior: 1
      case .superior, .inferior: 2
      }
    }

    /// Whether it runs against the row.
    var isReversed: Bool { self == .left || self == .posterior || self == .inferior }
  }

  /// The direction that each stored axis runs along most nearly, no two along the same row; `nil` where the matrix is none.
  package var directions: [Direction]? {
    let lengths = (0..<3).map { axis in
      (0..<3).reduce(0) { $0 + matrix[$1][axis] * matrix[$1][axis] }.squareRoot()
    }
    guard lengths.allSatisfy({ $0.isFinite && $0 > 0 }) else { return nil }
    func share(_ axis: Int, _ row: Int) -> Double { abs(matrix[row][axis]) / lengths[axis] }
    let orders = [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]]
    func total(_ rows: [Int]) -> Double { (0..<3).reduce(0) { $0 + share($1, rows[$1]) } }
    let best = orders.reduce(orders[0]) { total($1) > total($0) ? $1 : $0 }
    return (0..<3).map { axis in
      let isReversed = matrix[best[axis]][axis] < 0
      return Direction.allCases.first { $0.row == best[axis] && $0.isReversed == isReversed } ?? .right
    }
  }

  /// The greatest difference between two matrices, in the unit of their elements; infinite where one has no numbers.
  package func difference(from other: VolumeGeometry) -> Double {
    var greatest = 0.0
    for (row, otherRow) in zip(matrix, other.matrix) {
      for (value, otherValue) in zip(row, otherRow) {
        let difference = abs(value - otherValue)
        greatest = difference.isFinite ? max(greatest, difference) : .infinity
      }
    }
    return greatest
  }

  /// The matrix for a message: `[-3, 0, 0, 90; 0, 3, 0, -126; 0, 0, 3, -72]`.
  package var text: String {
    "[" + matrix.map { $0.map { "\(Float($0))" }.joined(separator: ", ") }.joined(separator: "; ") + "]"
  }
}
