/// A chip that hwmon shows: a folder with a name and attributes.
///
/// The numbers of the folders change from boot to boot, so chips are known by their names and, where several have the
/// same, by their addresses on the I2C bus: the link `device` ends in bus and address, `6-0043`.
package struct SensorChip: Equatable, Sendable {
  /// Where the kernel shows them.
  static let folder = "/sys/class/hwmon"

  /// The folder of the attributes.
  package let path: String
  /// The name that its driver gives it.
  package let name: String
  /// The address on its bus, such as `0x40`; `nil` for chips that are on none.
  package let address: String?

  /// The chips of a machine, in the order of the folders' names.
  package static func all(in files: some BoardFiles) -> [SensorChip] {
    files.list(folder).compactMap { entry in
      let path = "\(folder)/\(entry)"
      guard let name = files.line("\(path)/name") else { return nil }
      return SensorChip(path: path, name: name, address: files.link("\(path)/device").flatMap(address))
    }
  }

  /// The address in the name of an I2C device: four digits behind the bus.
  private static func address(_ link: String) -> String? {
    let parts = (link.split(separator: "/").last ?? "").split(separator: "-", omittingEmptySubsequences: false)
    guard parts.count == 2, Int(parts[0]) != nil, parts[1].count == 4, let number = UInt16(parts[1], radix: 16) else {
      return nil
    }
    return "0x" + String(number, radix: 16)
  }

  /// The chip that a board's sensor is on.
  ///
  /// - Throws: `unavailable` where there is none, `refused` where several may be meant.
  static func find(_ sensor: Board.Sensor, among chips: [SensorChip]) throws(BoardError) -> SensorChip {
    let named = chips.filter { chip in sensor.hwmon.contains { chip.name.hasPrefix($0) } }
    // A chip without an address may be the one, unless another has just this address.
    let exact = named.filter { $0.address != nil && $0.address == sensor.address }
    let possible = exact.isEmpty ? named.filter { $0.address == nil || sensor.address == nil } : exact
    let names = sensor.hwmon.joined(separator: " or ")
    guard let chip = possible.first else {
      let place = sensor.address.map { " at \($0)" } ?? ""
      throw BoardError(.unavailable, "there is no \(names)\(place) in \(folder)")
    }
    guard possible.count == 1 else {
      let folders = possible.map(\.path).joined(separator: ", ")
      throw BoardError(.refused, "\(folders) are all \(names), and nothing tells which one measures \(sensor.label)")
    }
    return chip
  }

  /// The attribute of a sensor on this chip.
  ///
  /// - Source: an INA226 under the driver of hwmon shows the shunt as in0 and the bus as in1; through iio-hwmon they are in1
  ///   and in2, and there is no in0 (linux, drivers/hwmon/ina2xx.c and iio_hwmon.c).
  func attribute(of sensor: Board.Sensor, in files: some BoardFiles) -> String {
    let isShifted =
      name.hasPrefix("ina226") && sensor.attribute == "in1_input" && !files.exists("\(path)/in0_input")
      && files.exists("\(path)/in2_input")
    return "\(path)/\(isShifted ? "in2_input" : sensor.attribute)"
  }
}

extension Board.Sensor {
  /// The number that the sensor shows now, in its own unit; `nil` where it shows none.
  package func currentNumber(in files: some BoardFiles) -> Int? {
    guard let chip = try? SensorChip.find(self, among: SensorChip.all(in: files)) else { return nil }
    return files.line(chip.attribute(of: self, in: files)).flatMap { Int($0) }
  }
}
