import Foundation
import TestSupport
import Testing
import Vision

@Suite struct FolderSourceTests {
  /// Two good pictures of different sizes with a broken one between them.
  private func files(in folder: URL) throws -> [String] {
    let paths = ["a.png", "b.png", "c.png"].map { folder.appendingPathComponent($0).path }
    try Picture(width: 2, height: 1, layout: .grey, samples: [1, 2]).writePNG(to: paths[0])
    try Data("no picture".utf8).write(to: URL(fileURLWithPath: paths[1]))
    try Picture(width: 1, height: 2, layout: .rgb, samples: [1, 2, 3, 4, 5, 6]).writePNG(to: paths[2])
    return paths
  }

  @Test("gives pictures of any size in order, and names those that can't be used")
  func order() throws {
    try TemporaryFolder.with { folder in
      let paths = try files(in: folder)
      let source = FolderSource(paths, title: "folder", isLooped: false)
      var picture = Picture(width: 1, height: 1, layout: .grey, samples: [0])
      #expect(try source.next(into: &picture) == .picture(name: paths[0]))
      #expect(picture.width == 2 && picture.samples == [1, 2])
      guard case .unusable(let error) = try source.next(into: &picture) else {
        Issue.record("a broken picture is unusable")
        return
      }
      #expect(error.path == paths[1])
      #expect(try source.next(into: &picture) == .picture(name: paths[2]))
      #expect(picture.height == 2 && picture.layout == .rgb)
      #expect(try source.next(into: &picture) == .end)
    }
  }

  @Test("begins again, as long as any picture is good and nobody ends it")
  func loop() throws {
    try TemporaryFolder.with { folder in
      let paths = try files(in: folder)
      let source = FolderSource([paths[0]], title: "folder", isLooped: true)
      var picture = Picture(width: 1, height: 1, layout: .grey, samples: [0])
      for _ in 0..<5 { #expect(try source.next(into: &picture) == .picture(name: paths[0])) }
      source.cancel()
      #expect(try source.next(into: &picture) == .end)
      let broken = FolderSource([paths[1]], title: "folder", isLooped: true)
      guard case .unusable = try broken.next(into: &picture) else {
        Issue.record("a broken picture is unusable")
        return
      }
      #expect(try broken.next(into: &picture) == .end, "not for ever")
    }
  }
}
