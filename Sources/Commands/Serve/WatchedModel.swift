import Inference
import Serving

/// A model whose runs can be looked at: the newest goes to the page where somebody looks, and costs nothing else.
struct WatchedModel: ServableModel {
  private let model: ScheduledServable
  private let name: String
  private let desk: PictureDesk
  private let output: Int

  /// Makes a model one that can be looked at.
  ///
  /// - Parameter output: The number of the output that says what is seen.
  init(_ model: ScheduledServable, named name: String, at desk: PictureDesk, output: Int) {
    self.model = model
    self.name = name
    self.desk = desk
    self.output = output
  }

  var inputs: [ServedTensor] { model.inputs }
  var outputs: [ServedTensor] { model.outputs }
  var labels: [String] { model.labels }
  var jobCount: Int { model.jobCount }
  var showsPictures: Bool { true }

  func run(
    _ inputs: [InputTensor], outputs: [Int], _ options: JobOptions
  ) async throws(ServingError) -> ModelRun {
    guard desk.wants(name) else { return try await model.run(inputs, outputs: outputs, options) }
    // The client may want other outputs than those that look.
    let place = outputs.firstIndex(of: output)
    let run = try await model.run(inputs, outputs: place == nil ? outputs + [output] : outputs, options)
    desk.offer(inputs, run.tensors[place ?? outputs.count], of: name)
    guard place == nil else { return run }
    return ModelRun(tensors: Array(run.tensors.dropLast()), losses: run.losses, times: run.times, core: run.core)
  }

  func selfCheck(_ options: JobOptions) async throws(ServingError) -> SelfCheck { try await model.selfCheck(options) }
}
