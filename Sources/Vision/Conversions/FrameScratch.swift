import Threads

/// Memory that grows where it must and is used again from frame to frame.
final class ReusedMemory<Element: BitwiseCopyable> {
  private var memory = UnsafeMutableBufferPointer<Element>(start: nil, count: 0)

  deinit { memory.deallocate() }

  /// So many elements, whatever they hold; valid until the next call.
  func elements(_ count: Int) -> UnsafeMutableBufferPointer<Element> {
    if memory.count < count {
      memory.deallocate()
      memory = .allocate(capacity: count)
    }
    return UnsafeMutableBufferPointer(rebasing: memory[..<count])
  }
}

/// What the preprocessing of a frame needs beside the frame: kept from frame to frame, so that none allocates memory.
// @unchecked: FrameScratchPool hands it to one thread at a time.
final class FrameScratch: @unchecked Sendable {
  /// A picture turned to grey.
  let grey = ReusedMemory<UInt8>()
  /// A row of a resized picture.
  let row = ReusedMemory<UInt8>()
  /// An array's elements as single precision numbers.
  let floats = ReusedMemory<Float>()
  /// The same, mapped.
  let mapped = ReusedMemory<Float>()
  /// The same, resized.
  let resized = ReusedMemory<Float>()
  /// Counts for percentiles.
  let counts = ReusedMemory<Int>()
  /// The table of a frame whose mapping depends on its values.
  var table = ByteTable()
  /// The maps of such a frame.
  var maps: [AffineMap] = []
  private var resizer: BilinearResizer?
  private var taps: (source: Int, target: Int, taps: LinearTaps)?
  private var rowTaps: (source: Int, target: Int, taps: LinearTaps)?
  private var nearest: (source: Int, target: Int, columns: [Int])?

  /// A resizer for 8-bit samples; planned anew only where the sizes change.
  func resizer(_ plan: BilinearResizer.Plan) -> BilinearResizer {
    if let resizer, resizer.plan == plan { return resizer }
    let made = BilinearResizer(plan)
    resizer = made
    return made
  }

  /// The taps of the columns of a resize; planned anew only where the sizes change.
  func columnTaps(source: Int, target: Int) -> LinearTaps { Self.taps(source, target, &taps) }

  /// The taps of the rows of a resize; planned anew only where the sizes change.
  func rowTaps(source: Int, target: Int) -> LinearTaps { Self.taps(source, target, &rowTaps) }

  /// The nearest source columns; planned anew only where the sizes change.
  func nearestColumns(source: Int, target: Int) -> [Int] {
    if let nearest, nearest.source == source, nearest.target == target { return nearest.columns }
    let columns = LinearTaps.nearest(source: source, target: target)
    nearest = (source, target, columns)
    return columns
  }

  private static func taps(
    _ source: Int, _ target: Int, _ kept: inout (source: Int, target: Int, taps: LinearTaps)?
  ) -> LinearTaps {
    if let kept, kept.source == source, kept.target == target { return kept.taps }
    let taps = LinearTaps(source: source, target: target)
    kept = (source, target, taps)
    return taps
  }
}

/// Scratch memory for as many threads as fill frames at the same time.
final class FrameScratchPool: Sendable {
  private let idle = Guarded<[FrameScratch]>([])

  /// Lends scratch memory for the time of a call.
  func withScratch<Result, Failure>(_ body: (FrameScratch) throws(Failure) -> Result) throws(Failure) -> Result {
    let scratch = idle.withLock { $0.popLast() } ?? FrameScratch()
    defer { idle.withLock { $0.append(scratch) } }
    return try body(scratch)
  }
}
