import Devices
import Inference
import Serving
import Synchronization
import Vision
import XModel

/// The device of the service: opened for the first model, shared by all.
final class ServingDevice: Sendable {
  private struct Opened {
    let scheduler: Scheduler
    let host: any Device
    let description: DeviceDescription
  }

  private let arguments: Arguments
  private let console: Console
  private let opened = Mutex<Opened?>(nil)

  /// Takes the options that choose a device.
  init(_ arguments: Arguments, _ console: Console) {
    self.arguments = arguments
    self.console = console
  }

  /// The device, `nil` before the first model.
  var description: DeviceDescription? { opened.withLock { $0?.description } }

  /// What the cores have done, `nil` before the first model.
  var statistics: SchedulerStatistics? { opened.withLock { $0?.scheduler }?.statistics }

  /// Opens a model, with buffers for its jobs, and finds its card; called by one thread at a time.
  ///
  /// - Throws: `.badRequest` for a model that can't be read or run, `.unavailable` where there is no memory.
  func open(_ path: String) throws(ServingError) -> (model: ScheduledServable, card: ModelCard?) {
    do {
      let model = try Model(path: path)
      let opened = try openDevice(for: model)
      let scheduled = try opened.scheduler.load(model, host: opened.host, scope: .whole)
      let card = try FoundCard.find(for: model)?.card
      return (ScheduledServable(scheduled, labels: card?.labels ?? []), card)
    } catch let error as ServingError {
      throw error
    } catch let error as DeviceError where error.code == .outOfMemory || error.code == .busy {
      throw ServingError(.unavailable, error.message)
    } catch {
      throw ServingError(.badRequest, "\(error)")
    }
  }

  private func openDevice(for model: Model) throws -> Opened {
    if let opened = opened.withLock({ $0 }) { return opened }
    let devices = try ModelDevices(for: model, arguments)
    try devices.announce(console, printsText: true)
    console.note("device: \(devices.device.description.line)")
    let scheduler = try Scheduler(devices: [devices.device])
    let result = Opened(scheduler: scheduler, host: devices.host, description: devices.device.description)
    opened.withLock { $0 = result }
    return result
  }
}
