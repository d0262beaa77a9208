import Synchronization
import Threads

/// Between those who run models and those who look: the newest run of each model that somebody wants to see.
///
/// Who runs a model hands its tensors over and goes on. A run that nobody has drawn when the next one comes is left out.
package final class PictureDesk: Sendable {
  /// A run of a model.
  package struct Run: Sendable {
    /// The model's name.
    package let model: String
    /// Its number among the model's runs that were handed over or left out.
    package let number: Int
    /// The inputs.
    package let inputs: [InputTensor]
    /// The output that says what is seen, as the device made it.
    package let output: [UInt8]
  }

  private struct State {
    /// In the order in which they are to be drawn.
    var waiting: [Run] = []
    var counts: [String: Int] = [:]
    var isOver = false
  }

  /// Clients that take JPEG with the labels drawn in.
  package let pictures: StreamGroup
  /// Clients that take pictures and labels by themselves.
  package let frames: StreamGroup
  private let state = Monitor(State())

  init(clientCount: Int) {
    pictures = StreamGroup("pictures", limit: clientCount, depth: 1)
    frames = StreamGroup("pictures of the page", limit: clientCount, depth: 1)
  }

  /// Whether somebody looks at a model.
  package func wants(_ model: String) -> Bool { pictures.wants(model) || frames.wants(model) }

  /// Hands over a run that somebody wants to see; waits for nothing.
  package func offer(_ inputs: [InputTensor], _ output: [UInt8], of model: String) {
    state.update { state in
      guard !state.isOver else { return }
      let number = (state.counts[model] ?? 0) + 1
      state.counts[model] = number
      let run = Run(model: model, number: number, inputs: inputs, output: output)
      if let place = state.waiting.firstIndex(where: { $0.model == model }) {
        state.waiting[place] = run
      } else {
        state.waiting.append(run)
      }
    }
  }

  /// Waits for the next run to draw; `nil` at the end.
  package func next() -> Run? {
    state.wait { state -> Run?? in
      if state.isOver { return .some(nil) }
      return state.waiting.isEmpty ? nil : .some(state.waiting.removeFirst())
    } ?? nil
  }

  /// Sleeps, or until the end.
  package func rest(_ duration: Duration) { _ = state.wait(timeLimit: duration) { $0.isOver ? true : nil } }

  /// Shows a JPEG with the labels drawn in.
  package func show(picture: [UInt8], of model: String) {
    // The line between two pictures comes at once: viewers show a picture when they have seen its end.
    let head = "Content-Type: image/jpeg\r\nContent-Length: \(picture.count)\r\n\r\n"
    pictures.send(Array(head.utf8) + picture + Array("\r\n--\(PageFeed.boundary)\r\n".utf8), model: model)
  }

  /// Shows a picture and its labels by themselves: three lengths of 32 bits, little endian, then what they are of.
  ///
  /// - Parameters:
  ///   - words: What is seen, as JSON.
  ///   - picture: A JPEG.
  ///   - labels: The label map in runs; empty where there is none.
  package func show(words: [UInt8], picture: [UInt8], labels: [UInt8], of model: String) {
    var piece: [UInt8] = []
    piece.reserveCapacity(12 + words.count + picture.count + labels.count)
    for part in [words, picture, labels] {
      withUnsafeBytes(of: UInt32(part.count).littleEndian) { piece.append(contentsOf: $0) }
    }
    frames.send(piece + words + picture + labels, model: model)
  }

  /// How many look.
  package var watcherCount: Int { pictures.count + frames.count }

  func finish() {
    state.update { $0.isOver = true }
    pictures.finish()
    frames.finish()
  }
}
