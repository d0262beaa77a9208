import Devices
package import Inference
import Threads

/// A model of a scheduler, as the service runs it.
package struct ScheduledServable: ServableModel {
  /// How often a self-check asks again for a core that it has not come to.
  private static let checkRounds = 4

  private let model: ScheduledModel
  private let golden: GoldenAnswer?
  /// The tensors to send.
  package let inputs: [ServedTensor]
  /// The tensors to be had.
  package let outputs: [ServedTensor]
  /// The names of the classes.
  package let labels: [String]

  /// Makes a servable model of one that is resident.
  ///
  /// - Parameters:
  ///   - inputNames: What the model's file calls its inputs; a device may only know the operations that fetch them.
  ///   - golden: What it answers to inputs that are known, for self-checks.
  package init(
    _ model: ScheduledModel, inputNames: [String]? = nil, labels: [String], golden: GoldenAnswer? = nil
  ) {
    self.model = model
    self.labels = labels
    self.golden = golden
    let ports = model.inputs.map(ServedTensor.init)
    let names = inputNames ?? ports.map(\.name)
    precondition(names.count == ports.count, "\(names.count) names for \(ports.count) inputs")
    inputs = zip(ports, names).map { ServedTensor(name: $1, shape: $0.shape, fixPoint: $0.fixPoint) }
    outputs = model.outputs.map(ServedTensor.init)
  }

  /// How many jobs it holds at a time.
  package var jobCount: Int { model.slotCount }

  /// Runs once; keeps no thread while it waits.
  package func run(
    _ inputs: [InputTensor], outputs: [Int], _ options: JobOptions
  ) async throws(ServingError) -> ModelRun {
    precondition(inputs.count == self.inputs.count, "\(inputs.count) tensors for \(self.inputs.count) inputs")
    do throws(InferenceError) {
      let begin = Moment.now
      let slot = try await model.slot(options)
      defer { slot.giveBack() }
      let held = Moment.now
      var losses = InputTensor.Losses()
      for (index, input) in inputs.enumerated() { losses += slot.withInput(index) { input.fill($0) } }
      let filled = Moment.now
      try await slot.run(options)
      let ended = Moment.now
      let timing = slot.timing
      let tensors = outputs.map { slot.withOutput($0) { Array($0) } }
      var times = RunTimes()
      times[.queue] = (held - begin) + timing.queueTime
      times[.preprocess] = filled - held
      times[.device] = timing.runTime
      times[.postprocess] = Moment.now - ended
      return ModelRun(tensors: tensors, losses: losses, times: times, core: timing.core)
    } catch {
      throw ServingError(error)
    }
  }
}

extension ScheduledServable {
  /// Runs on each core that is at work, on the inputs whose answer is known.
  ///
  /// Which core a job gets is the scheduler's to say: as many jobs at a time as there are cores come to all of them where
  /// nothing else is to be done, and to most of them where there is.
  package func selfCheck(_ options: JobOptions) async throws(ServingError) -> SelfCheck {
    var check = SelfCheck()
    guard let golden else { return check }
    for _ in 0..<ScheduledServable.checkRounds {
      let missing = Set(model.activeCores).subtracting(check.rightCores)
      if missing.isEmpty { break }
      let results = await withTaskGroup(of: Result<SelfCheck, ServingError>.self) { group in
        for _ in missing { group.addTask { await self.checkOnce(golden, options) } }
        var results: [Result<SelfCheck, ServingError>] = []
        for await result in group { results.append(result) }
        return results
      }
      for result in results {
        let found = try result.get()
        check.rightCores.formUnion(found.rightCores)
        check.difference = check.difference ?? found.difference
      }
      if check.difference != nil { break }
    }
    return check
  }

  private func checkOnce(_ golden: GoldenAnswer, _ options: JobOptions) async -> Result<SelfCheck, ServingError> {
    do throws(InferenceError) {
      let slot = try await model.slot(options)
      defer { slot.giveBack() }
      for (index, bytes) in golden.inputs.enumerated() { slot.withInput(index) { $0.copyBytes(from: bytes) } }
      try await slot.run(options)
      let found = golden.outputs.indices.map { slot.withOutput($0) { Array($0) } }
      let core = slot.timing.core ?? 0
      if let difference = golden.difference(from: found) {
        return .success(SelfCheck(difference: "core \(core): \(difference)"))
      }
      return .success(SelfCheck(rightCores: [core]))
    } catch {
      return .failure(ServingError(error))
    }
  }
}

extension ServedTensor {
  /// Describes a port of a model.
  init(_ port: TensorPort) { self.init(name: port.name, shape: port.shape, fixPoint: port.fixPoint) }
}

extension ServingError {
  /// Says why a job has no result.
  init(_ error: InferenceError) {
    switch error.code {
    case .deviceFailed, .skipped: self.init(.failed, error.message)
    case .deadlinePassed, .cancelled, .noCoreLeft, .busy, .closed: self.init(.unavailable, error.message)
    }
  }
}
