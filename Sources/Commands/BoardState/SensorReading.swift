package import Boards

/// A sensor of a board and what it says.
package struct SensorReading: Sendable {
  /// The sensor.
  package let sensor: Board.Sensor
  /// The number in the attribute, `nil` where there is none; µW, mA, mV or m°C.
  package let value: Int?

  /// Makes a reading.
  package init(_ sensor: Board.Sensor, value: Int?) {
    self.sensor = sensor
    self.value = value
  }

  /// Reads a sensor.
  init(_ sensor: Board.Sensor, from files: some BoardFiles) {
    self.init(sensor, value: sensor.currentNumber(in: files))
  }

  /// The value with its unit.
  package var words: String {
    guard let value else { return "\(sensor.label) absent" }
    let amount = Double(value)
    switch sensor.quantity {
    case .power: return "\(sensor.label) \((amount / 1e6).formatted(decimals: 2)) W"
    case .current: return "\(sensor.label) \((amount / 1e3).formatted(decimals: 2)) A"
    case .voltage: return "\(sensor.label) \((amount / 1e3).formatted(decimals: 2)) V"
    case .temperature: return "\(sensor.label) \((amount / 1e3).formatted(decimals: 1)) °C"
    }
  }
}
