/// SAVE: elements of bytes from rows of an image bank into memory.
final class SaveOperation {
  /// What is written for an element.
  private enum Content {
    case bytes
    /// The place of the greatest byte, the first of equals.
    case greatestIndex
    case greatestValue
    case constant(UInt8)
  }

  private let index: Int
  private let instruction: Instruction
  private let bank: Int
  private let row: Int
  private let rowJump: Int
  private let register: Int
  private let address: Int
  private let jump: Int
  private let channels: Int
  private let content: Content
  /// The number of elements.
  let elements: Int

  /// Works out what a SAVE does.
  ///
  /// - Throws: `.invalid` for a bank that holds no image; `.unsupported` for argmax on a core without it.
  init(_ fields: FieldReader) throws(ProgramError) {
    bank = try fields.imageBank(.bankID)
    let argmax = fields.value(.argmax, absent: 0)
    guard argmax < 2 || fields.target.fingerprint.has(.argmax) else {
      throw fields.fail(.unsupported, .argmax, "this core (\(fields.target.fingerprint.hexadecimal)) has no argmax")
    }
    if fields.value(.constEn, absent: 0) == 1 {
      content = .constant(UInt8(truncatingIfNeeded: fields[.constValue]))
    } else {
      content = argmax < 2 ? .bytes : argmax == 2 ? .greatestIndex : .greatestValue
    }
    index = fields.index
    instruction = fields.instruction
    row = fields[.bankAddress]
    rowJump = fields[.jumpRead]
    register = fields[.regID]
    address = fields[.ddrAddress]
    jump = fields[.jumpWrite]
    channels = fields[.channel]
    elements = fields[.length]
  }

  /// Bytes that are written for one element.
  private var elementBytes: Int {
    switch content {
    case .bytes, .constant: channels
    case .greatestIndex, .greatestValue: 1
    }
  }

  /// Bytes that all elements write to memory.
  var byteCount: Int { elements * elementBytes }

  /// Moves some of the elements.
  ///
  /// - Throws: `.register` and `.address`, before anything is moved.
  func run(_ elements: Range<Int>, banks: Banks, memory: RegionMemory) throws(CoreFault) {
    let extent = 0..<((self.elements - 1) * jump + elementBytes)
    let target = try memory.pointer(register: register, address: address, extent: extent, of: instruction, index) {
      (0..<self.elements).map { RegionMemory.Element(number: $0, bytes: $0 * jump..<$0 * jump + elementBytes) }
    }
    if case .bytes = content {
      let bytes = Banks.Elements(
        start: target + elements.lowerBound * jump, jump: jump, count: elements.count, channels: channels)
      banks.read(image: bank, row: row + elements.lowerBound * rowJump, rowJump: rowJump, into: bytes)
      return
    }
    for element in elements {
      let start = target + element * jump
      switch content {
      case .bytes: break
      case .constant(let value):
        start.initializeMemory(as: UInt8.self, repeating: value, count: channels)
      case .greatestIndex: start.storeBytes(of: greatest(element, banks).place, as: UInt8.self)
      case .greatestValue: start.storeBytes(of: greatest(element, banks).value, as: Int8.self)
      }
    }
  }

  private func greatest(_ element: Int, _ banks: Banks) -> (place: UInt8, value: Int8) {
    withUnsafeTemporaryAllocation(byteCount: channels, alignment: 1) { bytes in
      if let start = bytes.baseAddress {
        banks.read(
          image: bank, row: row + element * rowJump, rowJump: 0, into: Banks.Elements(start: start, channels: channels))
      }
      var greatest = Int8(bitPattern: bytes[0])
      var place = 0
      for index in 1..<channels where Int8(bitPattern: bytes[index]) > greatest {
        greatest = Int8(bitPattern: bytes[index])
        place = index
      }
      return (UInt8(truncatingIfNeeded: place), greatest)
    }
  }
}
