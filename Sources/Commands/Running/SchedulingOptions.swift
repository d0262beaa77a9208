import Devices
import Inference

/// The options that say on how many cores and how far ahead frames are run.
struct SchedulingOptions {
  /// The options.
  static let options: [Option] = [
    Option(
      "cores", takes: .integer("N", 1...CoreSet.mostCores), fallback: "all of a board; 1 of software and simulated",
      "cores that run frames side by side; on software, the threads are shared among them"),
    Option(
      "in-flight", takes: .text("N|auto"), fallback: "4 for each core of a DPU, 3 of software",
      "frames between being filled and being read; auto finds how many are enough"),
  ]

  /// How many cores, `nil` for those that there are.
  let coreCount: Int?
  /// How many frames, `nil` for the usual number.
  private(set) var inFlight: JobStream.InFlight?

  /// Reads the options.
  ///
  /// - Throws: An error of usage for another word than `auto`.
  init(_ arguments: Arguments) throws(CommandError) {
    coreCount = arguments.integer("cores")
    switch arguments.text("in-flight") {
    case nil: inFlight = nil
    case "auto": inFlight = .automatic
    case .some(let text):
      guard let number = Int(text), (1...SchedulingOptions.mostInFlight).contains(number) else {
        throw CommandError(
          .usage,
          "option '--in-flight' needs a number from 1 to \(SchedulingOptions.mostInFlight) or auto, not '\(text)'")
      }
      inFlight = .fixed(number)
    }
  }

  /// The same with buffers for more frames than usual, to try them.
  var withRoomToTry: SchedulingOptions {
    var options = self
    options.inFlight = .automatic
    return options
  }

  /// A model on the cores that are to run it.
  struct Opened {
    let scheduler: Scheduler
    let model: ScheduledModel
    /// The cores that run frames: those from 0 on.
    let coreCount: Int
    /// How many frames are in flight.
    let inFlight: JobStream.InFlight

    /// Opens a stream of the model's jobs over the cores.
    func stream() -> JobStream { model.stream(inFlight: inFlight) }
  }

  /// Loads a model into a scheduler of its device.
  ///
  /// - Throws: An error of usage for more cores than the device has, or what the device says of the model.
  func open(_ loaded: LoadedModel) throws -> Opened {
    let scheduler = try Scheduler(devices: [loaded.device])
    let used = coreCount ?? scheduler.coreCount
    guard used <= scheduler.coreCount else {
      throw CommandError(
        .usage, "option '--cores \(used)': the \(loaded.device.description.kind) device has \(scheduler.coreCount)")
    }
    for core in used..<scheduler.coreCount { scheduler.stopUsing(core: core) }
    let usual = used * (loaded.device.jobsPerCore + 2)
    let slots =
      switch inFlight {
      case .fixed(let number): number
      // Room to find out that more bring nothing.
      case .automatic: 2 * usual
      case nil: usual
      }
    return Opened(
      scheduler: scheduler, model: try scheduler.load(loaded.session, path: loaded.path, slots: slots),
      coreCount: used, inFlight: inFlight ?? .fixed(slots))
  }

  /// Opens a stream of a model's jobs over the cores.
  ///
  /// - Throws: As opening does.
  func stream(_ loaded: LoadedModel) throws -> JobStream { try open(loaded).stream() }

  private static let mostInFlight = 1024
}
