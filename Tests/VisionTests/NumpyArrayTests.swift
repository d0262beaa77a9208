import Foundation
import Tensors
import TestSupport
import Testing
import Vision

@Suite struct NumpyArrayTests {
  /// A file of version 1.0 with a given dictionary and elements.
  static func file(_ dictionary: String, _ elements: [UInt8], version: UInt8 = 1) -> [UInt8] {
    let text = Array(dictionary.utf8) + [0x0A]
    let length = text.count
    let start: [UInt8] = [0x93] + Array("NUMPY".utf8) + [version, 0]
    let size: [UInt8] =
      version == 1
      ? [UInt8(length & 0xFF), UInt8(length >> 8)] : [UInt8(length & 0xFF), UInt8(length >> 8), 0, 0]
    return start + size + text + elements
  }

  static func header(_ descriptor: String, _ shape: String, fortran: String = "False") -> String {
    "{'descr': '\(descriptor)', 'fortran_order': \(fortran), 'shape': \(shape), }"
  }

  /// Element types with the bytes of one number in file order.
  static let elements: [(descriptor: String, bytes: [UInt8], element: NumpyArray.Element, value: Float)] = [
    ("|b1", [1], .bool, 1), ("|i1", [0xFE], .int8, -2), ("|u1", [0xFE], .uint8, 254),
    ("<i2", [0x18, 0xFC], .int16, -1000), (">i2", [0xFC, 0x18], .int16, -1000),
    ("<u2", [0x18, 0xFC], .uint16, 64536), (">u2", [0xFC, 0x18], .uint16, 64536),
    ("<i4", [0x60, 0x79, 0xFE, 0xFF], .int32, -100_000), (">u4", [0, 1, 0x86, 0xA0], .uint32, 100_000),
    ("<i8", [0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF], .int64, -1),
    (">u8", [0, 0, 0, 0, 0, 0, 1, 0], .uint64, 256),
    ("<f2", [0x00, 0xC1], .float16, -2.5), (">f2", [0x00, 0x01], .float16, 0x1p-24),
    ("<f2", [0x00, 0x7C], .float16, .infinity),
    ("<f4", [0, 0, 0x20, 0xC0], .float32, -2.5), (">f4", [0xC0, 0x20, 0, 0], .float32, -2.5),
    ("<f8", [0, 0, 0, 0, 0, 0, 0x04, 0xC0], .float64, -2.5), (">f8", [0xC0, 0x04, 0, 0, 0, 0, 0, 0], .float64, -2.5),
  ]

  @Test(arguments: elements)
  func everyElementTypeIsRead(_ descriptor: String, _ bytes: [UInt8], _ element: NumpyArray.Element, _ value: Float)
    throws
  {
    let array = try NumpyArray(decoding: Self.file(Self.header(descriptor, "(1,)"), bytes))
    #expect(array.element == element)
    #expect(array.floats == [value])
  }

  @Test func halfPrecisionIsWidenedExactly() throws {
    // Every finite half is `fraction * 2^exponent`; computed here from its fields in double.
    let bytes = (0...0xFFFF).flatMap { [UInt8($0 & 0xFF), UInt8($0 >> 8)] }
    let values = try NumpyArray(decoding: Self.file(Self.header("<f2", "(65536,)"), bytes)).floats
    let wrong = values.enumerated().filter { bits, value in
      let (exponent, fraction) = (bits >> 10 & 31, Double(bits & 0x3FF))
      let sign: Double = bits >> 15 == 1 ? -1 : 1
      switch exponent {
      case 31: return fraction == 0 ? value != Float(sign) * .infinity : !value.isNaN
      case 0: return Double(value) != sign * fraction * pow(2, -24) || (value.sign == .minus) != (sign < 0)
      default: return Double(value) != sign * (1024 + fraction) * pow(2, Double(exponent) - 25)
      }
    }
    #expect(wrong.isEmpty, "\(wrong.prefix(3))")
  }

  @Test func goldenFileIsReadFieldByField() throws {
    var file: [UInt8] = [0x93, 0x4E, 0x55, 0x4D, 0x50, 0x59]  // \x93NUMPY
    file += [1, 0]  // version 1.0
    file += [0x76, 0]  // 118 bytes of header, so that the elements begin at 128
    file += Array("{'descr': '<i2', 'fortran_order': False, 'shape': (2, 3), }".utf8)  // 59 bytes
    file += Array(repeating: 0x20, count: 58) + [0x0A]  // blanks and a line feed
    file += [0, 0, 1, 0, 2, 0, 3, 0, 0xFF, 0xFF, 0, 0x80]  // 0 1 2, 3 -1 -32768
    let array = try NumpyArray(decoding: file)
    #expect(array.shape == Shape([2, 3]))
    #expect(array.floats == [0, 1, 2, 3, -1, -32768])
    #expect(array.encoded() == file)
  }

  @Test func fortranOrderIsTurnedRound() throws {
    // Element (i, j, k) of shape 2 x 3 x 4 has the value 100 i + 10 j + k; the first axis is contiguous in the file.
    var bytes = [UInt8]()
    for k in 0..<4 { for j in 0..<3 { for i in 0..<2 { bytes += [0, UInt8(100 * i + 10 * j + k)] } } }
    let array = try NumpyArray(decoding: Self.file(Self.header(">u2", "(2, 3, 4)", fortran: "True"), bytes))
    var expected = [Float]()
    for i in 0..<2 { for j in 0..<3 { for k in 0..<4 { expected.append(Float(100 * i + 10 * j + k)) } } }
    #expect(array.floats == expected)
  }

  @Test(arguments: [1, 2, 3] as [UInt8])
  func versionsDifferInTheLengthOfTheLength(_ version: UInt8) throws {
    let file = Self.file(Self.header("|u1", "(2, 2)"), [1, 2, 3, 4], version: version)
    #expect(try NumpyArray(decoding: file).bytes == [1, 2, 3, 4])
  }

  @Test(arguments: [
    "{\"descr\": \"<i2\", \"fortran_order\": False, \"shape\": (2,)}",  // other quotes
    "{'shape': (2,), 'fortran_order': False, 'descr': '<i2'}",  // other order
    "{'descr': '<i2', 'fortran_order': False, 'shape': (2L,), }   ",  // Python 2
    "{ 'descr':'<i2','fortran_order':False,'shape':( 2 , ) , }",
  ])
  func headersMayBeWrittenInOtherWays(_ dictionary: String) throws {
    #expect(try NumpyArray(decoding: Self.file(dictionary, [1, 0, 2, 0])).floats == [1, 2])
  }

  @Test func scalarsAndEmptyArraysAreRead() throws {
    #expect(try NumpyArray(decoding: Self.file(Self.header("<i2", "()"), [7, 0])).floats == [7])
    #expect(try NumpyArray(decoding: Self.file(Self.header("<i2", "(0, 3)"), [])).floats.isEmpty)
    #expect(try NumpyArray(decoding: Self.file(Self.header("<i2", "(3, 0)", fortran: "True"), [])).floats.isEmpty)
  }

  @Test(arguments: [1, 2, 3], [1, 2])
  func writtenArraysReadBackEqual(rank: Int, itemSize: Int) throws {
    var random = SeededGenerator(seed: UInt64(rank * 10 + itemSize))
    let shape = Shape((0..<rank).map { _ in Int.random(in: 1...9, using: &random) })
    let bytes = (0..<shape.elementCount * itemSize).map { _ in UInt8.random(in: 0...255, using: &random) }
    let array = NumpyArray(element: itemSize == 1 ? .int8 : .uint16, shape: shape, bytes: bytes)
    let file = array.encoded()
    #expect((file.count - bytes.count).isMultiple(of: 64))
    #expect(try NumpyArray(decoding: file) == array)
  }

  static let wrongFiles: [(content: [UInt8], code: VisionError.Code, words: String)] = [
    (file(header("<f4", "(2,)"), [0, 0, 0, 0]), .damaged, "4 bytes of elements, expected 8"),
    (file(header("<f4", "(1,)"), [0, 0, 0, 0, 0]), .damaged, "5 bytes of elements, expected 4"),
    (file(header("<c8", "(1,)"), []), .unsupported, "type '<c8', expected one of bool, int8"),
    (
      file("{'descr': [('a', '<i2')], 'fortran_order': False, 'shape': (1,), }", []), .damaged,
      "`descr` is a structured"
    ),
    (file("{'descr': '<i2', 'fortran_order': 0, 'shape': (1,), }", []), .damaged, "`fortran_order`"),
    (file("{'descr': '<i2', 'fortran_order': False, 'shape': [1], }", []), .damaged, "`shape`"),
    (file("{'descr': '<i2', 'fortran_order': False, 'shape': (-1,), }", []), .damaged, "`header`"),
    (file("{'descr': '<i2', 'shape': (1,), }", [0, 0]), .damaged, "`fortran_order`"),
    (file("{'descr': '<i2', 'descr': '<i2', 'fortran_order': False, 'shape': (1,), }", [0, 0]), .damaged, "`header`"),
    (file("__import__('os')", []), .damaged, "`header` is __import__"),
    (file(String(repeating: "(", count: 5000), []), .damaged, "`header`"),
    (file(header("<i2", "(9223372036854775807, 9223372036854775807)"), []), .tooLarge, "more elements than memory"),
    (file(header("<f8", "(2305843009213693952,)"), []), .tooLarge, "more elements than memory"),
    (file(header("<i2", "(99999999999999999999,)"), []), .damaged, "`header`"),
    (file(header("<i2", "(1,)"), [0, 0], version: 4), .unsupported, "version 4.0"),
    ([0x93, 0x4E, 0x55, 0x4D, 0x50, 0x59, 1, 0, 0xFF, 0xFF, 0x7B], .damaged, "of 65535 header bytes 1 are there"),
    (Array("PK\u{3}\u{4}".utf8), .unknownFormat, "begins with 50 4b 03 04"),
  ]

  @Test(arguments: wrongFiles)
  func wrongFilesAreRefusedByName(_ content: [UInt8], _ code: VisionError.Code, _ words: String) {
    expectError(code, containing: words) { try NumpyArray(decoding: content) }
  }

  @Test func cutAnywhereIsRefused() throws {
    let whole = NumpyArray(shape: Shape([2, 3]), float32: [1, 2, 3, 4, 5, 6]).encoded()
    for count in 0..<whole.count {
      #expect(throws: VisionError.self, "cut to \(count) bytes") {
        try NumpyArray(decoding: Array(whole.prefix(count)))
      }
    }
    #expect(throws: Never.self) { try NumpyArray(decoding: whole) }
  }

  @Test func flippedBitsOfTheHeaderGiveAnArrayOrAnError() {
    let whole = NumpyArray(shape: Shape([2, 3]), float32: [1, 2, 3, 4, 5, 6]).encoded()
    var refused = 0
    for bit in 0..<128 * 8 {
      var damaged = whole
      damaged[bit / 8] ^= 1 << UInt8(bit % 8)
      if (try? NumpyArray(decoding: damaged)) == nil { refused += 1 }
    }
    #expect(refused > 300)
  }

  @Test func filesAreReplacedWholeAndLeaveNothingBehind() throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("vision-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let path = folder.appendingPathComponent("a.npy").path
    for values: [Int8] in [[1, 2, 3], [4]] {
      let array = NumpyArray(shape: Shape([values.count]), int8: values)
      try array.write(to: path)
      #expect(try NumpyArray(contentsOf: path) == array)
    }
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["a.npy"])
    expectError(.cannotWrite, containing: "/b.npy: cannot create the file: No such file or directory") {
      try NumpyArray(shape: Shape([1]), int8: [1]).write(to: folder.path + "/missing/b.npy")
    }
    // A folder of that name cannot be replaced; the temporary file must go.
    try FileManager.default.createDirectory(atPath: folder.path + "/c.npy", withIntermediateDirectories: true)
    expectError(.cannotWrite, containing: "cannot write the file") {
      try NumpyArray(shape: Shape([1]), int8: [1]).write(to: folder.path + "/c.npy")
    }
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted() == ["a.npy", "c.npy"])
  }
}
