/// LOAD: elements of bytes from memory into rows of a bank.
final class LoadOperation {
  private let index: Int
  private let instruction: Instruction
  private let bank: DPUTarget.Bank
  private let row: Int
  private let rowJump: Int
  private let register: Int
  private let address: Int
  private let jump: Int
  private let channels: Int
  /// Bytes of each element that are read; the others are 0. Empty where all bytes of all elements are.
  private let reads: [Range<Int>]
  /// From the first to behind the last byte that is read, counted from the address.
  private let extent: Range<Int>
  /// What is written in place of bytes from memory.
  private let constant: UInt8?
  /// The number of elements.
  let elements: Int

  /// Works out what a LOAD does.
  ///
  /// - Throws: `.invalid` for a bank that does not exist; `.unsupported` for mean subtraction and unknown broadcasts.
  init(_ fields: FieldReader) throws(ProgramError) {
    guard let bank = fields.target.bank(fields[.bankID]) else {
      throw fields.fail(.invalid, .bankID, "there is no such bank; this core's are 0 to \(fields.target.bankCount - 1)")
    }
    guard fields[.modeAvg] == 0 else {
      throw fields.fail(
        .unsupported, .modeAvg, "mean subtraction is not simulated: no core of the family has a mean bank")
    }
    let broadcast = fields.value(.broadcast, absent: 0)
    guard broadcast == 0 || broadcast == 7 else {
      throw fields.fail(.unsupported, .broadcast, "expected 0 (bytes from memory) or 7 (const_value)")
    }
    constant = broadcast == 7 ? UInt8(truncatingIfNeeded: fields[.constValue]) : nil
    index = fields.index
    instruction = fields.instruction
    self.bank = bank
    row = fields[.bankAddress]
    rowJump = fields[.jumpWrite]
    register = fields[.regID]
    address = fields[.ddrAddress]
    jump = fields[.jumpRead]
    channels = fields[.channel]
    elements = fields[.length]
    reads = LoadOperation.reads(fields)
    extent = LoadOperation.extent(fields, reads)
  }

  private static func reads(_ fields: FieldReader) -> [Range<Int>] {
    let (channels, jump, width) = (fields[.channel], fields[.jumpRead], fields.target.bankWidth)
    let isPadded = fields[.padStart] > 0 || fields[.padEnd] > 0
    guard isPadded, channels >= jump, channels <= 64 else { return [] }
    let rounded = (channels + width - 1) / width * width
    return (0..<fields[.length]).map { element in
      let start = min(channels, max(0, fields[.padStart] - element * jump))
      let place = element - (fields[.length] - fields[.padIndex])
      let end = place < 0 ? channels : min(channels, max(0, rounded - fields[.padEnd] - jump * place))
      return start..<max(start, end)
    }
  }

  private static func extent(_ fields: FieldReader, _ reads: [Range<Int>]) -> Range<Int> {
    let jump = fields[.jumpRead]
    guard !reads.isEmpty else { return 0..<((fields[.length] - 1) * jump + fields[.channel]) }
    let read = reads.indices.filter { !reads[$0].isEmpty }
    let starts = read.map { $0 * jump + reads[$0].lowerBound }
    let ends = read.map { $0 * jump + reads[$0].upperBound }
    return (starts.min() ?? 0)..<(ends.max() ?? 0)
  }

  /// Moves some of the elements.
  ///
  /// - Throws: `.register` and `.address`, before anything is moved.
  func run(_ elements: Range<Int>, banks: Banks, memory: RegionMemory) throws(CoreFault) {
    if let constant {
      fill(elements, with: constant, banks: banks)
      return
    }
    guard !extent.isEmpty else {
      fill(elements, with: 0, banks: banks)
      return
    }
    let source = try memory.pointer(register: register, address: address, extent: extent, of: instruction, index) {
      (0..<self.elements).map { RegionMemory.Element(number: $0, bytes: bytes(of: $0)) }.filter { !$0.bytes.isEmpty }
    }
    var first = elements.lowerBound
    while first < elements.upperBound {
      var next = first
      while next < elements.upperBound, isWhole(next) { next += 1 }
      if next > first {
        let whole = Banks.Elements(start: source + first * jump, jump: jump, count: next - first, channels: channels)
        banks.write(whole, to: bank, row: row + first * rowJump, rowJump: rowJump)
      }
      if next < elements.upperBound {
        writeMasked(next, source + next * jump, banks)
        next += 1
      }
      first = next
    }
  }

  /// Whether all bytes of an element are read.
  private func isWhole(_ element: Int) -> Bool { reads.isEmpty || reads[element].count == channels }

  private func writeMasked(_ element: Int, _ source: UnsafeRawPointer, _ banks: Banks) {
    withCopies(of: 0, banks, elements: element..<element + 1) { masked in
      for byte in reads[element] { masked[byte] = source.load(fromByteOffset: byte, as: UInt8.self) }
    }
  }

  /// The bytes that an element reads, counted from the LOAD's address.
  private func bytes(of element: Int) -> Range<Int> {
    let bytes = reads.isEmpty ? 0..<channels : reads[element]
    return element * jump + bytes.lowerBound..<element * jump + bytes.upperBound
  }

  private func fill(_ elements: Range<Int>, with value: UInt8, banks: Banks) {
    withCopies(of: value, banks, elements: elements) { _ in }
  }

  /// Writes the same bytes to some elements: all of one value, or what a closure makes of them.
  private func withCopies(
    of value: UInt8, _ banks: Banks, elements: Range<Int>, _ change: (UnsafeMutableRawBufferPointer) -> Void
  ) {
    withUnsafeTemporaryAllocation(byteCount: channels, alignment: 1) { bytes in
      bytes.initializeMemory(as: UInt8.self, repeating: value)
      change(bytes)
      guard let start = bytes.baseAddress else { return }
      banks.write(
        Banks.Elements(start: start, jump: 0, count: elements.count, channels: channels), to: bank,
        row: row + elements.lowerBound * rowJump, rowJump: rowJump)
    }
  }

  /// Bytes that all elements read from memory.
  var byteCount: Int {
    if constant != nil { return 0 }
    return reads.isEmpty ? channels * elements : reads.reduce(0) { $0 + $1.count }
  }
}
