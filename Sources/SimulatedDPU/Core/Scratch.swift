/// Memory that instructions work in; nothing in it outlives an instruction.
final class Scratch {
  /// Bytes that the copy of a window is meant to take: what a near cache holds beside the rest.
  static let windowByteCount = 256 << 10
  /// Cells of 16 sums that are held at once.
  static let cellsAtOnce = 256

  /// `[cells, 16]`
  let sums = UnsafeMutablePointer<Int32>.allocate(capacity: Scratch.cellsAtOnce * 16)
  /// `[cells, 16]`
  let cells = UnsafeMutablePointer<Int8>.allocate(capacity: Scratch.cellsAtOnce * 16)
  /// What convolutions start from, `[16]`.
  let start = UnsafeMutablePointer<Int32>.allocate(capacity: 16)
  /// Biases, shifted, `[16]`.
  let biases = UnsafeMutablePointer<Int32>.allocate(capacity: 16)
  /// Biases that are 0, `[16]`.
  let noBiases = UnsafeMutablePointer<Int32>.allocate(capacity: 16)
  private var window = GrowingMemory()
  private var prepared = GrowingMemory()
  private var wrapped = GrowingMemory()
  private var taps = GrowingMemory()
  private var tapWeights = GrowingMemory()

  /// Allocates what is always needed.
  init() {
    biases.initialize(repeating: 0, count: 16)
    noBiases.initialize(repeating: 0, count: 16)
  }

  deinit {
    sums.deallocate()
    cells.deallocate()
    start.deallocate()
    biases.deallocate()
    noBiases.deallocate()
  }

  /// Room for a window.
  func window(_ byteCount: Int) -> UnsafeMutablePointer<UInt8> {
    window.room(byteCount).assumingMemoryBound(to: UInt8.self)
  }

  /// Room for prepared weights.
  func prepared(_ byteCount: Int) -> UnsafeMutableRawPointer { prepared.room(byteCount) }

  /// Room for weights that wrap at the end of their banks.
  func wrapped(_ byteCount: Int) -> UnsafeMutablePointer<Int8> {
    wrapped.room(byteCount).assumingMemoryBound(to: Int8.self)
  }

  /// Room for where the taps of a window and their weights lie.
  func taps(_ count: Int) -> Taps {
    let byteCount = count * MemoryLayout<UnsafePointer<Int8>>.stride
    return Taps(
      cells: taps.room(byteCount).assumingMemoryBound(to: UnsafePointer<Int8>.self),
      weights: tapWeights.room(byteCount).assumingMemoryBound(to: UnsafePointer<Int8>.self))
  }

  /// Lists of pointers, as the kernels want them.
  struct Taps {
    let cells: UnsafeMutablePointer<UnsafePointer<Int8>>
    let weights: UnsafeMutablePointer<UnsafePointer<Int8>>
  }
}

/// Memory that is allocated anew when more is wanted than there is; what was in it is lost then.
private final class GrowingMemory {
  private var memory: UnsafeMutableRawPointer?
  private var byteCount = 0

  deinit { memory?.deallocate() }

  func room(_ wanted: Int) -> UnsafeMutableRawPointer {
    if let memory, byteCount >= wanted { return memory }
    memory?.deallocate()
    byteCount = max(wanted, 64)
    let fresh = UnsafeMutableRawPointer.allocate(byteCount: byteCount, alignment: 64)
    memory = fresh
    return fresh
  }
}
