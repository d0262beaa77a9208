/// Gives pictures one after another: a camera, a stream, a video file, a folder.
///
/// One thread takes pictures; another may cancel. Whoever opened a source closes it when no thread takes from it.
package protocol FrameSource: AnyObject, Sendable {
  /// What it is, in words.
  var title: String { get }

  /// Waits for the next picture and puts it into one that is used again.
  ///
  /// - Throws: Why there are no more, where that is no good end; what came before stands.
  func next(into picture: inout Picture) throws(VisionError) -> FrameArrival

  /// Ends waiting: whoever waits, or asks later, hears that there are no more.
  func cancel()

  /// Lets go of all that it holds, such as a child process.
  func close()
}

/// What a source gave.
package enum FrameArrival: Equatable, Sendable {
  /// A picture, and its name where it has one.
  case picture(name: String?)
  /// A picture that can't be used; the next one may be good.
  case unusable(VisionError)
  /// There are no more.
  case end
}
