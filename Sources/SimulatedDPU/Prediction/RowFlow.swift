/// Which instruction made the rows that another one reads.
struct RowFlow {
  /// For each instruction the makers of the rows that it reads as images, each once.
  private(set) var sources: [[Int]]
  /// For each instruction the LOAD of its weights.
  private(set) var weights: [Int?]

  private let target: DPUTarget
  private var makers: [Int32]

  /// Follows a program that the core can run.
  init(_ fields: [FieldReader], _ target: DPUTarget) {
    self.target = target
    sources = [[Int]](repeating: [], count: fields.count)
    weights = [Int?](repeating: nil, count: fields.count)
    makers = [Int32](repeating: -1, count: target.bankCount * DPUTarget.rowsPerBank)
    var operands: [FieldReader] = []
    for (index, field) in fields.enumerated() {
      switch field.instruction.opcode {
      case .load:
        let place = RowPlace(bank: field[.bankID], row: field[.bankAddress])
        write(index, Block([place], pixels: field[.length], jump: field[.jumpWrite], rows: rows(of: field)))
      case .save:
        let place = RowPlace(bank: field[.bankID], row: field[.bankAddress])
        read(index, Block([place], pixels: field[.length], jump: field[.jumpRead], rows: rows(of: field)))
      case .conv:
        weights[index] = maker(target.imageBankCount, field[.bankAddressWeights])
        window(index, field, rows: 1)
      case .dptwise:
        weights[index] = maker(target.imageBankCount + target.bankWidth, field[.bankAddressWeights])
        window(index, field, rows: field[.channelGroup])
      case .alu:
        // Depthwise convolutions and prelu have weights.
        if [0, 1, 6].contains(field[.execMode]) {
          weights[index] = maker(target.imageBankCount + target.bankWidth, field[.bankAddressWeights])
        }
        window(index, field, rows: field[.channelGroup])
      case .pool: window(index, field, rows: field[.channelGroup])
      case .elewinit: operands.append(field)
      case .elew:
        elementwise(index, field, operands)
        operands = []
      case .convinit, .poolinit, .dwinit, .aluinit, .end: break
      }
    }
  }

  /// Pixels in some image rows.
  private struct Block {
    let places: [RowPlace]
    let pixels: Int
    /// Bank rows from one pixel to the next.
    let jump: Int
    /// Bank rows of a pixel.
    let rows: Int

    init(_ places: [RowPlace], pixels: Int, jump: Int, rows: Int) {
      self.places = places
      self.pixels = pixels
      self.jump = jump
      self.rows = rows
    }
  }

  private func rows(of transfer: FieldReader) -> Int {
    (transfer[.channel] + target.bankWidth - 1) / target.bankWidth
  }

  /// Follows an instruction with a window of pixels, which writes so many rows for each.
  private mutating func window(_ index: Int, _ field: FieldReader, rows: Int) {
    // The program has passed the checks of the core: windows and banks fit.
    guard
      let source = try? WindowSource(field, WindowKernel(field), outputRows: field[.vpp]),
      let output = try? WindowTarget(field, rows: field[.vpp])
    else { return }
    let start = source.realColumns.lowerBound * source.jump
    let places = source.realRows.map { row in
      RowPlace(bank: source.place(row).bank, row: source.place(row).row + start)
    }
    read(index, Block(places, pixels: source.realColumns.count, jump: source.jump, rows: source.groups))
    write(index, Block(output.places, pixels: output.outputs, jump: output.jump, rows: rows))
  }

  private mutating func elementwise(_ index: Int, _ field: FieldReader, _ operands: [FieldReader]) {
    for operand in operands {
      let places = rows(
        from: operand[.bankIDIn], operand[.bankAddressIn], count: field[.vpp], wrap: operand[.jumpReadEndl])
      read(index, Block(places, pixels: field[.length], jump: operand[.jumpRead], rows: field[.channelGroup]))
    }
    let places = rows(
      from: field[.bankIDOut], field[.bankAddressOut], count: field[.vpp], wrap: field[.jumpWriteEndl])
    write(index, Block(places, pixels: field[.length], jump: field[.jumpWrite], rows: field[.channelGroup]))
  }

  /// Image rows in consecutive banks of a group.
  private func rows(from bank: Int, _ row: Int, count: Int, wrap: Int) -> [RowPlace] {
    let groupStart = bank / target.pixelParallelism * target.pixelParallelism
    return (0..<count).map { number in
      let distance = bank - groupStart + number
      return RowPlace(
        bank: groupStart + distance % target.pixelParallelism, row: row + distance / target.pixelParallelism * wrap)
    }
  }

  private func maker(_ bank: Int, _ row: Int) -> Int? {
    guard bank < target.bankCount else { return nil }
    let maker = makers[bank * DPUTarget.rowsPerBank + row % DPUTarget.rowsPerBank]
    return maker < 0 ? nil : Int(maker)
  }

  private mutating func read(_ index: Int, _ block: Block) {
    var last: Int?
    for place in block.places where place.bank < target.bankCount {
      for pixel in 0..<block.pixels {
        for row in 0..<block.rows {
          guard let maker = maker(place.bank, place.row + pixel * block.jump + row), maker != last else { continue }
          last = maker
          if !sources[index].contains(maker) { sources[index].append(maker) }
        }
      }
    }
  }

  private mutating func write(_ index: Int, _ block: Block) {
    for place in block.places where place.bank < target.bankCount {
      let start = place.bank * DPUTarget.rowsPerBank
      for pixel in 0..<block.pixels {
        for row in 0..<block.rows {
          makers[start + (place.row + pixel * block.jump + row) % DPUTarget.rowsPerBank] = Int32(index)
        }
      }
    }
  }
}
