import Boards
import Inference
import Serving
import Threads

/// What the service tells `dpu top`: how many inferences, how long they take, how busy the cores are.
///
/// It begins with the first model, because the device is opened for that.
final class ServiceStatistics: Sendable {
  private struct Running {
    let statistics: RunStatistics
    let publisher: StatisticsPublisher?
  }

  private let folder: String
  private let device: ServingDevice
  private let console: Console
  private let running = Monitor<Running?>(nil)

  /// Names what is served.
  init(_ folder: String, on device: ServingDevice, _ console: Console) {
    self.folder = folder
    self.device = device
    self.console = console
  }

  /// A model whose runs count; its device is open.
  func counted(_ model: any ServableModel) -> any ServableModel {
    CountedModel(model: model, statistics: statistics)
  }

  /// Publishes no longer.
  func stop() { running.updateQuietly { $0 }?.publisher?.stop() }

  private var statistics: RunStatistics {
    running.update { running in
      if let running { return running.statistics }
      guard let description = device.description else { preconditionFailure("a model was opened without a device") }
      let device = device
      let statistics = RunStatistics(
        RunStatistics.Subject(
          command: "serve", model: folder, device: description, latency: "inference taken up to outputs there"),
        schedule: { device.statistics },
        power: { device.meter?.reading ?? .none })
      running = Running(statistics: statistics, publisher: StatisticsPublisher.start(statistics, console))
      return statistics
    }
  }
}

/// A model whose runs are counted.
private struct CountedModel: ServableModel {
  let model: any ServableModel
  let statistics: RunStatistics

  var inputs: [ServedTensor] { model.inputs }
  var outputs: [ServedTensor] { model.outputs }
  var labels: [String] { model.labels }
  var jobCount: Int { model.jobCount }
  var showsPictures: Bool { model.showsPictures }

  func run(
    _ inputs: [InputTensor], outputs: [Int], _ options: JobOptions
  ) async throws(ServingError) -> ModelRun {
    let begin = Moment.now
    let run = try await model.run(inputs, outputs: outputs, options)
    let end = Moment.now
    statistics.frameEnded(latency: end - begin, at: end)
    return run
  }

  func selfCheck(_ options: JobOptions) async throws(ServingError) -> SelfCheck { try await model.selfCheck(options) }
}
