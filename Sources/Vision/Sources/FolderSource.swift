import Synchronization

/// The pictures of a list of files, once or over and over.
package final class FolderSource: FrameSource {
  package let title: String
  private let paths: [String]
  private let isLooped: Bool
  private let isCancelled = Atomic<Bool>(false)
  // @unchecked: used by the one thread that takes pictures.
  private nonisolated(unsafe) var position = 0
  private nonisolated(unsafe) var goodInRound = 0
  private nonisolated(unsafe) let reader = FileReader()

  /// Takes the files in their order.
  ///
  /// - Parameters:
  ///   - paths: JPEG and PNG files, at least one.
  ///   - title: What they are, in words.
  ///   - isLooped: Whether the first follows the last.
  package init(_ paths: [String], title: String, isLooped: Bool) {
    precondition(!paths.isEmpty, "a folder without pictures is no source")
    self.paths = paths
    self.title = title
    self.isLooped = isLooped
  }

  package func next(into picture: inout Picture) throws(VisionError) -> FrameArrival {
    guard !isCancelled.load(ordering: .relaxed) else { return .end }
    if position == paths.count {
      // Files of which none is good would be tried for ever.
      guard isLooped, goodInRound > 0 else { return .end }
      (position, goodInRound) = (0, 0)
    }
    let path = paths[position]
    position += 1
    do throws(VisionError) {
      try reader.read(path, into: &picture)
    } catch {
      return .unusable(error)
    }
    goodInRound += 1
    return .picture(name: path)
  }

  package func cancel() { isCancelled.store(true, ordering: .relaxed) }

  package func close() {}
}
