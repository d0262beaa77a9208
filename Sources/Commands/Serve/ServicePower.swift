import Boards
import Serving

/// The power that the page shows, where something measures it.
struct ServicePower: Sendable {
  private let device: ServingDevice

  /// Takes the device, whose meter there is when it is opened.
  init(_ device: ServingDevice) { self.device = device }

  /// Adds what is measured to readings.
  func read(into readings: inout PageReadings) {
    guard let meter = device.meter else {
      if let reason = device.meterAbsence { readings.sensor = reason }
      return
    }
    let latest = meter.latest()
    readings.watts = latest.totalWatts
    readings.sensor = latest.basis.label ?? "no sensor of the whole, only of rails"
    readings.temperatures = latest.temperatures.compactMap { reading in
      reading.value.map { PageReadings.Temperature(label: reading.label, degrees: $0) }
    }
  }
}
