import Foundation
import Tensors
import TestSupport
import Testing

import Vision

struct FileReaderTests {
  /// Files of all kinds, with what each holds when it is read by itself.
  private static func files(in folder: URL) throws -> [(path: String, content: InputFile)] {
    var generator = SeededGenerator(seed: 11)
    func samples(_ count: Int) -> [UInt8] { (0..<count).map { _ in UInt8.random(in: 0...255, using: &generator) } }
    let grey = Picture(width: 31, height: 17, layout: .grey, samples: samples(31 * 17))
    let colored = Picture(width: 16, height: 9, layout: .rgb, samples: samples(16 * 9 * 3))
    let map = LabelMap(width: 20, height: 30, labels: samples(600).map { $0 & 3 })
    let array = NumpyArray(shape: Shape([7, 5, 3]), uint8: samples(105))
    let floats = NumpyArray(shape: Shape([2, 4]), float32: [1, 2, 3, 4, 5, 6, 7, -8])
    let same = NumpyArray(shape: Shape([2, 4]), float32: [0, -2, 3, 4, 5, 6, 7, 8])
    var paths: [String] = []
    func add(_ name: String, _ write: (String) throws -> Void) throws {
      paths.append(folder.appendingPathComponent(name).path)
      try write(paths[paths.count - 1])
    }
    try add("grey.png") { try grey.writePNG(to: $0) }
    try add("colored.png") { try colored.writePNG(to: $0) }
    try add("palette.png") { try map.writePNG(to: $0, palette: Palette(labelCount: 4)) }
    try add("array.npy") { try array.write(to: $0) }
    try add("floats.npy") { try floats.write(to: $0) }
    try add("same.npy") { try same.write(to: $0) }
    try add("colored.jpg") { try FileContent.write(JPEGEncoder.encode(colored, quality: 90), to: $0) }
    try add("grey.jpg") { try FileContent.write(JPEGEncoder.encode(grey, quality: 70), to: $0) }
    for fixture in JPEGFixture.allCases {
      try add("\(fixture).jpg") { try FileContent.write(fixture.bytes, to: $0) }
    }
    let turned = JPEGFixture.color.bytes(exif: exifData(orientation: 6, littleEndian: true))
    try add("turned.jpg") { try FileContent.write(turned, to: $0) }
    // Bits and samples of each kind that has a way of its own, of rows of four bytes.
    let kinds: [(name: String, width: UInt32, depth: UInt8, type: UInt8)] = [
      ("bits", 32, 1, 0), ("pairs", 16, 2, 0), ("nibbles", 8, 4, 0), ("deep", 2, 16, 0), ("with-alpha", 2, 8, 4),
      ("four-samples", 1, 8, 6),
    ]
    for kind in kinds {
      let png = PNGBuilder(
        width: kind.width, height: 3, bitDepth: kind.depth, colorType: kind.type, rows: (0..<3).map { _ in samples(4) })
      try add("\(kind.name).png") { try FileContent.write(png.file, to: $0) }
    }
    let upsideDown = PNGBuilder(
      width: 4, height: 3, rows: (0..<3).map { _ in samples(4) },
      chunks: [("eXIf", exifData(orientation: 3, littleEndian: false))])
    try add("upside-down.png") { try FileContent.write(upsideDown.file, to: $0) }
    for (name, old, new) in [("fortran", "False", "True "), ("big-endian", "'<f4'", "'>f4'")] {
      let content = String(decoding: floats.encoded().map { $0 < 128 ? $0 : 63 }, as: UTF8.self)
      let range = try #require(content.range(of: old))
      let start = content.utf8.distance(from: content.startIndex, to: range.lowerBound)
      var bytes = floats.encoded()
      bytes.replaceSubrange(start..<start + old.utf8.count, with: Array(new.utf8))
      try add("\(name).npy") { try FileContent.write(bytes, to: $0) }
    }
    return try paths.map { ($0, try InputFile(contentsOf: $0)) }
  }

  @Test("whatever was read before, a file reads as by itself")
  func anyOrder() throws {
    try TemporaryFolder.with { folder in
      let files = try Self.files(in: folder)
      let reader = FileReader()
      var generator = SeededGenerator(seed: 5)
      var places = [InputFile](repeating: .nothing, count: 3)
      for _ in 0..<1500 {
        let (path, content) = try #require(files.randomElement(using: &generator))
        let place = Int.random(in: 0..<3, using: &generator)
        try reader.read(path, into: &places[place])
        #expect(places[place] == content, "\(path)")
      }
    }
  }

  @Test("what somebody still looks at stays as it is")
  func copies() throws {
    try TemporaryFolder.with { folder in
      let files = try Self.files(in: folder)
      let reader = FileReader()
      var place = InputFile.nothing
      try reader.read(files[4].path, into: &place)
      let copy = place
      try reader.read(files[5].path, into: &place)
      #expect(copy == files[4].content && place == files[5].content)
    }
  }

  @Test(
    "a file that can't be read spoils none that follows, whichever came before",
    arguments: ["png", "jpg", "npy", "txt", "missing"])
  func failures(kind: String) throws {
    try TemporaryFolder.with { folder in
      let files = try Self.files(in: folder)
      let broken = folder.appendingPathComponent("broken.\(kind)").path
      for (path, content) in files {
        if kind == "txt" {
          try FileContent.write(Array("no picture".utf8), to: broken)
        } else if path.hasSuffix(kind) {
          let whole = try FileContent.read(path)
          try FileContent.write(Array(whole[..<(whole.count * 2 / 3)]), to: broken)
        } else if kind != "missing" {
          continue
        }
        let reader = FileReader()
        var place = InputFile.nothing
        try reader.read(path, into: &place)
        var found: VisionError?
        do throws(VisionError) { try reader.read(broken, into: &place) } catch { found = error }
        #expect(found?.path == broken, "\(path)")
        try reader.read(path, into: &place)
        #expect(place == content, "\(path)")
      }
    }
  }

  @Test("a JPEG without tables of its own gets none of another one")
  func tablesOfAnother() throws {
    try TemporaryFolder.with { folder in
      let whole = JPEGFixture.color.bytes
      let start = try #require((0..<whole.count - 1).first { whole[$0] == 0xFF && whole[$0 + 1] == 0xDB })
      let length = Int(whole[start + 2]) << 8 | Int(whole[start + 3])
      let (good, bare) = (folder.path + "/good.jpg", folder.path + "/bare.jpg")
      try FileContent.write(whole, to: good)
      try FileContent.write(Array(whole[..<start] + whole[(start + 2 + length)...]), to: bare)
      let reader = FileReader()
      var place = InputFile.nothing
      expectError(.damaged, containing: "bare.jpg") { try reader.read(bare, into: &place) }
      try reader.read(good, into: &place)
      expectError(.damaged, containing: "bare.jpg") { try reader.read(bare, into: &place) }
    }
  }

  @Test("an array's header counts only where it is the same to its last byte")
  func headers() throws {
    try TemporaryFolder.with { folder in
      let reader = FileReader()
      var place = InputFile.nothing
      let path = folder.path + "/array.npy"
      for shape in [Shape([2, 3]), Shape([3, 2]), Shape([3, 2]), Shape([6]), Shape([2, 3])] {
        let array = NumpyArray(shape: shape, uint8: [1, 2, 3, 4, 5, UInt8(shape.rank)])
        try array.write(to: path)
        try reader.read(path, into: &place)
        #expect(place == .array(array))
      }
      try FileContent.write(Array(FileContent.read(path).dropLast()), to: path)
      expectError(.damaged, containing: "5 bytes of elements") { try reader.read(path, into: &place) }
    }
  }

  @Test("of a large file no more is kept than of others")
  func largeFile() throws {
    try TemporaryFolder.with { folder in
      let path = folder.path + "/large.png"
      let large = LabelMap(width: 5000, height: 4000, labels: [UInt8](repeating: 3, count: 20_000_000))
      try large.writePNG(to: path, palette: Palette(labelCount: 4))
      let reader = FileReader()
      var picture = Picture.onePixel
      try reader.read(path, into: &picture)
      #expect(picture.width == 5000)
      #expect(reader.keptByteCount < FileReader.mostKept)
    }
  }

  @Test("a pipe, whose size nobody knows, is read to its end")
  func pipe() throws {
    try TemporaryFolder.with { folder in
      let path = folder.path + "/pipe"
      #expect(mkfifo(path, 0o600) == 0)
      let bytes = (0..<300_000).map { UInt8(truncatingIfNeeded: $0 / 3) }
      let writer = Thread { try? FileContent.write(bytes, to: path) }
      writer.start()
      var content: [UInt8] = [1, 2, 3]
      try FileContent.read(path, into: &content)
      #expect(content == bytes)
    }
  }

  @Test("a file above the limit is refused, one at the limit is not")
  func limit() throws {
    try TemporaryFolder.with { folder in
      let path = folder.path + "/file"
      try FileContent.write([UInt8](repeating: 7, count: 5000), to: path)
      var content: [UInt8] = []
      try FileContent.read(path, limit: 5000, into: &content)
      #expect(content.count == 5000)
      expectError(.tooLarge, containing: "4999 bytes") { try FileContent.read(path, limit: 4999, into: &content) }
    }
  }
}
