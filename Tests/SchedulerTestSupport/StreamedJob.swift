import Devices
import Inference

/// A job whose every run is one frame of a stream: buffers belong to the stream, so that it has tensors of its own.
///
/// Frames with other inputs go before and behind it, and all are in flight at once: whoever mixes up the order or the
/// buffers gives a wrong answer.
final class StreamedJob: Job {
  /// The frame that is the job.
  private static let place = 1
  private static let frameCount = 3

  private let model: ScheduledModel
  private let inputs: [UnsafeMutableRawBufferPointer]
  private let outputs: [UnsafeMutableRawBufferPointer]

  init(_ model: ScheduledModel) {
    self.model = model
    inputs = model.inputs.map { StreamedJob.memory($0.byteCount) }
    outputs = model.outputs.map { StreamedJob.memory($0.byteCount) }
  }

  deinit { for bytes in inputs + outputs { bytes.deallocate() } }

  func withInput<R>(_ index: Int, _ body: (UnsafeMutableRawBufferPointer) throws -> R) rethrows -> R {
    try body(inputs[index])
  }

  func withOutput<R>(_ index: Int, _ body: (UnsafeRawBufferPointer) throws -> R) rethrows -> R {
    try body(UnsafeRawBufferPointer(outputs[index]))
  }

  func run() throws(DeviceError) {
    let stream = model.stream(inFlight: .fixed(StreamedJob.frameCount))
    let own = inputs.map { [UInt8]($0) }
    let producer = try OwnThread {
      for place in 0..<StreamedJob.frameCount {
        guard let slot = try? stream.take(JobOptions(within: .seconds(600))) else { return stream.cancel() }
        let mask: UInt8 = place == StreamedJob.place ? 0 : 0x55 &+ UInt8(place)
        for (index, bytes) in own.enumerated() {
          slot.withInput(index) { $0.copyBytes(from: bytes.lazy.map { $0 ^ mask }) }
        }
        stream.submit(slot)
      }
      stream.finish()
    }
    var place = 0
    var failure: InferenceError?
    while let slot = stream.next() {
      defer { slot.giveBack() }
      do throws(InferenceError) {
        try slot.checkResult()
        if place == StreamedJob.place { keepOutputs(of: slot) }
      } catch { failure = failure ?? error }
      place += 1
    }
    // Whoever frees the job next must be the last to hold the model.
    producer.join()
    if let failure { throw failure.cause ?? DeviceError(.failed, failure.message) }
    guard place == StreamedJob.frameCount else {
      throw DeviceError(.failed, "\(place) results of \(StreamedJob.frameCount) frames")
    }
  }

  func run(observer: (Int, UnsafeRawBufferPointer) -> Void) throws(DeviceError) -> [HiddenTensor] {
    let slot: JobSlot
    do throws(InferenceError) { slot = try model.waitForSlot(JobOptions(within: .seconds(60))) } catch {
      throw DeviceError(.busy, error.message)
    }
    defer { slot.giveBack() }
    for (index, bytes) in inputs.enumerated() { slot.withInput(index) { $0.copyMemory(from: .init(bytes)) } }
    let hidden = try slot.run(observer: observer)
    keepOutputs(of: slot)
    return hidden
  }

  private func keepOutputs(of slot: JobSlot) {
    for (index, bytes) in outputs.enumerated() { slot.withOutput(index) { bytes.copyMemory(from: $0) } }
  }

  private static func memory(_ byteCount: Int) -> UnsafeMutableRawBufferPointer {
    let bytes = UnsafeMutableRawBufferPointer.allocate(byteCount: max(1, byteCount), alignment: 64)
    bytes.initializeMemory(as: UInt8.self, repeating: 0)
    return .init(rebasing: bytes[..<byteCount])
  }
}
