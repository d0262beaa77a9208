import Threads
import Vision

/// A picture of a source on its way, in memory that is used again for later ones.
final class LiveFrame: Sendable {
  // @unchecked: a frame is in the hands of one thread at a time, passed on through locks.
  nonisolated(unsafe) var picture = Picture(width: 1, height: 1, layout: .rgb, samples: [0, 0, 0])
  /// When the whole picture was there.
  nonisolated(unsafe) var captured = Moment(nanoseconds: 0)
  /// The number among the source's pictures, from 1, those that were left out counted.
  nonisolated(unsafe) var number = 0
  /// The file, where it is one.
  nonisolated(unsafe) var name: String?
  /// Why it can't be run.
  nonisolated(unsafe) var problem: VisionError?

  /// What it is called in messages.
  var title: String { name ?? "picture \(number)" }
}

/// Frames whose memory is free; as many are made as are ever used at a time.
final class LiveFramePool: Sendable {
  private let free = Monitor<[LiveFrame]>([])

  /// A frame of any content.
  func take() -> LiveFrame { free.update { $0.popLast() } ?? LiveFrame() }

  /// Gives a frame back that nobody looks at any more.
  func give(_ frame: LiveFrame) { free.update { $0.append(frame) } }
}
