import Tensors
import Testing
import Vision

@Suite struct PictureResizingTests {
  /// Bilinear resizing straight from its definition, in double.
  static func reference(_ picture: Picture, width: Int, height: Int) -> [Double] {
    func taps(_ index: Int, _ source: Int, _ target: Int) -> (Int, Int, Double) {
      let position = (Double(index) + 0.5) * Double(source) / Double(target) - 0.5
      let below = position.rounded(.down)
      let clamp = { max(0, min(source - 1, $0)) }
      return (clamp(Int(below)), clamp(Int(below) + 1), position - below)
    }
    let channels = picture.channels
    var result = [Double]()
    for y in 0..<height {
      let (top, bottom, down) = taps(y, picture.height, height)
      for x in 0..<width {
        let (left, right, across) = taps(x, picture.width, width)
        for channel in 0..<channels {
          func sample(_ y: Int, _ x: Int) -> Double {
            Double(picture.samples[(y * picture.width + x) * channels + channel])
          }
          result.append(
            (sample(top, left) * (1 - across) + sample(top, right) * across) * (1 - down)
              + (sample(bottom, left) * (1 - across) + sample(bottom, right) * across) * down)
        }
      }
    }
    return result
  }

  @Test(arguments: 0..<60)
  func bilinearLiesWithinOneOfTheDefinition(_ seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    let layout: Picture.Layout = Bool.random(using: &random) ? .grey : .rgb
    let (width, height) = (Int.random(in: 1...40, using: &random), Int.random(in: 1...40, using: &random))
    let (newWidth, newHeight) = (Int.random(in: 1...60, using: &random), Int.random(in: 1...60, using: &random))
    let samples = (0..<width * height * layout.rawValue).map { _ in UInt8.random(in: 0...255, using: &random) }
    let picture = Picture(width: width, height: height, layout: layout, samples: samples)
    let resized = picture.resized(width: newWidth, height: newHeight)
    #expect((resized.width, resized.height, resized.layout) == (newWidth, newHeight, layout))
    // 11-bit weights and two truncations: an error of at most 1 after rounding, so below 1.5 of the exact value.
    let greatest =
      zip(resized.samples, Self.reference(picture, width: newWidth, height: newHeight))
      .map { abs(Double($0.0) - $0.1) }.max() ?? 0
    #expect(greatest < 1.5, "\(width)x\(height) to \(newWidth)x\(newHeight), seed \(seed)")
  }

  /// Values from OpenCV 5.0, `cv2.resize(…, interpolation=cv2.INTER_LINEAR)`.
  @Test func bilinearEqualsOpenCV() {
    let picture = Picture(width: 3, height: 2, layout: .grey, samples: [10, 200, 90, 255, 0, 31])
    #expect(picture.resized(width: 5, height: 3).samples == Self.openCVEnlarged)
    #expect(picture.resized(width: 2, height: 1).samples == Self.openCVReduced)
  }
  static let openCVEnlarged: [UInt8] = [10, 86, 200, 134, 90, 133, 119, 100, 76, 61, 255, 153, 0, 19, 31]
  static let openCVReduced: [UInt8] = [124, 70]

  @Test func sameSizeChangesNothing() {
    let picture = Picture(width: 2, height: 2, layout: .grey, samples: [1, 2, 3, 4])
    #expect(picture.resized(width: 2, height: 2) == picture)
    #expect(picture.resized(width: 2, height: 2, by: .nearest) == picture)
  }

  @Test func oneColorStaysOneColor() {
    for value: UInt8 in [0, 1, 127, 128, 254, 255] {
      let picture = Picture(width: 13, height: 7, layout: .grey, samples: Array(repeating: value, count: 91))
      #expect(picture.resized(width: 29, height: 31).samples.allSatisfy { $0 == value })
      #expect(picture.resized(width: 5, height: 3).samples.allSatisfy { $0 == value })
    }
  }

  @Test func nearestTakesThePixelUnderTheCentre() {
    let picture = Picture(width: 4, height: 1, layout: .grey, samples: [1, 2, 3, 4])
    #expect(picture.resized(width: 2, height: 1, by: .nearest).samples == [2, 4])
    #expect(picture.resized(width: 8, height: 1, by: .nearest).samples == [1, 1, 2, 2, 3, 3, 4, 4])
    #expect(picture.resized(width: 3, height: 2, by: .nearest).samples == [1, 3, 4, 1, 3, 4])
  }
}
