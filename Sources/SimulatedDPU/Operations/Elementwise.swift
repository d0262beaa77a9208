import CSimulatedKernels

/// ELEW: the sum or product of the same pixels of several images.
///
/// Each operand counts as `floor(4 * x / 2^shift_read)`; the two (of a product four) fraction bits and `shift_write` are
/// taken back in one rounding.
final class ElementwiseOperation {
  /// One image that is read.
  fileprivate struct Operand {
    /// Where each of the parallel rows begins.
    let places: [RowPlace]
    let jump: Int
    let shift: Int32
  }

  private let operands: [Operand]
  private let isProduct: Bool
  private let target: [RowPlace]
  private let targetJump: Int
  private let outputs: Int
  private let groups: Int
  private let rounding: Rounding

  /// Works out what an ELEW does.
  ///
  /// - Parameter queue: The ELEWINITs before it that no other ELEW has used.
  /// - Throws: `.invalid` for banks that do not exist, and where number or numbers of the operands do not fit.
  init(_ fields: FieldReader, operands queue: [(Int, Instruction)]) throws(ProgramError) {
    guard queue.count == fields[.num] else {
      throw fields.fail(.invalid, .num, "\(queue.count) ELEWINITs stand before it")
    }
    let rows = try fields.parallelRows(atMost: fields.target.fingerprint.eltwiseParallelism)
    isProduct = fields.value(.elewType, absent: 0) == 1
    guard fields.value(.elewType, absent: 0) <= 1 else {
      throw fields.fail(.invalid, .elewType, "expected 0 (sum) or 1 (product)")
    }
    guard !isProduct || queue.count == 2 else { throw fields.fail(.invalid, .num, "a product has 2 operands") }
    var operands: [Operand] = []
    for (number, (index, instruction)) in queue.enumerated() {
      operands.append(try Operand(FieldReader(fields.target, index, instruction), number: number, rows: rows))
    }
    self.operands = operands
    target = ElementwiseOperation.places(
      fields, bank: try fields.imageBank(.bankIDOut), row: fields[.bankAddressOut], jumpBank: 1,
      endl: fields[.jumpWriteEndl], rows: rows)
    targetJump = fields[.jumpWrite]
    outputs = fields[.length]
    groups = fields[.channelGroup]
    let half = fields.target.isa == .isa0 ? 8 : 16
    let written = fields[.shiftWrite]
    rounding = Rounding(
      shift: (isProduct ? 4 : 2) + (written < half ? -written : written - half), low: fields[.actType] == 1 ? 0 : -128)
  }

  /// Where parallel rows begin: in banks of one group, with a jump of rows behind its last bank.
  fileprivate static func places(
    _ fields: FieldReader, bank: Int, row: Int, jumpBank: Int, endl: Int, rows: Int
  ) -> [RowPlace] {
    let parallelism = fields.target.pixelParallelism
    let groupStart = bank / parallelism * parallelism
    return (0..<rows).map { number in
      let distance = bank - groupStart + number * jumpBank
      return RowPlace(bank: groupStart + distance % parallelism, row: row + distance / parallelism * endl)
    }
  }

  /// Computes the rows.
  func run(_ banks: Banks, _ kernels: dpus_kernels, _ scratch: Scratch) {
    let atOnce = max(1, Scratch.cellsAtOnce / groups)
    for (row, place) in target.enumerated() {
      var first = 0
      while first < outputs {
        let count = min(atOnce, outputs - first)
        for (number, operand) in operands.enumerated() {
          let function =
            number == 0 ? kernels.set_scaled : isProduct ? kernels.multiply_scaled : kernels.add_scaled
          let start = operand.places[row]
          let from = Banks.Pixels(
            bank: start.bank, row: start.row + first * operand.jump, jump: operand.jump, each: groups, count: count)
          banks.withRows(from) { rows, pixels, each in function(rows, pixels, each, operand.shift, scratch.sums) }
        }
        let pixels = Banks.Pixels(
          bank: place.bank, row: place.row + first * targetJump, jump: targetJump, each: groups, count: count)
        rounding.round(scratch, into: pixels, banks, kernels)
        first += count
      }
    }
  }
}

extension ElementwiseOperation.Operand {
  /// The operand that an ELEWINIT describes.
  ///
  /// - Throws: `.invalid` for banks that do not exist and operands out of order.
  fileprivate init(_ fields: FieldReader, number: Int, rows: Int) throws(ProgramError) {
    guard fields[.id] == number else { throw fields.fail(.invalid, .id, "expected \(number), the next operand") }
    let isShared = fields.value(.sharePP, absent: 0) == 1
    let step = fields.value(.jumpBank, absent: 1)
    guard step * rows <= fields.target.pixelParallelism else {
      throw fields.fail(
        .invalid, .jumpBank,
        "\(rows) parallel rows with this step pass over a group of \(fields.target.pixelParallelism) banks")
    }
    places = ElementwiseOperation.places(
      fields, bank: try fields.imageBank(.bankIDIn), row: fields[.bankAddressIn],
      jumpBank: isShared ? 0 : step, endl: fields[.jumpReadEndl], rows: rows)
    jump = fields[.jumpRead]
    shift = Int32(fields[.shiftRead])
  }
}
