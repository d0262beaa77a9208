import CSimulatedKernels
import Tensors

/// The on-chip memory of a core as one flat buffer.
///
/// Every row takes 16 bytes, of which the core's bank width are used. The rows of an image bank, of the depthwise weights
/// and of the biases follow each other. Those of the convolution weights are woven, for the kernels: a row of all weight
/// banks is 256 bytes `[quad][output channel][4]`, where byte `k` of a bank's row stands in quad `k / 4`. What no bank
/// has (output channels and bytes beyond the width) is 0 and stays so.
final class Banks {
  /// Bytes from one row to the next.
  static let rowPitch = 16
  /// Bytes from one row of all weight banks to the next.
  static let wovenPitch = 256
  private static let rows = DPUTarget.rowsPerBank

  /// Bytes of a row that are used.
  let width: Int
  private let imageBankCount: Int
  private let storage: UnsafeMutablePointer<Int8>
  /// The woven convolution weights.
  let weights: UnsafeMutablePointer<Int8>
  /// The weights of depthwise convolutions and the ALU.
  let depthwiseWeights: UnsafeMutablePointer<Int8>
  /// The biases.
  let biases: UnsafeMutablePointer<Int8>

  /// Allocates banks and fills them with garbage.
  init(target: DPUTarget, seed: UInt64) {
    width = target.bankWidth
    imageBankCount = target.imageBankCount
    let bankBytes = Banks.rows * Banks.rowPitch
    let byteCount = (imageBankCount + 2) * bankBytes + Banks.rows * Banks.wovenPitch
    let raw = UnsafeMutableRawPointer.allocate(byteCount: byteCount, alignment: 64)
    storage = raw.initializeMemory(as: Int8.self, repeating: 0, count: byteCount)
    weights = storage + imageBankCount * bankBytes
    depthwiseWeights = weights + Banks.rows * Banks.wovenPitch
    biases = depthwiseWeights + bankBytes
    var random = SeededGenerator(seed: seed)
    let garbage = random.int8s(Banks.rows * width)
    for id in 0..<target.bankCount {
      guard let bank = target.bank(id) else { continue }
      // Another start in each bank: filling every byte afresh would take longer than a run.
      let start = Int(random.next() % UInt64(garbage.count))
      var turned = Array(garbage[start...] + garbage[..<start])
      turned.withUnsafeMutableBytes { bytes in
        guard let start = bytes.baseAddress else { return }
        write(Elements(start: start, channels: bytes.count), to: bank, row: 0, rowJump: 0)
      }
    }
  }

  deinit { storage.deallocate() }

  /// The first row of an image bank.
  func image(_ bank: Int) -> UnsafeMutablePointer<Int8> { storage + bank * Banks.rows * Banks.rowPitch }

  /// Writes elements of bytes to rows of a bank, wrapping at its end; the rest of each element's last row becomes 0.
  ///
  /// - Parameters:
  ///   - elements: The bytes; `jump` of them lie between the first ones of two elements.
  ///   - rowJump: Rows from one element to the next.
  func write(_ elements: Elements, to bank: DPUTarget.Bank, row: Int, rowJump: Int) {
    switch bank {
    case .image(let number): load(dpus_load_cells, elements, rows(image(number), row, rowJump))
    case .depthwiseWeights: load(dpus_load_cells, elements, rows(depthwiseWeights, row, rowJump))
    case .bias: load(dpus_load_cells, elements, rows(biases, row, rowJump))
    case .weights(let channel): load(dpus_load_woven, elements, rows(weights + 4 * channel, row, rowJump))
    }
  }

  /// Reads elements of bytes from rows of an image bank, wrapping at its end.
  func read(image bank: Int, row: Int, rowJump: Int, into elements: Elements) {
    var from = rows(image(bank), row, rowJump)
    dpus_save_cells(
      &from, Int32(width), elements.start.assumingMemoryBound(to: UInt8.self), elements.jump, Int32(elements.count),
      Int32(elements.channels))
  }

  /// Elements of bytes in memory, all of which are there.
  struct Elements {
    /// The first byte of the first one.
    let start: UnsafeMutableRawPointer
    /// Bytes from one to the next.
    var jump = 0
    /// How many there are.
    var count = 1
    /// Bytes of each.
    let channels: Int
  }

  private func load(
    _ function: (UnsafePointer<UInt8>, Int, Int32, Int32, Int32, UnsafePointer<dpus_rows>) -> Void,
    _ elements: Elements, _ rows: dpus_rows
  ) {
    var rows = rows
    function(
      elements.start.assumingMemoryBound(to: UInt8.self), elements.jump, Int32(elements.count),
      Int32(elements.channels), Int32(width), &rows)
  }

  /// Rows as the kernels take them; they wrap at the bank's end.
  func rows(_ bank: UnsafeMutablePointer<Int8>, _ row: Int, _ jump: Int) -> dpus_rows {
    dpus_rows(bank: bank, row: Int32(row), jump: Int32(jump))
  }
}
