package import Inference

/// A model that the service can run.
package protocol ServableModel: Sendable {
  /// The tensors to send.
  var inputs: [ServedTensor] { get }
  /// The tensors to be had.
  var outputs: [ServedTensor] { get }
  /// The names of the classes, in order; empty where none are known.
  var labels: [String] { get }
  /// How many jobs it holds at a time.
  var jobCount: Int { get }
  /// Whether the page can show what it runs on.
  var showsPictures: Bool { get }

  /// Runs once.
  ///
  /// - Parameters:
  ///   - inputs: A tensor for each input, in order.
  ///   - outputs: The numbers of the outputs that are wanted.
  func run(_ inputs: [InputTensor], outputs: [Int], _ options: JobOptions) async throws(ServingError) -> ModelRun
}

extension ServableModel {
  package var showsPictures: Bool { false }
}

/// What a run gave.
package struct ModelRun: Equatable, Sendable {
  /// The bytes of the outputs that were wanted, as the device made them.
  package let tensors: [[UInt8]]
  /// What was lost when the inputs became int8.
  package let losses: InputTensor.Losses
  /// How long each step took.
  package let times: RunTimes

  /// Makes a run's result.
  package init(tensors: [[UInt8]], losses: InputTensor.Losses, times: RunTimes) {
    self.tensors = tensors
    self.losses = losses
    self.times = times
  }
}

/// How long the steps of a run took.
package struct RunTimes: Equatable, Sendable {
  /// Waiting: for buffers, and for a core.
  package var queue = Duration.zero
  /// Converting the inputs into the buffers.
  package var input = Duration.zero
  /// The run itself.
  package var inference = Duration.zero
  /// Taking the outputs out of the buffers.
  package var output = Duration.zero

  /// Makes times of nothing.
  package init() {}
}
