import Boards
import Devices
import Serving
import Synchronization

/// The power that the page shows, where something measures it.
final class ServicePower: Sendable {
  private enum State {
    /// No device yet.
    case unknown
    case measured(PowerMeter)
    /// Why there is none.
    case absent(String)
  }

  private let state = Mutex(State.unknown)
  private let console: Console

  /// Makes one that measures when the device is known.
  init(_ console: Console) { self.console = console }

  /// Adds what is measured to readings of a device.
  func read(into readings: inout PageReadings) {
    guard let device = readings.device else { return }
    switch current(device) {
    case .unknown: break
    case .absent(let reason): readings.sensor = reason
    case .measured(let meter):
      let latest = meter.latest()
      readings.watts = latest.totalWatts
      readings.sensor = latest.basis.label ?? "no sensor of the whole, only of rails"
      readings.temperatures = latest.temperatures.compactMap { reading in
        reading.value.map { PageReadings.Temperature(label: reading.label, degrees: $0) }
      }
    }
  }

  /// Stops measuring.
  func stop() {
    state.withLock { state in
      if case .measured(let meter) = state { meter.stop() }
      state = .absent("the service ends")
    }
  }

  private func current(_ device: DeviceDescription) -> State {
    state.withLock { state in
      if case .unknown = state {
        let (meter, reason) = PowerRecording.open(isWanted: true, isNeeded: false, device, console)
        state = meter.map { .measured($0) } ?? .absent(reason ?? "no sensor")
      }
      return state
    }
  }
}
