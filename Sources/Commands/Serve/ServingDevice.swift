import Boards
import Devices
import Inference
import Serving
import SoftwareDPU
import Threads
import Vision
import XModel

/// The device of the service: opened for the first model, shared by all.
final class ServingDevice: Sendable {
  /// What a core says of itself.
  struct Identity: Sendable {
    let number: String
    let board: String
    let fingerprint: String
    let version: String
    let xclbinUUID: String
  }

  private struct Opened {
    let scheduler: Scheduler
    let host: any Device
    let description: DeviceDescription
    let memory: BudgetedPort?
    let identities: [Identity]
    let meter: PowerMeter?
    /// Why there is no meter.
    let meterAbsence: String?
    /// Computes what is compared with the device's answers.
    let judge: SoftwareDevice
  }

  private struct State {
    var opened: Opened?
    /// Why the device could not be opened.
    var failure: CommandError?
  }

  private let arguments: Arguments
  private let console: Console
  private let state = Guarded(State())

  /// Takes the options that choose a device.
  init(_ arguments: Arguments, _ console: Console) {
    self.arguments = arguments
    self.console = console
  }

  /// The device, `nil` before the first model.
  var description: DeviceDescription? { state.withLock { $0.opened?.description } }

  /// What the cores have done, `nil` before the first model.
  var statistics: SchedulerStatistics? { state.withLock { $0.opened?.scheduler }?.statistics }

  /// What the cores say of themselves.
  var identities: [Identity] { state.withLock { $0.opened?.identities } ?? [] }

  /// The memory that the DPU reaches, of a device that has one.
  var memory: BudgetedPort? { state.withLock { $0.opened?.memory } }

  /// The sensors of the machine, where there are any.
  var sensors: ServingSensors? { meter.map { ServingSensors($0) } }

  /// What measures power and temperature, where there is something to measure.
  var meter: PowerMeter? { state.withLock { $0.opened?.meter } }

  /// Why nothing is measured; `nil` where something is, and before the first model.
  var meterAbsence: String? { state.withLock { $0.opened?.meterAbsence } }

  /// Why the device could not be opened; `nil` where it could, or nobody has tried.
  var failure: CommandError? { state.withLock { $0.opened == nil ? $0.failure : nil } }

  /// Opens a model, with buffers for its jobs, and finds its card; called by one thread at a time.
  ///
  /// - Throws: `.badRequest` for a model that can't be read or run, `.unavailable` where there is no memory or device.
  func open(_ path: String) throws(ServingError) -> (model: ScheduledServable, card: ModelCard?) {
    do {
      let model = try Model(path: path)
      let opened = try openDevice(for: model)
      let scheduled = try opened.scheduler.load(model, host: opened.host, scope: .whole)
      let card = try FoundCard.find(for: model)?.card
      // An input that no subgraph reads is none of the scheduler's.
      let names = model.inputs.map { model.graph.operations[$0].name }
      let servable = ScheduledServable(
        scheduled, inputNames: names.count == scheduled.inputs.count ? names : nil, labels: card?.labels ?? [],
        golden: try golden(model, opened))
      return (servable, card)
    } catch let error as ServingError {
      throw error
    } catch let error as DeviceError where [.outOfMemory, .busy, .unavailable].contains(error.code) {
      throw ServingError(.unavailable, error.message)
    } catch let error as DeviceError where [.failed, .timedOut].contains(error.code) {
      throw ServingError(.failed, error.message)
    } catch let error as CommandError where [.noDevice, .deviceFailed].contains(error.code) {
      throw ServingError(.unavailable, error.message)
    } catch {
      throw ServingError(.badRequest, "\(error)")
    }
  }

  /// Ends the measuring.
  func close() { meter?.stop() }

  /// What the model has to answer; `nil` where nobody wants it compared.
  private func golden(_ model: Model, _ opened: Opened) throws(DeviceError) -> GoldenAnswer? {
    guard arguments.number("self-check") != 0 else { return nil }
    // The CPU subgraphs run where they run for clients: what is judged are the device's.
    return try GoldenAnswer(of: Session(model: model, device: opened.judge, host: opened.host, scope: .whole))
  }

  private func openDevice(for model: Model) throws -> Opened {
    if let opened = state.withLock({ $0.opened }) { return opened }
    do {
      let opened = try makeDevice(for: model)
      state.withLock { $0.opened = opened }
      return opened
    } catch {
      state.withLock { $0.failure = ServingDevice.commandError(error) }
      throw error
    }
  }

  private func makeDevice(for model: Model) throws -> Opened {
    let devices = try ModelDevices(for: model, arguments)
    try devices.announce(console, printsText: true)
    let description = devices.device.description
    console.note("device: \(description.line)")
    let budget = arguments.integer("memory").map { $0 << 20 }
    if budget != nil, devices.port == nil {
      throw CommandError(
        .usage, "option '--memory' is for a device with memory of its own, not for \(description.kind)")
    }
    let memory = devices.port.map { BudgetedPort($0, byteCount: budget) }
    let device: any Device = try memory.map { memory throws(DeviceError) in try DPUDevice(memory) } ?? devices.device
    let (meter, absence) = PowerRecording.open(isWanted: true, isNeeded: false, description, console)
    return Opened(
      scheduler: try Scheduler(devices: [device]), host: devices.host, description: description, memory: memory,
      identities: try ServingDevice.identities(devices), meter: meter,
      meterAbsence: meter == nil ? absence ?? "no sensor" : nil,
      // Of the software device's own kernels the portable ones are the judge, of everything else the fast ones.
      judge: SoftwareDevice(
        threadCount: ModelDevices.processorCount, instructionSet: devices.port == nil ? .portable : .best))
  }

  private static func identities(_ devices: ModelDevices) throws(DeviceError) -> [Identity] {
    let board = devices.board?.title ?? ""
    let uuid = devices.board?.xclbinUUID ?? ""
    guard let port = devices.port else {
      return [Identity(number: "0", board: board, fingerprint: "", version: "", xclbinUUID: uuid)]
    }
    var identities: [Identity] = []
    for core in 0..<port.coreCount {
      identities.append(
        Identity(
          number: String(core), board: board, fingerprint: try port.fingerprint(ofCore: core).hexadecimal,
          version: try CoreIdentity(ofCore: core, of: port).version, xclbinUUID: uuid))
    }
    return identities
  }

  private static func commandError(_ error: any Error) -> CommandError {
    switch error {
    case let error as CommandError: error
    case let error as DeviceError: CommandError(error)
    default: CommandError(.deviceFailed, "\(error)")
    }
  }
}
