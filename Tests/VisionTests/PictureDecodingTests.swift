import Foundation
import Tensors
import TestSupport
import Testing
import Vision

@Suite struct PictureDecodingTests {
  @Test(arguments: [JPEGFixture.color, .progressive])
  func colorJPEGHasItsGradients(_ fixture: JPEGFixture) throws {
    let picture = try Picture(decoding: fixture.bytes)
    #expect((picture.width, picture.height, picture.layout) == (16, 8, .rgb))
    for y in 0..<8 {
      for x in 0..<16 {
        let sample = (y * 16 + x) * 3
        #expect(abs(Int(picture.samples[sample]) - 16 * x) <= 7)
        #expect(abs(Int(picture.samples[sample + 1]) - 32 * y) <= 7)
        #expect(abs(Int(picture.samples[sample + 2]) - (255 - 8 * x - 8 * y)) <= 7)
      }
    }
  }

  @Test func greyJPEGStaysGrey() throws {
    let picture = try Picture(decoding: JPEGFixture.grey.bytes)
    #expect((picture.width, picture.height, picture.layout) == (16, 8, .grey))
    for (index, sample) in picture.samples.enumerated() { #expect(abs(Int(sample) - 16 * (index % 16)) <= 2) }
  }

  @Test func inksBecomePaperMinusInk() throws {
    let picture = try Picture(decoding: JPEGFixture.inks.bytes)
    #expect(picture.layout == .rgb)
    for y in 0..<8 {
      for x in 0..<16 {
        let black = 255 - 10 * y
        for (channel, ink) in [16 * x, 32 * y, 40].enumerated() {
          let expected = (255 - ink) * black / 255
          #expect(abs(Int(picture.samples[(y * 16 + x) * 3 + channel]) - expected) <= 4)
        }
      }
    }
  }

  struct StoredPNG: CustomStringConvertible {
    let name: String
    let png: PNGBuilder
    let layout: Picture.Layout
    let samples: [UInt8]
    var description: String { name }
  }

  static let storedPNGs = [
    StoredPNG(
      name: "1 bit", png: PNGBuilder(width: 3, height: 2, bitDepth: 1, rows: [[0b1010_0000], [0b0110_0000]]),
      layout: .grey, samples: [255, 0, 255, 0, 255, 255]),
    StoredPNG(
      name: "2 bits", png: PNGBuilder(width: 5, height: 1, bitDepth: 2, rows: [[0b0001_1011, 0b1100_0000]]),
      layout: .grey, samples: [0, 85, 170, 255, 255]),
    StoredPNG(
      name: "4 bits", png: PNGBuilder(width: 3, height: 1, bitDepth: 4, rows: [[0x0F, 0x50]]),
      layout: .grey, samples: [0, 255, 85]),
    StoredPNG(
      name: "interlaced: pixels 0, 4, 2, then 1 and 3",
      png: PNGBuilder(
        width: 5, height: 1, bitDepth: 1, interlacing: 1, rows: [[0b1000_0000], [0], [0b1000_0000], [0b0100_0000]]),
      layout: .grey, samples: [255, 0, 255, 255, 0]),
    StoredPNG(
      name: "16 bits keep the upper byte",
      png: PNGBuilder(width: 3, height: 1, bitDepth: 16, rows: [[0x12, 0xFF, 0x00, 0xFF, 0xFF, 0x00]]),
      layout: .grey, samples: [0x12, 0x00, 0xFF]),
    StoredPNG(
      name: "alpha is dropped", png: PNGBuilder(width: 2, height: 1, colorType: 4, rows: [[7, 0, 8, 255]]),
      layout: .grey, samples: [7, 8]),
    StoredPNG(
      name: "colour with alpha",
      png: PNGBuilder(width: 2, height: 1, colorType: 6, rows: [[1, 2, 3, 0, 4, 5, 6, 128]]),
      layout: .rgb, samples: [1, 2, 3, 4, 5, 6]),
    StoredPNG(
      name: "16-bit colour",
      png: PNGBuilder(width: 1, height: 1, bitDepth: 16, colorType: 2, rows: [[1, 99, 2, 99, 3, 99]]),
      layout: .rgb, samples: [1, 2, 3]),
    StoredPNG(
      name: "palette; an index without entry is black",
      png: PNGBuilder(
        width: 3, height: 1, bitDepth: 4, colorType: 3, rows: [[0x10, 0x20]],
        chunks: [("PLTE", [10, 20, 30, 40, 50, 60])]),
      layout: .rgb, samples: [40, 50, 60, 10, 20, 30, 0, 0, 0]),
    StoredPNG(
      name: "gamma changes nothing",
      png: PNGBuilder(width: 2, height: 1, rows: [[100, 200]], chunks: [("gAMA", [0, 0, 0x27, 0x10])]),
      layout: .grey, samples: [100, 200]),
    StoredPNG(
      name: "transparency changes nothing",
      png: PNGBuilder(width: 2, height: 1, rows: [[100, 200]], chunks: [("tRNS", [0, 100])]),
      layout: .grey, samples: [100, 200]),
  ]

  @Test(arguments: storedPNGs)
  func pngSamplesComeOutAsDocumented(_ stored: StoredPNG) throws {
    let picture = try Picture(decoding: stored.png.file)
    #expect(picture.layout == stored.layout)
    #expect(picture.samples == stored.samples)
  }

  @Test(arguments: [1, 3], [(1, 1), (7, 5), (64, 33)])
  func writtenPNGReadsBackEqual(channels: Int, size: (width: Int, height: Int)) throws {
    var random = SeededGenerator(seed: 11)
    let samples = (0..<size.width * size.height * channels).map { _ in UInt8.random(in: 0...255, using: &random) }
    let picture = Picture(
      width: size.width, height: size.height, layout: channels == 1 ? .grey : .rgb, samples: samples)
    #expect(try Picture(decoding: picture.encodedAsPNG()) == picture)
  }

  @Test(arguments: JPEGFixture.allCases)
  func jpegCutAnywhereIsRefused(_ fixture: JPEGFixture) {
    let whole = fixture.bytes
    // The last two bytes are the end marker; a single scan is complete when any marker ends it.
    for count in 0..<whole.count - 1 {
      #expect(throws: VisionError.self, "cut to \(count) of \(whole.count) bytes") {
        try Picture(decoding: Array(whole.prefix(count)))
      }
    }
  }

  @Test func pngCutAnywhereIsRefusedOrWhole() throws {
    var random = SeededGenerator(seed: 12)
    let samples = (0..<9 * 7).map { _ in UInt8.random(in: 0...255, using: &random) }
    let picture = Picture(width: 9, height: 7, layout: .grey, samples: samples)
    let whole = try picture.encodedAsPNG()
    var refused = 0
    for count in 0..<whole.count {
      do throws(VisionError) {
        // Only what stands behind the picture data may be missing.
        #expect(try Picture(decoding: Array(whole.prefix(count))) == picture, "cut to \(count) bytes")
      } catch {
        #expect([.damaged, .unknownFormat].contains(error.code))
        refused += 1
      }
    }
    #expect(refused >= whole.count - 20)
  }

  @Test func flippedBitsGiveAPictureOrAnError() throws {
    let png = PNGBuilder(
      width: 4, height: 4, rows: [[1, 2, 3, 4], [5, 6, 7, 8], [9, 10, 11, 12], [13, 14, 15, 16]]
    ).file
    for whole in JPEGFixture.allCases.map(\.bytes) + [png] {
      var decoded = 0
      for bit in 0..<whole.count * 8 {
        var damaged = whole
        damaged[bit / 8] ^= 1 << UInt8(bit % 8)
        if (try? Picture(decoding: damaged, pixelLimit: 1_000_000)) != nil { decoded += 1 }
      }
      #expect(decoded < whole.count * 8)
    }
  }

  @Test func hugeClaimsAreRefusedBeforeMemoryIsTaken() throws {
    var png = PNGBuilder(width: 0x7FFF_FFFF, height: 0x7FFF_FFFF, rows: [[0]]).file
    expectError(.tooLarge, containing: "2147483647x2147483647 pixels") { try Picture(decoding: png) }
    png = PNGBuilder(width: 20_000, height: 20_000, colorType: 2, rows: [[0]]).file
    expectError(.tooLarge, containing: "limit of 100000000 pixels") { try Picture(decoding: png) }
    var jpeg = JPEGFixture.grey.bytes
    let frame = try #require(jpeg.indices.first { jpeg[$0] == 0xFF && jpeg[$0 + 1] == 0xC0 })
    jpeg.replaceSubrange(frame + 5..<frame + 9, with: [0xEA, 0x60, 0xEA, 0x60])
    expectError(.tooLarge, containing: "60000x60000") { try Picture(decoding: jpeg) }
  }

  @Test func limitIsTheCallersChoice() throws {
    let png = PNGBuilder(width: 4, height: 2, rows: [[1, 2, 3, 4], [5, 6, 7, 8]]).file
    #expect(try Picture(decoding: png, pixelLimit: 8).width == 4)
    expectError(.tooLarge, containing: "limit of 7") { try Picture(decoding: png, pixelLimit: 7) }
  }

  @Test func manyScansOfALargePictureAreRefused() throws {
    // A progressive file of 40 megapixels that repeats an empty scan a hundred times.
    let jpeg = JPEGFixture.progressive.bytes
    let scan = try #require(jpeg.indices.first { jpeg[$0] == 0xFF && jpeg[$0 + 1] == 0xDA })
    let frame = try #require(jpeg.indices.first { jpeg[$0] == 0xFF && jpeg[$0 + 1] == 0xC2 })
    let next = try #require(jpeg.indices.first { $0 > scan && jpeg[$0] == 0xFF && jpeg[$0 + 1] == 0xC4 })
    var bomb = Array(jpeg[..<scan])
    bomb.replaceSubrange(frame + 5..<frame + 9, with: [0x18, 0x6A, 0x19, 0x00])
    for _ in 0..<100 { bomb += jpeg[scan..<next] }
    bomb += [0xFF, 0xD9]
    expectError(.tooLarge, containing: "100 scans") { try Picture(decoding: bomb) }
  }

  @Test func textsThatUnpackToHundredsOfMegabytesAreRefused() throws {
    // 120 MB of one letter in 117 kB: deflate blocks that repeat the byte before, 258 at a time.
    var png = PNGBuilder(width: 2, height: 1, rows: [[1, 2]])
    png.chunks = [("zTXt", [0x61, 0, 0] + PNGBuilder.zlibOfOneByte(repeated: 120_000_000))]
    expectError(.tooLarge, containing: "texts or profiles are beyond the limit") { try Picture(decoding: png.file) }
    png.chunks = [("zTXt", [0x61, 0, 0] + PNGBuilder.zlibOfOneByte(repeated: 258_001))]
    #expect(try Picture(decoding: png.file).samples == [1, 2])
  }

  @Test func exifOfOtherMakeLeavesThePNGUpright() throws {
    for content: [UInt8] in [Array("II*\0".utf8) + [255, 255, 255, 255], Array("MM\0*".utf8)] {
      var png = PNGBuilder(width: 2, height: 1, rows: [[1, 2]])
      png.chunks = [("eXIf", content)]
      #expect(try Picture(decoding: png.file).samples == [1, 2])
    }
  }

  @Test func reservedMarkersInTheHeaderAreNamed() {
    let jpeg = JPEGFixture.grey.bytes
    let marked = jpeg.prefix(2) + [0xFF, 0x01] + jpeg.dropFirst(2)
    expectError(.damaged, containing: "reserved marker 1 in its header") { try Picture(decoding: Array(marked)) }
  }

  @Test func otherContentIsNamedByItsBeginning() {
    expectError(.unknownFormat, containing: "begins with 47 49 46 38") {
      try Picture(decoding: Array("GIF89a".utf8), path: "cat.jpg")
    }
    expectError(.unknownFormat, containing: "the file is empty") { try Picture(decoding: []) }
    expectError(.unknownFormat, containing: "NumPy array") {
      try Picture(decoding: NumpyArray(shape: Shape([1]), int8: [1]).encoded())
    }
  }

  @Test func errorsNameTheFile() {
    #expect(throws: VisionError(.cannotRead, "cannot open the file: No such file or directory", path: "/nowhere/x.png"))
    {
      try Picture(contentsOf: "/nowhere/x.png")
    }
    #expect(throws: VisionError(.cannotRead, "is a folder, expected a file", path: "/")) {
      try Picture(contentsOf: "/")
    }
  }

  /// The decoder's own reference pictures: each JPEG beside a PNG of what it shows.
  @Test(.enabled(if: Shared.isPresent, Comment(rawValue: Shared.absence)))
  func jpegsLookLikeTheirReferencePNGs() throws {
    var compared = 0
    for folder in [
      "data/images/jpeg-decoder/tests/reftest/images", "data/images/jpeg-decoder/tests/reftest/images/mozilla",
    ] {
      for jpeg in Shared.files(in: folder, suffix: ".jpg") {
        let png = jpeg.deletingPathExtension().appendingPathExtension("png")
        guard FileManager.default.fileExists(atPath: png.path) else { continue }
        let (found, expected) = (try Picture(contentsOf: jpeg.path), try Picture(contentsOf: png.path))
        let name = jpeg.lastPathComponent
        #expect((found.width, found.height) == (expected.width, expected.height), "\(name)")
        // The references were made by other programs, some with colour profiles; the picture must be the same one.
        let (a, b) = (brightness(of: found), brightness(of: expected))
        let difference = zip(a, b).reduce(0) { $0 + abs($1.0 - $1.1) } / Double(a.count)
        #expect(difference < 6, "\(name): mean difference \(difference)")
        compared += 1
      }
    }
    #expect(compared >= 30)
  }

  private func brightness(of picture: Picture) -> [Double] {
    stride(from: 0, to: picture.samples.count, by: picture.channels).map { start in
      picture.samples[start..<start + picture.channels].reduce(0) { $0 + Double($1) } / Double(picture.channels)
    }
  }
}
