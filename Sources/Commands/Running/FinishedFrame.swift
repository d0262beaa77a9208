import JSONValues
import Vision

/// What one frame of `dpu run` left behind.
struct FinishedFrame: Sendable {
  /// A line of text in memory that is used again.
  final class Line: Sendable {
    // @unchecked: in the hands of one thread at a time, passed on through locks.
    nonisolated(unsafe) var text = ""
  }

  /// The file of its first input.
  let path: String
  /// Its number in the file, `nil` where the file has one frame.
  let number: Int?
  /// The frame and what the model says of it, for a person, to its line feed; `nil` where a report is asked for.
  let line: Line?
  /// The same in a report, where one is asked for.
  let json: JSONValue?
  /// What was lost when it became int8.
  let lost: ConversionReport

  /// The frame for a person: `slice.png`, `slices.npy[12]`.
  var title: String {
    var title = ""
    FinishedFrame.appendTitle(path, number, to: &title)
    return title
  }

  /// Adds the name of a frame to a text.
  static func appendTitle(_ path: String, _ number: Int?, to text: inout String) {
    text += path.printable
    guard let number else { return }
    text += "["
    text += String(number)
    text += "]"
  }
}
