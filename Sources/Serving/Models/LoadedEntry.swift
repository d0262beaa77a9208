import Devices
import Inference
import Synchronization

/// A model that is loaded, with its line and its counts.
package final class LoadedEntry: Sendable {
  /// The name.
  package let name: String
  /// The version.
  package let version: String
  /// The model.
  package let model: any ServableModel
  private let desk: AdmissionDesk
  private let statisticsState = Mutex(ModelStatistics())
  private let recent = Mutex(RecentRequests())
  private let busyCount = Monitor(0)

  /// Makes the entry of a model that is ready.
  init(name: String, version: String, model: any ServableModel) {
    self.name = name
    self.version = version
    self.model = model
    desk = AdmissionDesk(placeCount: model.jobCount, name: name)
  }

  /// What it has done.
  package var statistics: ModelStatistics { statisticsState.withLock { $0 } }

  /// How long the answered requests took that ended after a moment.
  ///
  /// - Units: Nanoseconds.
  func recentDurations(after moment: Moment) -> [Int64] { recent.withLock { $0 }.durations(after: moment) }

  /// Requests that wait for a place.
  package var waitingCount: Int { desk.waitingCount }

  /// Answers a request, and counts it.
  func infer(
    _ message: HTTPRequest, of client: ClientIdentity, clock: () -> Int
  ) async -> Result<HTTPResponse, ServingError> {
    let begin = Moment.now
    busyCount.update { $0 += 1 }
    defer { busyCount.update { $0 -= 1 } }
    do throws(ServingError) {
      let headerByteCount = try message.head.headers.byteCount("Inference-Header-Content-Length")
      let request = try InferenceRequest(message.body, headerByteCount: headerByteCount)
      let inputs = try bind(request)
      let forms = try OutputForm.forms(of: request, ports: model.outputs, model: name)
      let deadline = request.timeLimit.map { min(message.deadline, begin + $0) } ?? message.deadline
      let options = JobOptions(priority: request.priority, deadline: deadline)
      let model = model
      let run = try await desk.withPlace(client, options) { () throws(ServingError) in
        try await model.run(inputs, outputs: forms.map(\.index), options)
      }
      let written = Moment.now
      let response = try InferenceResponse(
        model: name, version: version, id: request.id, losses: run.losses, labels: model.labels
      ).http(forms, tensors: run.tensors, ports: model.outputs)
      var times = run.times
      times.output += Moment.now - written
      let frames = model.inputs.first.map { $0.shape.rank > 0 ? max(1, $0.shape[0]) : 1 } ?? 1
      let end = Moment.now
      statisticsState.withLock { [times] in $0.add(times, total: end - begin, frames: frames, at: clock()) }
      recent.withLock { $0.add(end - begin, at: end) }
      return .success(response)
    } catch {
      statisticsState.withLock { $0.add(.init(error), total: Moment.now - begin) }
      return .failure(error)
    }
  }

  /// Waits until no request is under way; keeps the calling thread.
  func waitUntilIdle(_ timeLimit: Duration) -> Bool {
    busyCount.wait(timeLimit: timeLimit) { $0 == 0 ? true : nil } ?? false
  }

  /// The tensors of a request in the order of the model's inputs.
  private func bind(_ request: InferenceRequest) throws(ServingError) -> [InputTensor] {
    let ports = model.inputs
    if request.isRaw {
      guard ports.count == 1 else {
        throw ServingError(
          .badRequest,
          "a raw body is for models of one input, \"\(name)\" has \(ports.count): send them with JSON before them")
      }
      return [try InputTensor(raw: request.body, for: ports[0])]
    }
    let names = ports.map { "\"\($0.name)\"" }.joined(separator: ", ")
    for input in request.inputs where !ports.contains(where: { $0.name == input.name }) {
      throw ServingError(
        .badRequest, "\(input.field).name: found \"\(input.name.prefix(80))\", the inputs of \"\(name)\" are \(names)")
    }
    return try ports.map { port throws(ServingError) in
      guard let input = request.inputs.first(where: { $0.name == port.name }) else {
        throw ServingError(.badRequest, "inputs: \"\(port.name)\" is missing, the inputs of \"\(name)\" are \(names)")
      }
      return try InputTensor(input, of: request.body, for: port)
    }
  }
}
