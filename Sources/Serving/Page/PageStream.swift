/// The answers of the live page that go on.
package enum PageStream: Equatable, Sendable {
  /// Numbers and words, as server-sent events.
  case events
  /// Pictures with their labels drawn in, as JPEG one after another: for programs that show a camera.
  case pictures(model: String?)
  /// Pictures, labels and what they mean, each by itself: for the page.
  case frames(model: String?)

  /// Finds what the path behind `/live` asks for; `nil` for anything else.
  init?(_ segments: [String]) {
    guard segments.count <= 2, segments.last != "" else { return nil }
    let model = segments.count == 2 ? segments[1] : nil
    switch segments.first {
    case "events" where model == nil: self = .events
    case "pictures": self = .pictures(model: model)
    case "frames": self = .frames(model: model)
    default: return nil
    }
  }
}
