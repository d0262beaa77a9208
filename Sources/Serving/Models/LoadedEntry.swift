package import Inference
import Threads

/// A model that is loaded, with its line and its counts.
package final class LoadedEntry: Sendable {
  /// The name.
  package let name: String
  /// The version.
  package let version: String
  /// What tells its file from another one in its place.
  package let stamp: String
  /// The model.
  package let model: any ServableModel
  private let desk: AdmissionDesk
  /// What this model has done, also before it was loaded this time.
  package let record: ModelRecord
  private let recent = Guarded(RecentRequests())
  private let busyCount = Monitor(0)

  /// Makes the entry of a model that is ready.
  init(name: String, version: String, stamp: String = "", model: any ServableModel, record: ModelRecord) {
    self.name = name
    self.version = version
    self.stamp = stamp
    self.model = model
    self.record = record
    desk = AdmissionDesk(placeCount: model.jobCount, name: name)
  }

  /// What it has done.
  package var statistics: ModelStatistics { record.statistics }

  /// How long the answered requests took that ended after a moment.
  ///
  /// - Units: Nanoseconds.
  func recentDurations(after moment: Moment) -> [Int64] { recent.withLock { $0 }.durations(after: moment) }

  /// Requests that wait for a place.
  package var waitingCount: Int { desk.waitingCount }

  /// Runs on inputs whose answer is known, and counts it.
  package func selfCheck(_ options: JobOptions) async -> Result<SelfCheck, ServingError> {
    busyCount.update { $0 += 1 }
    defer { busyCount.update { $0 -= 1 } }
    do throws(ServingError) {
      let check = try await model.selfCheck(options)
      // Without a known answer, nothing was checked.
      if check.difference != nil || !check.rightCores.isEmpty {
        record.count(check.difference != nil ? .wrong : .right)
      }
      return .success(check)
    } catch {
      record.count(.failed)
      return .failure(error)
    }
  }

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
      let bound = Moment.now
      let model = model
      let run = try await desk.withPlace(client, options) { () throws(ServingError) in
        try await model.run(inputs, outputs: forms.map(\.index), options)
      }
      let written = Moment.now
      let response = try InferenceResponse(
        model: name, version: version, id: request.id, losses: run.losses, labels: model.labels
      ).http(forms, tensors: run.tensors, ports: model.outputs)
      var times = run.times
      let ended = Moment.now
      times[.decode] = bound - begin
      times[.encode] = ended - written
      // What is left is waiting for a place.
      times[.queue] += max(
        .zero,
        (ended - begin) - RunTimes.Stage.allCases.reduce(.zero) { $0 + run.times[$1] } - times[.decode]
          - times[.encode])
      let frames = model.inputs.first.map { $0.shape.rank > 0 ? max(1, $0.shape[0]) : 1 } ?? 1
      record.update { [times] in
        $0.add(times, core: run.core, total: ended - begin, frames: frames, at: clock())
      }
      recent.withLock { $0.add(ended - begin, at: ended) }
      return .success(response)
    } catch {
      record.update { $0.add(.init(error), total: Moment.now - begin) }
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
