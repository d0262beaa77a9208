/// The beginning of a GStreamer pipeline, as the words that `gst-launch-1.0` gets.
package struct GStreamerPipeline: Equatable, Sendable {
  /// The words, each an argument of its own; no shell sees them.
  package let words: [String]
  /// What it is, in words.
  package let title: String

  /// Takes a description of a pipeline as `gst_parse_launch` does.
  ///
  /// White space parts words. Between double quotes it does not, and behind a backslash it does not either. Quotes and
  /// backslashes stay in the words, because GStreamer itself takes them away.
  ///
  /// - Throws: `unsupported` for an empty description, one with a quote that does not end, or a zero byte.
  package init(description: String) throws(VisionError) {
    var words: [String] = []
    var word = ""
    var isQuoted = false
    var isEscaped = false
    for scalar in description.unicodeScalars {
      guard scalar != "\0" else { throw Self.problem(description, "has a zero byte") }
      if !isQuoted, !isEscaped, scalar.properties.isWhitespace {
        if !word.isEmpty { words.append(word) }
        word = ""
        continue
      }
      word.unicodeScalars.append(scalar)
      if isEscaped {
        isEscaped = false
      } else if scalar == "\\" {
        isEscaped = true
      } else if scalar == "\"" {
        isQuoted.toggle()
      }
    }
    guard !isQuoted else { throw Self.problem(description, "has a double quote that does not end") }
    guard !isEscaped else { throw Self.problem(description, "ends with a backslash") }
    if !word.isEmpty { words.append(word) }
    guard !words.isEmpty else { throw Self.problem(description, "is empty") }
    self.words = words
    title = "GStreamer: \(words.joined(separator: " "))"
  }

  /// Takes pictures of a camera of the kernel's (V4L2), raw or compressed.
  package init(camera device: String) {
    words = ["v4l2src", "device=\(Self.quoted(device))", "!", "decodebin"]
    title = "camera \(device)"
  }

  /// Takes the pictures of a video file, as fast as they are wanted.
  package init(file path: String) {
    words = ["filesrc", "location=\(Self.quoted(path))", "!", "decodebin"]
    title = "video file \(path)"
  }

  /// The whole pipeline: pictures of one size and form, row by row, into a descriptor.
  func arguments(width: Int, height: Int, descriptor: Int32) -> [String] {
    ["-q"] + words + [
      "!", "videoconvert", "!", "videoscale", "!", "video/x-raw,format=RGB,width=\(width),height=\(height)", "!",
      "fdsink", "fd=\(descriptor)",
    ]
  }

  /// Bytes from one row to the next: GStreamer begins rows of raw video at multiples of four.
  ///
  /// - Source: gstreamer.freedesktop.org, "Raw Video Media Types": RGB has the stride `RU4(width * 3)`.
  static func rowByteCount(width: Int) -> Int { (width * 3 + 3) / 4 * 4 }

  /// A value in double quotes.
  private static func quoted(_ value: String) -> String {
    var text = "\""
    for character in value.unicodeScalars {
      if character == "\"" || character == "\\" { text += "\\" }
      text.unicodeScalars.append(character)
    }
    return text + "\""
  }

  private static func problem(_ description: String, _ reason: String) -> VisionError {
    VisionError(.unsupported, "the source \"\(description)\" \(reason); write it as behind 'gst-launch-1.0'")
  }
}
