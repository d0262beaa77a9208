import Devices
import SimulatedDPU
import XModel

/// What the cycle model says of one frame of a model: all its DPU subgraphs one after another on a core.
struct PredictedFrame {
  /// The DPU subgraphs.
  let jobCount: Int
  /// Cycles of all of them together.
  let cycles: Int
  /// The core that the first is compiled for.
  let fingerprint: Fingerprint

  /// Predicts a model.
  ///
  /// - Throws: For a file without instructions, or with instructions that can't be predicted.
  init(_ model: Model, for command: String) throws(CommandError) {
    var sum = 0
    let choices = try SubgraphChoice.choices(in: model, nil, for: command)
    var first: Fingerprint?
    for choice in choices {
      let listing = try Listing(model, choice, bytes: choice.code(in: model))
      first = first ?? listing.fingerprint
      do throws(ProgramError) {
        sum += try CycleModel(target: DPUTarget(listing.fingerprint)).predict(listing.code).cycles
      } catch {
        throw CommandError(
          .invalidInput, "\(model.path): \(Listing.title(of: choice, nil)) can't be predicted: \(error)")
      }
    }
    guard let first else { throw CommandError(.invalidInput, "\(model.path): the model has no DPU subgraph") }
    (jobCount, cycles, fingerprint) = (choices.count, sum, first)
  }

  /// How long a frame takes on a core with a clock.
  ///
  /// - Units: the clock in MHz.
  func time(atMegahertz megahertz: Double) -> Duration {
    .nanoseconds(Int64((Double(cycles) * 1000 / megahertz).rounded()))
  }
}
