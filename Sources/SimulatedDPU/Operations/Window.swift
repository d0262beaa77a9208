/// Where a row of an image begins: an image bank and a row in it.
struct RowPlace {
  let bank: Int
  let row: Int
}

/// What moves over a window: its size and its steps.
struct WindowKernel {
  let height: Int
  let width: Int
  let strideHeight: Int
  let strideWidth: Int

  /// Values under the kernel.
  var taps: Int { height * width }
}

/// The part of an image that CONV, POOL, DPTWISE and ALU read.
///
/// An image has `rowsPerBank` (the vertical stride) consecutive rows in a bank and goes on in the next bank of its group;
/// behind the group's last bank it goes on in the first one, at another base address.
struct WindowSource {
  /// The image rows of the window from the first that is not padding.
  private let places: [RowPlace]
  /// The number of the first image row that is not padding.
  let firstRow: Int
  /// The number of image rows, padding included.
  let rows: Int
  /// The image rows that are not padding, as a range.
  var realRows: Range<Int> { firstRow..<(firstRow + places.count) }
  /// The columns that are not padding.
  let realColumns: Range<Int>
  /// The number of columns, padding included.
  let columns: Int
  /// Bank rows from one pixel to the next.
  let jump: Int
  /// Bank rows of a pixel: groups of channels.
  let groups: Int
  /// Channels at the end of each pixel that count as padding.
  let channelOffset: Int

  /// Works out the window of an instruction.
  ///
  /// - Parameters:
  ///   - kernel: What moves over it; its vertical step is also the rows of an image that lie in one bank.
  ///   - outputRows: Rows that are computed.
  ///   - isPadded: Whether pads and channel offset count.
  /// - Throws: `.invalid` for banks that do not exist, rows that need a fifth base address, and offsets out of range.
  init(
    _ fields: FieldReader, _ kernel: WindowKernel, outputRows: Int, isPadded: Bool = true
  ) throws(ProgramError) {
    let bank = try fields.imageBank(.bankIDIn)
    let rowsPerBank = kernel.strideHeight
    guard fields[.strideOffsetIn] < rowsPerBank else {
      throw fields.fail(.invalid, .strideOffsetIn, "must be less than stride_h (\(rowsPerBank)), the rows of a bank")
    }
    jump = fields[.jumpRead]
    groups = fields[.channelGroup]
    rows = (outputRows - 1) * kernel.strideHeight + kernel.height
    columns = (fields[.length] - 1) * kernel.strideWidth + kernel.width
    channelOffset = isPadded ? fields.value(.channelOffset, absent: 0) : 0
    guard channelOffset <= groups * fields.target.bankWidth else {
      throw fields.fail(
        .invalid, .channelOffset, "a pixel has only \(groups * fields.target.bankWidth) channels")
    }
    if isPadded {
      firstRow = min(fields[.padTop], rows)
      let rowEnd = min(rows, rows - kernel.height + fields[.padBottom] + 1)
      let columnStart = min(fields[.padLeft], columns)
      let columnEnd = min(columns, columns - kernel.width + fields[.padRight] + 1)
      realColumns = columnStart..<max(columnStart, columnEnd)
      places = try WindowSource.places(fields, bank: bank, rowsPerBank, firstRow..<max(firstRow, rowEnd))
    } else {
      firstRow = 0
      realColumns = 0..<columns
      places = try WindowSource.places(fields, bank: bank, rowsPerBank, 0..<rows)
    }
  }

  private static func places(
    _ fields: FieldReader, bank: Int, _ rowsPerBank: Int, _ rows: Range<Int>
  ) throws(ProgramError) -> [RowPlace] {
    let parallelism = fields.target.pixelParallelism
    let groupStart = bank / parallelism * parallelism
    let bases = [
      fields[.bankAddressIn], fields[.bankAddressIn1], fields[.bankAddressIn2], fields[.bankAddressIn3],
    ]
    var places: [RowPlace] = []
    places.reserveCapacity(rows.count)
    for row in rows {
      let slot = fields[.strideOffsetIn] + row
      let distance = bank - groupStart + slot / rowsPerBank
      guard distance / parallelism < bases.count else {
        throw fields.fail(
          .invalid, .bankIDIn,
          "row \(row) of the window is behind the group's last bank for the 4th time, but there are 4 base addresses")
      }
      places.append(
        RowPlace(
          bank: groupStart + distance % parallelism,
          row: bases[distance / parallelism] + slot % rowsPerBank * fields[.jumpReadEndl]))
    }
    return places
  }

  /// The lanes of a group of channels that the channel offset takes out.
  func lanesOff(_ group: Int, width: Int) -> Range<Int> {
    let used = groups * width - channelOffset - group * width
    return min(width, max(0, used))..<width
  }

  /// Where an image row begins.
  ///
  /// - Precondition: The row is not padding.
  func place(_ row: Int) -> RowPlace { places[row - firstRow] }
}

/// The part of an image that CONV, POOL, DPTWISE and ALU write: `outputs` pixels in each of some rows.
struct WindowTarget {
  /// Where the rows begin.
  let places: [RowPlace]
  /// Bank rows from one pixel to the next.
  let jump: Int
  /// Pixels of a row.
  let outputs: Int

  /// Works out where an instruction writes.
  ///
  /// - Throws: `.invalid` for banks that do not exist.
  init(_ fields: FieldReader, rows: Int) throws(ProgramError) {
    let bank = try fields.imageBank(.bankIDOut)
    let parallelism = fields.target.pixelParallelism
    let groupStart = bank / parallelism * parallelism
    let rowsPerBank = fields[.strideOut]
    places = (0..<rows).map { row in
      let slot = row + fields[.strideOffsetOut]
      let distance = bank - groupStart + slot / rowsPerBank
      return RowPlace(
        bank: groupStart + distance % parallelism,
        row: fields[.bankAddressOut]
          + (distance / parallelism * rowsPerBank + slot % rowsPerBank) * fields[.jumpWriteEndl])
    }
    jump = fields[.jumpWrite]
    outputs = fields[.length]
  }
}
