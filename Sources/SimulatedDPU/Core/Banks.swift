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
      let turned = Array(garbage[start...] + garbage[..<start])
      turned.withUnsafeBytes { write($0, to: bank, row: 0) }
    }
  }

  deinit { storage.deallocate() }

  /// The first row of an image bank.
  func image(_ bank: Int) -> UnsafeMutablePointer<Int8> { storage + bank * Banks.rows * Banks.rowPitch }

  /// Writes bytes to rows from a row on, wrapping at the bank's end; the rest of the last row becomes 0.
  func write(_ bytes: UnsafeRawBufferPointer, to bank: DPUTarget.Bank, row: Int) {
    switch bank {
    case .image(let number): write(bytes, to: image(number), row: row)
    case .depthwiseWeights: write(bytes, to: depthwiseWeights, row: row)
    case .bias: write(bytes, to: biases, row: row)
    case .weights(let channel): weave(bytes, channel: channel, row: row)
    }
  }

  private func write(_ bytes: UnsafeRawBufferPointer, to bank: UnsafeMutablePointer<Int8>, row: Int) {
    guard let source = bytes.baseAddress else { return }
    var row = row & (Banks.rows - 1)
    var done = 0
    while done < bytes.count {
      let rest = bytes.count - done
      let target = UnsafeMutableRawPointer(bank + row * Banks.rowPitch)
      if width == Banks.rowPitch, rest >= width {
        let count = min(rest / width, Banks.rows - row) * width
        target.copyMemory(from: source + done, byteCount: count)
        done += count
        row = (row + count / width) & (Banks.rows - 1)
      } else {
        let count = min(rest, width)
        target.copyMemory(from: source + done, byteCount: count)
        (target + count).initializeMemory(as: UInt8.self, repeating: 0, count: Banks.rowPitch - count)
        done += count
        row = (row + 1) & (Banks.rows - 1)
      }
    }
  }

  private func weave(_ bytes: UnsafeRawBufferPointer, channel: Int, row: Int) {
    var row = row
    var done = 0
    while done < bytes.count {
      let count = min(bytes.count - done, width)
      let target = weights + (row & (Banks.rows - 1)) * Banks.wovenPitch + 4 * channel
      for quad in 0..<4 {
        var cell: UInt32 = 0
        let start = done + 4 * quad
        if 4 * quad + 4 <= count {
          cell = bytes.loadUnaligned(fromByteOffset: start, as: UInt32.self)
        } else {
          for place in 0..<max(0, count - 4 * quad) {
            cell |= UInt32(bytes[start + place]) << UInt32(8 * place)
          }
          cell = UInt32(littleEndian: cell)
        }
        UnsafeMutableRawPointer(target + 64 * quad).storeBytes(of: cell, as: UInt32.self)
      }
      done += count
      row += 1
    }
  }

  /// Reads bytes from the rows of an image bank, wrapping at its end.
  func read(image bank: Int, row: Int, into bytes: UnsafeMutableRawBufferPointer) {
    guard let target = bytes.baseAddress else { return }
    let source = image(bank)
    var row = row & (Banks.rows - 1)
    var done = 0
    while done < bytes.count {
      let rest = bytes.count - done
      let count = width == Banks.rowPitch ? min(rest, (Banks.rows - row) * width) : min(rest, width)
      (target + done).copyMemory(from: source + row * Banks.rowPitch, byteCount: count)
      done += count
      row = (row + (count + width - 1) / width) & (Banks.rows - 1)
    }
  }
}
