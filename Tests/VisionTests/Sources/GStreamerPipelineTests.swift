import TestSupport
import Testing
import Vision

@Suite struct GStreamerPipelineTests {
  static let descriptions: [(String, [String])] = [
    ("videotestsrc", ["videotestsrc"]),
    ("  videotestsrc\tnum-buffers=2\n! queue ", ["videotestsrc", "num-buffers=2", "!", "queue"]),
    (#"filesrc location="/a b.mp4" ! decodebin"#, ["filesrc", #"location="/a b.mp4""#, "!", "decodebin"]),
    (#"filesrc location="a \" b" ! x"#, ["filesrc", #"location="a \" b""#, "!", "x"]),
    (#"filesrc location=/a\ b ! x"#, ["filesrc", #"location=/a\ b"#, "!", "x"]),
    ("a 'b c' $HOME `d` *", ["a", "'b", "c'", "$HOME", "`d`", "*"]),
  ]

  @Test("parts words as GStreamer does, and nothing is done to them", arguments: descriptions)
  func words(description: String, words: [String]) throws {
    #expect(try GStreamerPipeline(description: description).words == words)
  }

  @Test(
    "refuses what is no pipeline, in words",
    arguments: [
      ("", "is empty"), ("  \n", "is empty"), (#"filesrc location="a"#, "double quote that does not end"),
      ("a \\", "ends with a backslash"), ("a\0b", "zero byte"),
    ])
  func refusals(description: String, words: String) throws {
    let error = try #require(thrownError(VisionError.self) { try GStreamerPipeline(description: description) })
    #expect(error.message.contains(words))
  }

  @Test("gives odd names of devices and files as one value")
  func names() {
    #expect(
      GStreamerPipeline(camera: "/dev/video0").words == ["v4l2src", #"device="/dev/video0""#, "!", "decodebin"])
    #expect(
      GStreamerPipeline(file: #"/a "b" \c ! d.mp4"#).words
        == ["filesrc", #"location="/a \"b\" \\c ! d.mp4""#, "!", "decodebin"])
  }
}
