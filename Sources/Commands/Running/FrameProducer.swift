import Devices
import Inference
import Vision

/// Reads files and fills inputs on a thread of its own, as far ahead as a stream of jobs allows.
final class FrameProducer: Sendable {
  /// A frame that has its place in the stream: the next job that comes out is its.
  struct Frame: Sendable {
    /// The files of the run.
    let files: [InputFile]
    /// Their paths.
    let paths: [String]
    /// The number of the paths among all that are run.
    let group: Int
    /// The frame's number in its file, `nil` where the file has one frame.
    let number: Int?
    /// What was lost when the frame became int8, `nil` where it was not filled.
    let report: ConversionReport?
  }

  /// What the thread gives, in order.
  enum Item: Sendable {
    /// Files were read; how their arrays are taken.
    case opened(group: Int, paths: [String], treatment: String?)
    /// A frame is on its way.
    case frame(Frame)
    /// Some files can't be used; what follows of them is not run.
    case unusable(VisionError, paths: [String], group: Int)
    /// Nothing more can be run.
    case broken(any Error)
  }

  private struct State {
    var items: [Item] = []
    var times = StageTimes()
    var isOver = false
  }

  private let loaded: LoadedModel
  private let stream: JobStream
  private let state = Monitor(State())

  /// Prepares to feed a stream.
  init(_ loaded: LoadedModel, _ stream: JobStream) {
    self.loaded = loaded
    self.stream = stream
  }

  /// Waits for what comes next, `nil` at the end.
  func next() -> Item? {
    let next: Item?? = state.wait { state in
      if !state.items.isEmpty { return .some(state.items.removeFirst()) }
      return state.isOver ? .some(nil) : nil
    }
    return next ?? nil
  }

  /// The time of decoding and of filling so far.
  var times: StageTimes { state.update { $0.times } }

  /// Reads and fills all files, each group the inputs of one run; to be called by the thread.
  func run(_ groups: [[String]]) {
    for (index, paths) in groups.enumerated() {
      if Interruption.exitCode != nil { break }
      do {
        try run(paths, group: index)
      } catch let error as VisionError {
        push(.unusable(error, paths: paths, group: index))
      } catch {
        push(.broken(error))
        break
      }
    }
    stream.finish()
    state.update { $0.isOver = true }
  }

  private func run(_ paths: [String], group: Int) throws {
    let (files, count) = try measure(.decode) { try loaded.read(paths) }
    push(.opened(group: group, paths: paths, treatment: loaded.feeders.first?.treatment(of: files[0])))
    for number in 0..<count {
      if Interruption.exitCode != nil { return }
      let slot = try stream.take()
      let filling = Result {
        try measure(.preprocess) { try loaded.fill(slot, from: files, paths: paths, frame: number) }
      }
      push(
        .frame(
          Frame(
            files: files, paths: paths, group: group, number: count == 1 ? nil : number, report: try? filling.get())))
      if case .success = filling { stream.submit(slot) } else { stream.skip(slot) }
      _ = try filling.get()
    }
  }

  private func push(_ item: Item) { state.update { $0.items.append(item) } }

  private func measure<R>(_ stage: StageTimes.Stage, _ body: () throws -> R) rethrows -> R {
    let start = Moment.now
    defer { state.update { $0.times.add(.now - start, to: stage) } }
    return try body()
  }
}
