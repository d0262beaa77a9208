import CVisionKernels

/// Bilinear resizing of 8-bit samples in integers, a row at a time; one thread at a time may use it.
///
/// Weights have 11 bits: `w = round(fraction * 2048)` (halves to even) for the second source pixel and for the first
/// `round((1 - fraction) * 2048)`. A row is first weighed along x into 19 bits, exactly. Two such rows are weighed
/// along y: `((wy0 * (a >> 4)) >> 16) + ((wy1 * (b >> 4)) >> 16) + 2) >> 2`. The result lies within 1 of the exact
/// value, and is the arithmetic of OpenCV's `INTER_LINEAR` for 8 bits.
///
/// - Source: OpenCV 4.x, modules/imgproc/src/resize.cpp: `HResizeLinear`, `VResizeLinear` with `FixedPtCast`.
final class BilinearResizer {
  /// From which size to which.
  struct Plan: Equatable {
    var sourceWidth: Int
    var sourceHeight: Int
    var targetWidth: Int
    var targetHeight: Int
    var channels: Int
  }

  /// From which size to which.
  let plan: Plan
  /// Samples of a target row.
  var rowCount: Int { plan.targetWidth * plan.channels }
  private let raw: OpaquePointer

  /// Plans a resize; costs as much as a row and a column.
  init(_ plan: Plan, kernels: ConversionKernels = .best) {
    self.plan = plan
    let columns = WeightedTaps(source: plan.sourceWidth, target: plan.targetWidth)
    let rows = WeightedTaps(source: plan.sourceHeight, target: plan.targetHeight)
    let raw = columns.withAxis { columns in
      rows.withAxis { rows in
        withUnsafePointer(to: columns) { columns in
          withUnsafePointer(to: rows) { dpuv_resize_create(kernels.isa, columns, $0, plan.channels) }
        }
      }
    }
    guard let raw else { preconditionFailure("no memory for a row of \(plan.targetWidth) pixels") }
    self.raw = raw
  }

  deinit { dpuv_resize_destroy(raw) }

  /// Resizes a picture a row at a time, in order.
  ///
  /// - Parameters:
  ///   - source: `[height, width, channels]` of the planned source size.
  ///   - row: Memory for a target row.
  ///   - take: Gets the row's number when its samples are in the memory.
  func resize(
    _ source: UnsafeBufferPointer<UInt8>, row: UnsafeMutableBufferPointer<UInt8>, take: (Int) -> Void
  ) {
    eachRow(of: source, memory: { _ in row }, take)
  }

  /// Resizes a picture, rows without gaps.
  func resize(_ source: UnsafeBufferPointer<UInt8>, into target: UnsafeMutableBufferPointer<UInt8>) {
    precondition(target.count == rowCount * plan.targetHeight, "\(target.count) samples for a target of \(plan)")
    let count = rowCount
    eachRow(
      of: source, memory: { UnsafeMutableBufferPointer(rebasing: target[$0 * count..<($0 + 1) * count]) }, { _ in })
  }

  @inline(__always)
  private func eachRow(
    of source: UnsafeBufferPointer<UInt8>, memory: (Int) -> UnsafeMutableBufferPointer<UInt8>, _ take: (Int) -> Void
  ) {
    precondition(
      source.count == plan.sourceWidth * plan.sourceHeight * plan.channels, "\(source.count) samples for \(plan)")
    guard let from = source.baseAddress else { return }
    dpuv_resize_begin(raw)
    for y in 0..<plan.targetHeight {
      let row = memory(y)
      guard row.count == rowCount, let to = row.baseAddress else {
        preconditionFailure("a row of \(row.count) samples")
      }
      dpuv_resize_row(raw, from, y, to)
      take(y)
    }
  }
}

/// The two source positions of each target position, with weights of 11 bits.
private struct WeightedTaps {
  private let source: Int32
  private let first: [Int32]
  private let second: [Int32]
  private let firstWeight: [Int16]
  private let secondWeight: [Int16]

  init(source: Int, target: Int) {
    let taps = LinearTaps(source: source, target: target)
    self.source = Int32(source)
    first = taps.first.map { Int32($0) }
    second = taps.second.map { Int32($0) }
    firstWeight = taps.fraction.map { Self.weight(1 - $0) }
    secondWeight = taps.fraction.map { Self.weight($0) }
  }

  private static func weight(_ fraction: Float) -> Int16 {
    let scaled = fraction * 2048
    let floor = Int16(scaled)
    let rest = scaled - Float(floor)
    return rest > 0.5 || (rest == 0.5 && floor & 1 == 1) ? floor + 1 : floor
  }

  func withAxis<Result>(_ body: (dpuv_axis) -> Result) -> Result {
    first.withUnsafeBufferPointer { first in
      second.withUnsafeBufferPointer { second in
        firstWeight.withUnsafeBufferPointer { firstWeight in
          secondWeight.withUnsafeBufferPointer { secondWeight in
            body(
              dpuv_axis(
                source: source, target: Int32(first.count), first: first.baseAddress, second: second.baseAddress,
                first_weight: firstWeight.baseAddress, second_weight: secondWeight.baseAddress))
          }
        }
      }
    }
  }
}
