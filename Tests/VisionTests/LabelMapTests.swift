import Foundation
import Tensors
import Testing
import Vision

@Suite struct LabelMapTests {
  static func map(_ logits: [Int8], _ shape: [Int]) throws -> LabelMap {
    let map: Result<LabelMap, VisionError> = logits.withUnsafeBufferPointer { logits in
      Result { () throws(VisionError) in try LabelMap(argmaxOf: logits, shape: Shape(shape)) }
    }
    return try map.get()
  }

  @Test func tiesGoToTheLowestLabel() throws {
    #expect(try Self.map([1, 1, 0, 2, -1, -1], [1, 3, 2]).labels == [0, 1, 0])
    #expect(try Self.map([5, 5, 5, -128, -128, -127, 0, 1, 1], [3, 1, 3]).labels == [0, 2, 1])
    #expect(try Self.map([3, 4], [2, 1, 1]).labels == [0, 0])
  }

  @Test(arguments: [1, 2, 3, 4, 6, 7, 21, 256])
  func everyClassCountAgreesWithTheDefinition(_ classes: Int) throws {
    var random = SeededGenerator(seed: UInt64(classes))
    let logits = random.int8s(17 * 5 * classes)
    let map = try Self.map(logits, [1, 5, 17, classes])
    #expect((map.width, map.height) == (17, 5))
    for (pixel, label) in map.labels.enumerated() {
      let own = logits[pixel * classes..<(pixel + 1) * classes]
      #expect(Int(label) == own.firstIndex(of: own.max() ?? 0).map { $0 - own.startIndex })
    }
  }

  @Test(arguments: [[4], [2, 2], [2, 2, 2, 2], [1, 1, 257], [0, 4, 2]])
  func otherShapesAreNoMap(_ shape: [Int]) {
    let logits = [Int8](repeating: 0, count: Shape(shape).elementCount)
    expectError(.mismatch, containing: "is no label map") { try Self.map(logits, shape) }
  }

  @Test func resizingInventsNoLabel() {
    let map = LabelMap(width: 2, height: 2, labels: [1, 5, 9, 13])
    #expect(map.resized(width: 4, height: 2).labels == [1, 1, 5, 5, 9, 9, 13, 13])
    #expect(map.resized(width: 2, height: 2) == map)
  }

  @Test func writtenMapsReadBackEqual() throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("vision-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let map = LabelMap(width: 3, height: 2, labels: [0, 1, 2, 3, 2, 7])
    try map.writePNG(to: folder.path + "/m.png", palette: Palette(labelCount: 4))
    try map.writeNumpy(to: folder.path + "/m.npy")
    #expect(try LabelMap(contentsOf: folder.path + "/m.png") == map)
    #expect(try LabelMap(contentsOf: folder.path + "/m.npy") == map)
    // The PNG shows the palette's colours; label 7 has none of its own and takes one of the others.
    let picture = try Picture(contentsOf: folder.path + "/m.png")
    #expect(
      picture.samples
        == map.labels.flatMap { label -> [UInt8] in
          let color = Palette(labelCount: 4).color(of: label)
          return [color.red, color.green, color.blue]
        })
    expectError(.cannotWrite, containing: "/missing/m.png") {
      try map.writePNG(to: folder.path + "/missing/m.png", palette: Palette(labelCount: 4))
    }
  }

  @Test func labelsAreSamplesAsStored() throws {
    let four = PNGBuilder(width: 3, height: 1, bitDepth: 4, rows: [[0x12, 0xF0]]).file
    #expect(try LabelMap(decoding: four).labels == [1, 2, 15])
    let palette = PNGBuilder(
      width: 3, height: 1, bitDepth: 2, colorType: 3, rows: [[0b00_10_01_00]],
      chunks: [("PLTE", [9, 9, 9, 8, 8, 8, 7, 7, 7])])
    #expect(try LabelMap(decoding: palette.file).labels == [0, 2, 1])
    let wide = PNGBuilder(width: 2, height: 1, bitDepth: 16, rows: [[0, 5, 0, 200]]).file
    #expect(try LabelMap(decoding: wide).labels == [5, 200])
    let array = NumpyArray(
      element: .int64, shape: Shape([1, 1, 2, 1]), bytes: [3, 0, 0, 0, 0, 0, 0, 0, 4, 0, 0, 0, 0, 0, 0, 0])
    #expect(try LabelMap(array).labels == [3, 4])
  }

  @Test func whatHoldsNoLabelsIsRefused() {
    let tooHigh = PNGBuilder(width: 1, height: 1, bitDepth: 16, rows: [[1, 5]]).file
    expectError(.mismatch, containing: "label 261, expected 0 to 255") { try LabelMap(decoding: tooHigh) }
    let color = PNGBuilder(width: 1, height: 1, colorType: 2, rows: [[1, 2, 3]]).file
    expectError(.unsupported, containing: "3 samples a pixel") { try LabelMap(decoding: color) }
    expectError(.unsupported, containing: "x.jpg: is a JPEG, which blurs labels") {
      try LabelMap(decoding: JPEGFixture.grey.bytes, path: "x.jpg")
    }
    expectError(.mismatch, containing: "array of shape 2x2x2") {
      try LabelMap(NumpyArray(shape: Shape([2, 2, 2]), uint8: Array(repeating: 0, count: 8)))
    }
    expectError(.mismatch, containing: "float32, expected integer labels") {
      try LabelMap(NumpyArray(shape: Shape([1, 1]), float32: [1]))
    }
    expectError(.mismatch, containing: "label -1.0, expected 0 to 255") {
      try LabelMap(NumpyArray(shape: Shape([1, 1]), int8: [-1]))
    }
  }

  @Test func pixelsOfEachLabelAreCounted() {
    #expect(LabelMap(width: 4, height: 1, labels: [0, 2, 2, 9]).pixelCounts(classCount: 3) == [1, 0, 2])
  }
}

@Suite struct OverlayTests {
  static let palette = Palette([Color(0, 0, 0), Color(255, 0, 0), Color(0, 0, 255)])

  @Test func labelsTintThePictureAndTheBackgroundStays() {
    let picture = Picture(width: 3, height: 1, layout: .grey, samples: [100, 100, 200])
    let map = LabelMap(width: 3, height: 1, labels: [0, 1, 2])
    let overlay = Overlay(palette: Self.palette, alpha: 51)
    // 51 is a fifth: 100 * 4/5 + 255/5 = 131, 100 * 4/5 = 80, 200 * 4/5 = 160, 160 + 51 = 211
    #expect(overlay.draw(map, over: picture).samples == [100, 100, 100, 131, 80, 80, 160, 160, 211])
  }

  @Test func tintedSamplesAreRounded() {
    // 100 * 127/255 + 255 * 128/255 = 177.80, 100 * 127/255 = 49.80
    let picture = Picture(width: 1, height: 1, layout: .grey, samples: [100])
    let map = LabelMap(width: 1, height: 1, labels: [1])
    #expect(Overlay(palette: Self.palette, alpha: 128).draw(map, over: picture).samples == [178, 50, 50])
  }

  @Test func alphaRunsFromThePictureToTheColor() {
    let picture = Picture(width: 1, height: 1, layout: .rgb, samples: [1, 128, 254])
    let map = LabelMap(width: 1, height: 1, labels: [2])
    #expect(Overlay(palette: Self.palette, alpha: 0).draw(map, over: picture) == picture)
    #expect(Overlay(palette: Self.palette, alpha: 255).draw(map, over: picture).samples == [0, 0, 255])
    let background = LabelMap(width: 1, height: 1, labels: [0])
    #expect(
      Overlay(palette: Self.palette, alpha: 255, untouchedLabel: nil).draw(background, over: picture).samples == [
        0, 0, 0,
      ])
  }

  @Test func mapsAreBroughtToThePicturesSize() {
    let picture = Picture(width: 4, height: 2, layout: .grey, samples: Array(repeating: 10, count: 8))
    let map = LabelMap(width: 2, height: 1, labels: [0, 1])
    let drawn = Overlay(palette: Self.palette, alpha: 255).draw(map, over: picture)
    #expect((drawn.width, drawn.height) == (4, 2))
    let row: [UInt8] = [10, 10, 10, 10, 10, 10, 255, 0, 0, 255, 0, 0]
    #expect(drawn.samples == row + row)
  }

  @Test func defaultPalettesAreDistinctAndBeginWithBlack() {
    for count in [1, 2, 5, 8, 20] {
      let colors = Palette(labelCount: count).colors
      #expect(colors.count == count && colors[0] == Color(0, 0, 0))
      #expect(Set(colors).count == count)
    }
    #expect(Palette(labelCount: 5).colors[1].description == "#E69F00")
    #expect(Palette(labelCount: 3).color(of: 3) == Palette(labelCount: 3).color(of: 1))
  }
}
