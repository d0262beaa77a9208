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

  /// Runs on each core that is at work, on inputs whose answer is known; a model of which none is known runs nothing.
  ///
  /// - Throws: Where a core broke off, or none was free in time.
  func selfCheck(_ options: JobOptions) async throws(ServingError) -> SelfCheck
}

extension ServableModel {
  /// Runs nothing.
  package func selfCheck(_ options: JobOptions) async throws(ServingError) -> SelfCheck { SelfCheck() }
}

/// What came of running on known inputs.
package struct SelfCheck: Equatable, Sendable {
  /// The cores that gave the right answer, by number.
  package var rightCores: Set<Int>
  /// Which core gave a wrong answer, and how it differs; `nil` where none did.
  package var difference: String?

  /// Makes a check.
  package init(rightCores: Set<Int> = [], difference: String? = nil) {
    self.rightCores = rightCores
    self.difference = difference
  }
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
  /// The number of the core that ran it, `nil` where that is not known.
  package let core: Int?

  /// Makes a run's result.
  package init(tensors: [[UInt8]], losses: InputTensor.Losses, times: RunTimes, core: Int? = nil) {
    self.tensors = tensors
    self.losses = losses
    self.times = times
    self.core = core
  }
}

/// How long the steps of a request took.
package struct RunTimes: Equatable, Sendable {
  /// The steps, by the names that metrics have for them.
  package enum Stage: String, CaseIterable, Sendable {
    /// Reading the request: its JSON, and which bytes belong to which input.
    case decode
    /// Waiting: for buffers, and for a core.
    case queue
    /// Converting the inputs into the buffers.
    case preprocess
    /// The run itself.
    case device
    /// Taking the outputs out of the buffers.
    case postprocess
    /// Writing the answer.
    case encode
  }

  private var durations = [Duration](repeating: .zero, count: Stage.allCases.count)

  /// Makes times of nothing.
  package init() {}

  /// How long a step took.
  package subscript(stage: Stage) -> Duration {
    get { durations[stage.position] }
    set { durations[stage.position] = newValue }
  }
}

extension RunTimes.Stage {
  /// The number of the step.
  var position: Int {
    switch self {
    case .decode: 0
    case .queue: 1
    case .preprocess: 2
    case .device: 3
    case .postprocess: 4
    case .encode: 5
    }
  }
}
