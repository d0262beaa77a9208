import Devices
package import Inference

/// A model of a scheduler, as the service runs it.
package struct ScheduledServable: ServableModel {
  private let model: ScheduledModel
  /// The tensors to send.
  package let inputs: [ServedTensor]
  /// The tensors to be had.
  package let outputs: [ServedTensor]
  /// The names of the classes.
  package let labels: [String]

  /// Makes a servable model of one that is resident.
  package init(_ model: ScheduledModel, labels: [String]) {
    self.model = model
    self.labels = labels
    inputs = model.inputs.map(ServedTensor.init)
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
      times.queue = (held - begin) + timing.queueTime
      times.input = filled - held
      times.inference = timing.runTime
      times.output = Moment.now - ended
      return ModelRun(tensors: tensors, losses: losses, times: times)
    } catch {
      throw ServingError(error)
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
