/// Bilinear resizing of 8-bit samples in integers, a row at a time.
///
/// Weights have 11 bits: `w = round(fraction * 2048)` (halves to even) for the second source pixel and for the first
/// `round((1 - fraction) * 2048)`. A row is first weighed along x into 19 bits, exactly. Two such rows are weighed
/// along y: `((wy0 * (a >> 4)) >> 16) + ((wy1 * (b >> 4)) >> 16) + 2) >> 2`. The result lies within 1 of the exact
/// value, and is the arithmetic of OpenCV's `INTER_LINEAR` for 8 bits.
///
/// - Source: OpenCV 4.x, modules/imgproc/src/resize.cpp: `HResizeLinear`, `VResizeLinear` with `FixedPtCast`.
struct BilinearResizer {
  /// Bits of a weight.
  private static let weightBits = 11

  /// The two source samples of a target column, by their offsets in a row, and their weights.
  private struct Column {
    let left: Int32
    let right: Int32
    let leftWeight: Int32
    let rightWeight: Int32
  }

  let targetWidth: Int
  let targetHeight: Int
  let channels: Int
  private let sourceWidth: Int
  private let columns: [Column]
  private let rows: LinearTaps

  /// Plans a resize; costs as much as a row and a column.
  init(sourceWidth: Int, sourceHeight: Int, targetWidth: Int, targetHeight: Int, channels: Int) {
    let taps = LinearTaps(source: sourceWidth, target: targetWidth)
    self.targetWidth = targetWidth
    self.targetHeight = targetHeight
    self.channels = channels
    self.sourceWidth = sourceWidth
    columns = (0..<targetWidth).map { x in
      Column(
        left: Int32(taps.first[x] * channels), right: Int32(taps.second[x] * channels),
        leftWeight: BilinearResizer.weight(1 - taps.fraction[x]), rightWeight: BilinearResizer.weight(taps.fraction[x]))
    }
    rows = LinearTaps(source: sourceHeight, target: targetHeight)
  }

  private static func weight(_ fraction: Float) -> Int32 {
    let scaled = fraction * Float(1 << weightBits)
    let floor = Int32(scaled)
    let rest = scaled - Float(floor)
    return rest > 0.5 || (rest == 0.5 && floor & 1 == 1) ? floor + 1 : floor
  }

  /// Resizes and hands each finished row to a closure, in order; the pointer must not leave it.
  ///
  /// - Parameters:
  ///   - source: `[height, width, channels]` of the planned source size.
  ///   - take: Gets the row's number and its samples.
  func resize(
    _ source: UnsafeBufferPointer<UInt8>, take: (Int, UnsafeBufferPointer<UInt8>) -> Void
  ) {
    let rowCount = targetWidth * channels
    withUnsafeTemporaryAllocation(of: Int32.self, capacity: 2 * rowCount) { scratch in
      withUnsafeTemporaryAllocation(of: UInt8.self, capacity: rowCount) { row in
        var upper = UnsafeMutableBufferPointer(rebasing: scratch[..<rowCount])
        var lower = UnsafeMutableBufferPointer(rebasing: scratch[rowCount...])
        // Which source rows the two scratch rows hold; neighbouring target rows share them.
        var (upperRow, lowerRow) = (-1, -1)
        for y in 0..<targetHeight {
          let (first, second) = (rows.first[y], rows.second[y])
          if upperRow != first, lowerRow == first {
            swap(&upper, &lower)
            swap(&upperRow, &lowerRow)
          }
          if upperRow != first {
            weighRow(first, of: source, into: upper)
            upperRow = first
          }
          if second != first, lowerRow != second {
            weighRow(second, of: source, into: lower)
            lowerRow = second
          }
          let other = second == first ? upper : lower
          let fraction = rows.fraction[y]
          let (weight, otherWeight) = (Self.weight(1 - fraction), Self.weight(fraction))
          for index in 0..<rowCount { row[index] = Self.blend(upper[index], weight, other[index], otherWeight) }
          take(y, UnsafeBufferPointer(row))
        }
      }
    }
  }

  @inline(__always)
  private static func blend(_ a: Int32, _ aWeight: Int32, _ b: Int32, _ bWeight: Int32) -> UInt8 {
    let sum = (aWeight &* (a >> 4)) >> 16 &+ (bWeight &* (b >> 4)) >> 16
    return UInt8(truncatingIfNeeded: (sum &+ 2) >> 2)
  }

  /// Weighs one source row along x.
  private func weighRow(
    _ y: Int, of source: UnsafeBufferPointer<UInt8>, into target: UnsafeMutableBufferPointer<Int32>
  ) {
    let line = UnsafeBufferPointer(rebasing: source[y * sourceWidth * channels..<(y + 1) * sourceWidth * channels])
    // Grey and colour get loops of their own, in which the compiler knows the number of channels.
    switch channels {
    case 1: weigh(line, channels: 1, into: target)
    case 3: weigh(line, channels: 3, into: target)
    default: weigh(line, channels: channels, into: target)
    }
  }

  @inline(__always)
  private func weigh(
    _ line: UnsafeBufferPointer<UInt8>, channels: Int, into target: UnsafeMutableBufferPointer<Int32>
  ) {
    columns.withUnsafeBufferPointer { columns in
      var to = 0
      for column in columns {
        for channel in 0..<channels {
          target[to] =
            Int32(line[Int(column.left) + channel]) &* column.leftWeight
            &+ Int32(line[Int(column.right) + channel]) &* column.rightWeight
          to += 1
        }
      }
    }
  }
}
