/// Pictures that a GStreamer pipeline makes in a process of its own.
///
/// `gst-launch-1.0` writes raw pictures into a pipe that is neither of its standard outputs, because plug-ins print there.
package final class GStreamerSource: FrameSource {
  package let title: String
  private let width: Int
  private let height: Int
  private let stallLimit: Duration
  private let process: ChildProcess
  // @unchecked: used by the one thread that takes pictures.
  private nonisolated(unsafe) var padded: [UInt8]
  private nonisolated(unsafe) var frameCount = 0

  /// Starts the pipeline.
  ///
  /// - Parameters:
  ///   - pipeline: Where pictures come from.
  ///   - width: Pixels in a row; pictures are scaled to it.
  ///   - height: Rows.
  ///   - stallLimit: How long a picture may take.
  ///   - program: The program to start, by name or path.
  /// - Throws: `cannotRead` where the program is missing or can't be started.
  package init(
    _ pipeline: GStreamerPipeline, width: Int, height: Int, stallLimit: Duration, program: String = "gst-launch-1.0"
  ) throws(VisionError) {
    title = pipeline.title
    (self.width, self.height, self.stallLimit) = (width, height, stallLimit)
    let rowByteCount = GStreamerPipeline.rowByteCount(width: width)
    padded = rowByteCount == width * 3 ? [] : [UInt8](repeating: 0, count: rowByteCount * height)
    guard let path = ChildProcess.find(program) else {
      throw VisionError(
        .cannotRead,
        "there is no program '\(program)' in PATH: install it with apt-get install gstreamer1.0-tools "
          + "gstreamer1.0-plugins-base gstreamer1.0-plugins-good")
    }
    process = try ChildProcess(
      path, pipeline.arguments(width: width, height: height, descriptor: ChildProcess.dataDescriptor))
  }

  /// The group of the pipeline's processes, to end it when nothing else can be done.
  package var processGroup: Int32 { process.group }

  package func next(into picture: inout Picture) throws(VisionError) -> FrameArrival {
    let rowByteCount = GStreamerPipeline.rowByteCount(width: width)
    let outcome = picture.refill(width: width, height: height, layout: .rgb) { samples in
      padded.isEmpty ? process.read(into: UnsafeMutableRawBufferPointer(samples), timeLimit: stallLimit) : nil
    }
    let arrival = outcome ?? readPadded(rowByteCount, into: &picture)
    switch arrival {
    case .whole:
      frameCount += 1
      return .picture(name: nil)
    case .cancelled: return .end
    case .late:
      let after = frameCount == 0 ? "at all" : "after picture \(frameCount)"
      throw failure("gave no picture \(after) for \(stallLimit); it is stopped")
    case .ended(let byteCount):
      let ending = process.end(waiting: .seconds(2))
      guard case .code(0) = ending else { throw failure("broke off (\(ending))") }
      guard byteCount == 0 else {
        throw failure(
          "ended in the middle of picture \(frameCount + 1), after \(byteCount) of \(rowByteCount * height) bytes")
      }
      return .end
    }
  }

  package func cancel() { process.cancel() }

  package func close() { process.end(waiting: .zero) }

  /// Reads a picture whose rows are longer than their pixels.
  private func readPadded(_ rowByteCount: Int, into picture: inout Picture) -> ChildProcess.Arrival {
    let arrival = padded.withUnsafeMutableBytes { process.read(into: $0, timeLimit: stallLimit) }
    guard case .whole = arrival else { return arrival }
    let byteCount = width * 3
    picture.refill(width: width, height: height, layout: .rgb) { samples in
      padded.withUnsafeBufferPointer { rows in
        for y in 0..<height {
          let row = UnsafeBufferPointer(rebasing: rows[y * rowByteCount..<y * rowByteCount + byteCount])
          _ = UnsafeMutableBufferPointer(rebasing: samples[y * byteCount..<(y + 1) * byteCount]).update(from: row)
        }
      }
    }
    return arrival
  }

  private func failure(_ what: String) -> VisionError {
    let lines = process.lastWords
    // What GStreamer says for its own developers would hide what it says for its users.
    let complaints = lines.filter { $0.hasPrefix("ERROR:") || $0.hasPrefix("WARNING:") }
    let words = complaints.isEmpty ? Array(lines.suffix(4)) : Array(complaints.prefix(2))
    return VisionError(
      .cannotRead,
      "\(title): the pipeline \(what)\(words.isEmpty ? "" : "; it said: \(words.joined(separator: " / "))")")
  }
}
