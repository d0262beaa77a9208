import Foundation
import TestSupport
import Testing
import Vision

@Suite(.enabled(if: GStreamer.isTested, Comment(rawValue: GStreamer.absence)))
struct GStreamerSourceTests {
  /// Opens a pipeline that is given in words, with time enough for a slow machine.
  private func open(
    _ description: String, width: Int = 64, height: Int = 48, stall: Duration = .seconds(60)
  ) throws -> GStreamerSource {
    try GStreamerSource(
      GStreamerPipeline(description: description), width: width, height: height, stallLimit: stall)
  }

  /// Takes all pictures of a source.
  private func all(_ source: GStreamerSource) throws -> [Picture] {
    defer { source.close() }
    var pictures: [Picture] = []
    var picture = Picture(width: 1, height: 1, layout: .grey, samples: [0])
    while try source.next(into: &picture) == .picture(name: nil) { pictures.append(picture) }
    return pictures
  }

  @Test("gives each picture as GStreamer's own PNG of it, rows padded or not", arguments: [250, 251, 252, 253, 1])
  func rows(width: Int) throws {
    let pattern = "videotestsrc num-buffers=3 pattern=colors ! video/x-raw,format=RGB,width=\(width),height=40"
    try TemporaryFolder.with { folder in
      let words = "-q \(pattern) ! pngenc ! multifilesink location=frame-%d.png".split(separator: " ").map(String.init)
      let outcome = try #require(GStreamer.program).run(words, in: folder)
      #expect(outcome.code == 0, "\(outcome.text)")
      let expected = try (0..<3).map {
        try Picture(contentsOf: folder.appendingPathComponent("frame-\($0).png").path)
      }
      let pictures = try all(open(pattern, width: width, height: 40))
      #expect(pictures == expected)
      #expect(Set(try #require(pictures.first).samples).count > 2 || width == 1, "a picture that is not all the same")
    }
  }

  @Test("scales to the size that is asked for, and uses the picture's memory again")
  func scaling() throws {
    let source = try open("videotestsrc num-buffers=2 ! video/x-raw,width=320,height=240", width: 100, height: 50)
    defer { source.close() }
    var picture = Picture(width: 1, height: 1, layout: .grey, samples: [0])
    #expect(try source.next(into: &picture) == .picture(name: nil))
    #expect(picture.width == 100 && picture.height == 50 && picture.layout == .rgb)
    let address = picture.samples.withUnsafeBufferPointer { UInt(bitPattern: $0.baseAddress) }
    #expect(try source.next(into: &picture) == .picture(name: nil))
    #expect(picture.samples.withUnsafeBufferPointer { UInt(bitPattern: $0.baseAddress) } == address)
    #expect(try source.next(into: &picture) == .end)
  }

  @Test("reads a video file with an odd name")
  func file() throws {
    try TemporaryFolder.with { folder in
      let words = "-q videotestsrc num-buffers=4 ! video/x-raw,width=64,height=48 ! jpegenc ! avimux ! filesink"
      let made = try #require(GStreamer.program).run(
        words.split(separator: " ").map(String.init) + ["location=video.avi"], in: folder)
      #expect(made.code == 0, "\(made.text)")
      let odd = folder.appendingPathComponent(#"a "b' \c ! d $x.avi"#)
      try FileManager.default.moveItem(at: folder.appendingPathComponent("video.avi"), to: odd)
      let source = try GStreamerSource(
        GStreamerPipeline(file: odd.path), width: 64, height: 48, stallLimit: .seconds(60))
      #expect(try all(source).count == 4)
    }
  }

  @Test("a pipeline that breaks off gives what came before, and then its own words")
  func breakingOff() throws {
    let source = try open("videotestsrc ! identity error-after=4")
    defer { source.close() }
    var picture = Picture(width: 1, height: 1, layout: .grey, samples: [0])
    for _ in 0..<3 { #expect(try source.next(into: &picture) == .picture(name: nil)) }
    let error = try #require(thrownError(VisionError.self) { try source.next(into: &picture) })
    #expect(error.code == .cannotRead)
    #expect(error.message.contains("identity error-after=4: the pipeline broke off (exit code "))
    #expect(error.message.contains("it said: ERROR: from element"))
  }

  @Test(
    "a pipeline that can't be is told in GStreamer's words", arguments: ["nosuchelement", "videotestsrc ! ! queue"])
  func impossible(description: String) throws {
    let source = try open(description)
    defer { source.close() }
    var picture = Picture(width: 1, height: 1, layout: .grey, samples: [0])
    let error = try #require(thrownError(VisionError.self) { try source.next(into: &picture) })
    #expect(error.message.contains("broke off (exit code 1); it said: ") && error.message.contains("pipeline"))
  }

  @Test("a pipeline that stalls is told and ended")
  func stalling() throws {
    let source = try open("videotestsrc num-buffers=9 ! identity sleep-time=600000000", stall: .milliseconds(300))
    var picture = Picture(width: 1, height: 1, layout: .grey, samples: [0])
    let error = try #require(thrownError(VisionError.self) { try source.next(into: &picture) })
    #expect(error.message.contains("gave no picture at all for 0.3 seconds; it is stopped"))
    source.close()
    #expect(kill(source.processGroup, 0) != 0 && errno == ESRCH, "the process is gone")
  }

  @Test("says what to install where the program is missing")
  func missing() throws {
    let pipeline = try GStreamerPipeline(description: "videotestsrc")
    let error = try #require(
      thrownError(VisionError.self) {
        try GStreamerSource(
          pipeline, width: 64, height: 48, stallLimit: .seconds(1), program: "no-such-gst-launch")
      })
    #expect(error.message.contains("no program 'no-such-gst-launch'") && error.message.contains("apt-get install"))
  }
}
