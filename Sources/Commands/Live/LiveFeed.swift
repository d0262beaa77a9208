import Glibc
import Inference
import Synchronization
import Threads
import Vision

/// The threads that take pictures from a source and fill a model's inputs with them.
///
/// The first puts pictures into a mailbox, so that a source is never kept waiting and the newest are run; only sources
/// that can wait do. The second takes buffers, and then the picture that has waited longest in the mailbox.
final class LiveFeed: Sendable {
  /// What became of the source's pictures before they were run.
  struct Counts: Sendable {
    /// Pictures that the source gave.
    var captured = 0
    /// Pictures that could not be used, with their names.
    var unusable: [InputList.Failure] = []
    /// How many could not be used; of very many only the first are named.
    var unusableCount = 0
    /// Why the source has no more, where that is no good end.
    var end: VisionError?
  }

  private let loaded: LoadedModel
  private let stream: JobStream
  private let source: any FrameSource
  private let options: LiveSourceOptions
  private let statistics: RunStatistics
  private let say: @Sendable (InputList.Failure) -> Void
  private let pool = LiveFramePool()
  private let mailbox = FrameMailbox<LiveFrame>(capacity: LiveFeed.mailboxCapacity)
  private let underWay = Monitor<[LiveFrame]>([])
  private let state = Monitor(Counts())
  private let isStopped = Atomic<Bool>(false)

  /// Prepares the threads.
  ///
  /// - Parameter say: Is told of each picture that can't be used.
  init(
    _ loaded: LoadedModel, _ stream: JobStream, from source: any FrameSource, _ options: LiveSourceOptions,
    _ statistics: RunStatistics, say: @escaping @Sendable (InputList.Failure) -> Void
  ) {
    self.loaded = loaded
    self.stream = stream
    self.source = source
    self.options = options
    self.statistics = statistics
    self.say = say
  }

  /// What became of the pictures so far.
  var counts: Counts { state.update { $0 } }

  /// Takes pictures until there are no more; to be called by a thread of its own.
  func capture() {
    var due = Moment.now
    while !isStopped.load(ordering: .relaxed) {
      if let interval = options.interval {
        guard pause(until: due) else { break }
        // A source that fell behind does not hurry to make up for it.
        due = max(due + interval, .now)
      }
      let frame = pool.take()
      do throws(VisionError) {
        switch try source.next(into: &frame.picture) {
        case .picture(let name):
          frame.captured = .now
          frame.number = state.update { counts in
            counts.captured += 1
            return counts.captured
          }
          frame.name = name
          frame.problem = nil
          pass(frame)
        case .unusable(let error):
          pool.give(frame)
          note(error, title: "a picture")
        case .end:
          mailbox.finish()
          return
        }
      } catch {
        state.update { $0.end = error }
        break
      }
    }
    mailbox.finish()
  }

  /// Fills the model's inputs; to be called by a thread of its own.
  func fill() {
    // The buffers first: what waits for them in the mailbox may still be replaced by newer pictures.
    while let slot = try? stream.take() {
      guard let frame = mailbox.take() else {
        stream.skip(slot)
        break
      }
      do throws(VisionError) {
        _ = try loaded.fill(slot, input: 0, from: .picture(frame.picture), path: frame.title, frame: 0)
      } catch {
        frame.problem = error
      }
      underWay.update { $0.append(frame) }
      if frame.problem == nil { stream.submit(slot) } else { stream.skip(slot) }
    }
    mailbox.close()
    stream.finish()
  }

  /// The picture of the job that comes out next, `nil` for the job that ends the stream.
  func nextFrame() -> LiveFrame? { underWay.update { $0.isEmpty ? nil : $0.removeFirst() } }

  /// Takes a picture back that nobody looks at any more.
  func giveBack(_ frame: LiveFrame) { pool.give(frame) }

  /// Notes a picture that can't be used.
  ///
  /// - Returns: Whether others of the source may be better.
  func note(_ error: VisionError, title: String) {
    let failure = InputList.Failure(path: error.path ?? title, message: error.message)
    let isNamed = state.update { counts in
      counts.unusableCount += 1
      guard counts.unusable.count < LiveFeed.namedFailures else { return false }
      counts.unusable.append(failure)
      return true
    }
    if isNamed { say(failure) }
    if options.isUniform { stop() }
  }

  /// Ends both threads; what is under way comes out, what waits for buffers does not.
  func stop() {
    isStopped.store(true, ordering: .relaxed)
    mailbox.close()
    source.cancel()
  }

  private func pass(_ frame: LiveFrame) {
    if options.isLive {
      guard let oldest = mailbox.put(frame) else { return }
      pool.give(oldest)
      if oldest !== frame { statistics.framesDropped(1) }
    } else if !mailbox.putWhenFree(frame) {
      pool.give(frame)
    }
  }

  /// Waits until a moment.
  ///
  /// - Returns: Whether it came, and not the end.
  private func pause(until moment: Moment) -> Bool {
    while !isStopped.load(ordering: .relaxed) {
      let left = (moment - .now).wholeNanoseconds / 1000
      if left <= 0 { return true }
      usleep(UInt32(min(left, 20_000)))
    }
    return false
  }

  /// Two pictures: one that came while buffers were awaited does not give way to the next at once.
  private static let mailboxCapacity = 2
  private static let namedFailures = 1000
}
