import Foundation
import Tensors
import TestSupport
import Testing

import Vision

struct FileWriterTests {
  @Test("whatever was written before, a file is the one that is written by itself")
  func anyOrder() throws {
    try TemporaryFolder.with { folder in
      let writer = FileWriter()
      let path = folder.appendingPathComponent("file").path
      var generator = SeededGenerator(seed: 3)
      for round in 0..<60 {
        let (width, height) = (Int.random(in: 1...70, using: &generator), Int.random(in: 1...70, using: &generator))
        let labels = (0..<width * height).map { _ in UInt8.random(in: 0...5, using: &generator) }
        let map = LabelMap(width: width, height: height, labels: labels)
        switch round % 4 {
        case 0:
          try writer.writePNG(map, palette: Palette(labelCount: 3), to: path)
          #expect(try LabelMap(contentsOf: path) == map)
        case 1:
          try writer.writeNumpy(map, to: path)
          #expect(try FileContent.read(path) == map.array.encoded())
        case 2:
          let picture = Picture(width: width, height: height, layout: .grey, samples: labels)
          try writer.writePNG(picture, to: path)
          #expect(try FileContent.read(path) == picture.encodedAsPNG())
        default:
          try writer.writeNumpy(.uint8, Shape([height, width]), labels, to: path)
          #expect(try FileContent.read(path) == map.array.encoded())
        }
      }
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["file"])
    }
  }

  @Test("a label beyond the palette gets a colour")
  func beyondPalette() throws {
    try TemporaryFolder.with { folder in
      let path = folder.appendingPathComponent("map.png").path
      let map = LabelMap(width: 3, height: 1, labels: [0, 255, 2])
      let palette = Palette(labelCount: 3)
      try FileWriter().writePNG(map, palette: palette, to: path)
      #expect(try LabelMap(contentsOf: path) == map)
      let color = palette.color(of: 255)
      #expect(try Array(Picture(contentsOf: path).samples[3..<6]) == [color.red, color.green, color.blue])
    }
  }

  @Test("where nothing can be written, the error names the file and nothing is left")
  func failure() throws {
    try TemporaryFolder.with { folder in
      let path = folder.path + "/missing/map.png"
      let map = LabelMap(width: 1, height: 1, labels: [0])
      let writer = FileWriter()
      expectError(.cannotWrite, containing: path) {
        try writer.writePNG(map, palette: Palette(labelCount: 1), to: path)
      }
      expectError(.cannotWrite, containing: path) { try writer.writeNumpy(map, to: path) }
      let left = try FileManager.default.contentsOfDirectory(atPath: folder.path)
      #expect(left.isEmpty)
    }
  }
}
