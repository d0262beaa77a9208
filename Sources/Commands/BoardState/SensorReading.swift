package import Boards

/// A sensor of a board and what it says.
///
/// Chips are found by their names, because the numbers of hwmon folders change from boot to boot. Where several chips
/// share a name, the link `device` ends in bus and address: `6-0043`.
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
    let folder = "/sys/class/hwmon"
    let address = sensor.address.map { "-00" + $0.dropFirst(2) }
    let chips = files.list(folder).map { "\(folder)/\($0)" }.filter { chip in
      guard let name = files.line("\(chip)/name"), sensor.hwmon.contains(where: { name.hasPrefix($0) }) else {
        return false
      }
      guard let address, let device = files.link("\(chip)/device") else { return true }
      // Only I2C devices are told apart so; others have names of their own.
      return !device.contains("-00") || device.hasSuffix(address)
    }
    self.init(
      sensor, value: chips.lazy.compactMap { files.line("\($0)/\(sensor.attribute)").flatMap { Int($0) } }.first)
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
