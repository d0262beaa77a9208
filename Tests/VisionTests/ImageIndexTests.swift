import TestSupport
import Testing

import Vision

/// One line of the index of the shared pictures: a file, and what Pillow thinks of it.
struct IndexedImage: CustomStringConvertible {
  let file: String
  let width: Int?
  let height: Int?
  /// Pillow's verdict: `ok MODE …` or `fail …`.
  let verdict: String

  var description: String { file }
  var isReadable: Bool { verdict.hasPrefix("ok") }
  /// The EXIF orientation that Pillow finds, 1 where it finds none.
  var orientation: Int { verdict.split(separator: "=").dropFirst().first.flatMap { Int($0) } ?? 1 }

  /// All lines; the first is the header. Fields with commas are quoted.
  static let all: [IndexedImage] = {
    guard let url = try? Shared.url("data/images/index.csv"), let text = try? String(contentsOf: url, encoding: .utf8)
    else { return [] }
    return text.split(whereSeparator: \.isNewline).dropFirst().map { line in
      let fields = split(String(line))
      return IndexedImage(file: fields[0], width: Int(fields[3]), height: Int(fields[4]), verdict: fields[6])
    }
  }()

  private static func split(_ line: String) -> [String] {
    var fields = [""]
    var isQuoted = false
    for character in line {
      if character == "\"" {
        isQuoted.toggle()
      } else if character == ",", !isQuoted {
        fields.append("")
      } else {
        fields[fields.count - 1].append(character)
      }
    }
    return fields
  }
}

@Suite(.enabled(if: Shared.isPresent, Comment(rawValue: Shared.absence)))
struct ImageIndexTests {
  @Test func indexHasAllPictures() {
    #expect(IndexedImage.all.count == 409)
    #expect(IndexedImage.all.filter(\.isReadable).count > 250)
  }

  /// There is no list of exceptions: where a rule of ours differed from Pillow's, Pillow's was as good.
  @Test(arguments: IndexedImage.all)
  func pictureIsDecodedOrRefusedAsPillowSays(_ image: IndexedImage) throws {
    let path = try Shared.url("data/images/" + image.file).path
    let picture: Picture
    do throws(VisionError) {
      picture = try Picture(contentsOf: path)
    } catch {
      #expect(!image.isReadable, "\(error)")
      #expect(error.path == path)
      return
    }
    #expect(image.isReadable, "decoded as \(picture.width)x\(picture.height), Pillow: \(image.verdict)")
    let isTurned = image.orientation >= 5
    #expect(picture.width == (isTurned ? image.height : image.width))
    #expect(picture.height == (isTurned ? image.width : image.height))
    let isGrey = ["ok 1", "ok L", "ok I;16"].contains {
      image.verdict == $0
        || image.verdict.hasPrefix(
          $0 + ""
            + " ")
        || image.verdict == "ok LA"
    }
    if isGrey { #expect(picture.layout == .grey) }
  }

  /// PngSuite holds the same pictures interlaced (`basi…`, `s..i…`) and not (`basn…`, `s..n…`).
  @Test func interlacedPicturesEqualTheirPlainTwins() throws {
    var compared = 0
    for interlaced in Shared.files(in: "data/images/image-png/tests/pngsuite", suffix: ".png") {
      let name = interlaced.lastPathComponent
      guard name.hasPrefix("basi") || (name.first == "s" && name.dropFirst(3).first == "i") else { continue }
      let plain = name.hasPrefix("basi") ? "basn" + name.dropFirst(4) : name.prefix(3) + "n" + name.dropFirst(4)
      let twin = interlaced.deletingLastPathComponent().appendingPathComponent(String(plain))
      #expect(try Picture(contentsOf: interlaced.path) == Picture(contentsOf: twin.path), "\(name)")
      compared += 1
    }
    #expect(compared == 15 + 18)
  }
}
