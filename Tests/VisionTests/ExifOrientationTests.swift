import TestSupport
import Testing
import Vision

@Suite struct ExifOrientationTests {
  /// The letter F in 2 x 3, upright: its corners tell all eight positions apart.
  static let upright = Picture(width: 2, height: 3, layout: .grey, samples: [1, 2, 3, 4, 5, 6])

  /// How a camera stores it with each orientation.
  static let stored: [(ExifOrientation, Picture)] = [
    (.upright, upright),
    (.mirrored, Picture(width: 2, height: 3, layout: .grey, samples: [2, 1, 4, 3, 6, 5])),
    (.upsideDown, Picture(width: 2, height: 3, layout: .grey, samples: [6, 5, 4, 3, 2, 1])),
    (.flipped, Picture(width: 2, height: 3, layout: .grey, samples: [5, 6, 3, 4, 1, 2])),
    (.transposed, Picture(width: 3, height: 2, layout: .grey, samples: [1, 3, 5, 2, 4, 6])),
    (.turnedLeft, Picture(width: 3, height: 2, layout: .grey, samples: [2, 4, 6, 1, 3, 5])),
    (.transversed, Picture(width: 3, height: 2, layout: .grey, samples: [6, 4, 2, 5, 3, 1])),
    (.turnedRight, Picture(width: 3, height: 2, layout: .grey, samples: [5, 3, 1, 6, 4, 2])),
  ]

  @Test(arguments: stored)
  func turningGivesTheUprightPicture(_ orientation: ExifOrientation, _ stored: Picture) {
    #expect(stored.turned(by: orientation) == Self.upright)
  }

  @Test func samplesOfAPixelStayTogether() {
    let picture = Picture(width: 2, height: 1, layout: .rgb, samples: [1, 2, 3, 4, 5, 6])
    #expect(picture.turned(by: .mirrored).samples == [4, 5, 6, 1, 2, 3])
    #expect(picture.turned(by: .turnedLeft) == Picture(width: 1, height: 2, layout: .rgb, samples: [1, 2, 3, 4, 5, 6]))
  }

  @Test(arguments: ExifOrientation.allCases, [true, false])
  func orientationIsFoundInEitherByteOrder(_ orientation: ExifOrientation, littleEndian: Bool) throws {
    for type: UInt16 in [3, 4] {
      let exif = exifData(orientation: UInt16(orientation.rawValue), littleEndian: littleEndian, type: type)
      #expect(ExifOrientation(inExif: exif) == orientation)
    }
  }

  @Test(arguments: stored)
  func jpegAndPNGAreTurned(_ orientation: ExifOrientation, _ stored: Picture) throws {
    let exif = exifData(orientation: UInt16(orientation.rawValue), littleEndian: false)
    let plain = try Picture(decoding: JPEGFixture.color.bytes)
    #expect(try Picture(decoding: JPEGFixture.color.bytes(exif: exif)) == plain.turned(by: orientation))

    let rows = (0..<stored.height).map { Array(stored.samples[$0 * stored.width..<($0 + 1) * stored.width]) }
    var png = PNGBuilder(width: UInt32(stored.width), height: UInt32(stored.height), rows: rows)
    png.chunks = [("eXIf", exif)]
    #expect(try Picture(decoding: png.file) == Self.upright)
    (png.chunks, png.lateChunks) = ([], [("eXIf", exif)])
    #expect(try Picture(decoding: png.file) == Self.upright)
  }

  @Test func damagedExifMeansUpright() {
    let whole = exifData(orientation: 6, littleEndian: true)
    let orientation = 8 + 2 + 12 + 8 + 2
    for count in 0..<orientation { #expect(ExifOrientation(inExif: whole.prefix(count)) == .upright) }
    #expect(ExifOrientation(inExif: whole.prefix(orientation)) == .turnedLeft)
    for value: UInt16 in [0, 9, 0xFFFF] {
      #expect(ExifOrientation(inExif: exifData(orientation: value, littleEndian: true)) == .upright)
    }
    var farAway = whole
    farAway.replaceSubrange(4..<8, with: [0xFF, 0xFF, 0xFF, 0xFF])
    #expect(ExifOrientation(inExif: farAway) == .upright)
  }

  /// One photograph stored in nine ways, number 0 without orientation.
  @Test(.enabled(if: Shared.isPresent, Comment(rawValue: Shared.absence)), arguments: 0...8)
  func photographsOfEveryOrientationLookTheSame(_ number: Int) throws {
    let reference = try Picture(contentsOf: Shared.url("data/images/exif-orientation/Landscape_1.jpg").path)
    let path = try Shared.url("data/images/exif-orientation/Landscape_\(number).jpg").path
    let picture = try Picture(contentsOf: path)
    try #require((picture.width, picture.height) == (1800, 1200))
    // They are separate encodings of the same photograph: equal up to what JPEG loses.
    let difference = zip(picture.samples, reference.samples).reduce(0) { $0 + abs(Int($1.0) - Int($1.1)) }
    #expect(Double(difference) / Double(picture.samples.count) < 4)
  }
}
