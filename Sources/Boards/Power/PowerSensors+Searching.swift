extension PowerSensors {
  /// Chips that measure power on boards of the catalogue or their like; others (a laptop's battery, a graphics card) say
  /// nothing about a DPU.
  ///
  /// - Source: drivers/hwmon of linux: ina2xx, ina238, irps5401, ir35221, ir38064.
  private static let railChips = ["ina2", "irps5401", "ir35221", "ir380"]
  /// Where processors count their energy.
  private static let counters = "/sys/class/powercap"
  /// Where the kernel shows converters, which may be there without iio-hwmon.
  private static let converters = "/sys/bus/iio/devices"

  /// Looks for sensors; none is read.
  ///
  /// - Parameters:
  ///   - files: The files of the machine.
  ///   - board: The board that it is, `nil` for one that the catalogue does not have.
  package static func find(in files: SystemFiles, board: Board?) -> PowerSensors {
    var search = Search(files: files, chips: SensorChip.all(in: files))
    if let board { search.take(board) } else { search.takeAnyRails() }
    if !search.hasPower { search.takeProcessorPackages() }
    return PowerSensors(
      search.sensors, basis: search.basis, board: board, lookedFor: search.lookedFor, problems: search.problems)
  }

  private struct Search {
    let files: SystemFiles
    let chips: [SensorChip]
    var sensors: [PowerSensor] = []
    var basis = Basis.none
    var lookedFor: [String] = []
    var problems: [String] = []

    var hasPower: Bool { sensors.contains { $0.quantity != .temperature } }

    /// The rails and temperatures that the catalogue names.
    mutating func take(_ board: Board) {
      let names = Set(board.sensors.flatMap(\.hwmon)).sorted().joined(separator: ", ")
      lookedFor.append("\(names) of the \(board.title) in \(SensorChip.folder)")
      for sensor in board.sensors {
        switch sensor.quantity {
        case .power: takeRail(sensor, of: board)
        case .temperature: takeTemperature(sensor)
        // Power is measured by the same chips; these stand in where it is missing.
        case .current, .voltage: continue
        }
      }
      let rails = sensors.filter { $0.quantity == .power }
      if let total = rails.first(where: \.isBoardTotal) {
        basis = .total(label: total.label)
      } else if !rails.isEmpty {
        basis = .sumOfRails(count: rails.count)
      }
    }

    private mutating func takeRail(_ sensor: Board.Sensor, of board: Board) {
      do throws(BoardError) {
        let chip = try SensorChip.find(sensor, among: chips)
        let path = chip.attribute(of: sensor, in: files)
        if files.exists(path) {
          add(sensor.label, path, group: chip.path, isBoardTotal: sensor.isBoardTotal)
          return
        }
        // The chip without the product of its two converters.
        let number = sensor.attribute.drop { !$0.isNumber }.prefix { $0.isNumber }
        guard let current = factor(.current, "curr\(number)_input"), let voltage = factor(.voltage, "in\(number)_input")
        else {
          throw BoardError(.unavailable, "there is neither \(path) nor a current and a voltage to multiply")
        }
        addProduct(sensor, chip, current, voltage)

        func factor(_ quantity: Board.Sensor.Quantity, _ attribute: String) -> String? {
          let found = board.sensors.first {
            $0.label == sensor.label && $0.quantity == quantity && $0.attribute == attribute
              && $0.address == sensor.address
          }
          return found.map { chip.attribute(of: $0, in: files) }.flatMap { files.exists($0) ? $0 : nil }
        }
      } catch {
        problems.append("\(sensor.label): \(error)")
      }
    }

    private mutating func takeTemperature(_ sensor: Board.Sensor) {
      do throws(BoardError) {
        let chip = try SensorChip.find(sensor, among: chips)
        let path = chip.attribute(of: sensor, in: files)
        guard files.exists(path) else { throw BoardError(.unavailable, "there is no \(path)") }
        sensors.append(
          PowerSensor(sensor.label, .temperature, origin: files.root + path, group: chip.path) {
            [files] () throws(BoardError) in Double(try files.readNumber(path)) / 1e3
          })
      } catch {
        if !takeConverter(sensor) { problems.append("\(sensor.label): \(error)") }
      }
    }

    /// A temperature straight from the converter of Zynq UltraScale+, where iio-hwmon does not show it.
    ///
    /// - Source: linux, drivers/iio/adc/xilinx-ams.c: m°C = (raw + offset) * scale; channels 0 LPD, 1 FPD, 2 PL.
    private mutating func takeConverter(_ sensor: Board.Sensor) -> Bool {
      let channels = [
        "temp1_input": "in_temp0_ps_temp", "temp2_input": "in_temp1_remote_temp", "temp3_input": "in_temp2_pl_temp",
      ]
      guard sensor.hwmon.contains("ams"), let channel = channels[sensor.attribute] else { return false }
      for device in files.list(converters) {
        let path = "\(converters)/\(device)"
        guard let name = files.line("\(path)/name"), name == "ams" || name == "xilinx-ams",
          let offset = files.line("\(path)/\(channel)_offset").flatMap({ Int($0) }),
          let scale = files.line("\(path)/\(channel)_scale").flatMap({ Double($0) }),
          files.exists("\(path)/\(channel)_raw")
        else { continue }
        let raw = "\(path)/\(channel)_raw"
        sensors.append(
          PowerSensor(sensor.label, .temperature, origin: files.root + raw, group: path) {
            [files] () throws(BoardError) in Double(try files.readNumber(raw) + offset) * scale / 1e3
          })
        return true
      }
      return false
    }

    /// Rails of a board that the catalogue does not have: shown by the chips' own names, added up to nothing.
    mutating func takeAnyRails() {
      lookedFor.append(
        "a board of the catalogue in /sys/firmware/devicetree/base, and INA2xx, INA260, IRPS5401, IR35221 or IR380xx in "
          + SensorChip.folder)
      for chip in chips where railChips.contains(where: { chip.name.hasPrefix($0) }) {
        let place = chip.address.map { " \($0)" } ?? ""
        for attribute in files.list(chip.path) where attribute.hasPrefix("power") && attribute.hasSuffix("_input") {
          let rail = attribute.dropLast("_input".count)
          let label = files.line("\(chip.path)/\(rail)_label") ?? String(rail)
          add("\(chip.name)\(place) \(label)", "\(chip.path)/\(attribute)", group: chip.path, isBoardTotal: false)
        }
      }
      if hasPower { basis = .railsOnly }
    }

    /// The counters of an x86 processor's packages.
    ///
    /// - Source: linux, Documentation/power/powercap/powercap.rst; energy_uj is readable by root only since CVE-2020-8694.
    mutating func takeProcessorPackages() {
      lookedFor.append("intel-rapl:* with the name package-* in \(counters)")
      for zone in files.list(counters) where zone.hasPrefix("intel-rapl:") {
        let path = "\(counters)/\(zone)"
        guard let name = files.line("\(path)/name"), name.hasPrefix("package-") else { continue }
        let counter = "\(path)/energy_uj"
        guard files.isReadable(counter) else {
          problems.append(
            "CPU package: \(files.root + counter) is for root only; run as root, or let your group read it")
          continue
        }
        let range = files.line("\(path)/max_energy_range_uj").flatMap { Double($0) }.flatMap { $0 > 0 ? $0 : nil }
        sensors.append(
          PowerSensor(
            "CPU package \(name.dropFirst("package-".count))", .energy, origin: files.root + counter, group: path,
            counterRange: range.map { $0 / 1e6 }
          ) { [files] () throws(BoardError) in Double(try files.readNumber(counter)) / 1e6 })
      }
      let count = sensors.filter { $0.quantity == .energy }.count
      if count > 0 { basis = .processorPackage(count: count) }
    }

    private mutating func add(_ label: String, _ path: String, group: String, isBoardTotal: Bool) {
      guard files.isReadable(path) else {
        problems.append("\(label): \(files.root + path) can't be read by this user")
        return
      }
      sensors.append(
        PowerSensor(
          label, .power, origin: files.root + path, group: group, isBoardTotal: isBoardTotal,
          updateInterval: updateInterval(group)
        ) { [files] () throws(BoardError) in Double(try files.readNumber(path)) / 1e6 })
    }

    /// How long a chip converts and averages for a new value.
    ///
    /// - Source: linux, drivers/hwmon/ina2xx.c: `update_interval` in milliseconds.
    private func updateInterval(_ chip: String) -> Duration? {
      files.line("\(chip)/update_interval").flatMap { Int($0) }.flatMap { $0 > 0 ? .milliseconds($0) : nil }
    }

    private mutating func addProduct(
      _ sensor: Board.Sensor, _ chip: SensorChip, _ current: String, _ voltage: String
    ) {
      let origin = "\(files.root + current) times \(files.root + voltage)"
      sensors.append(
        PowerSensor(
          sensor.label, .power, origin: origin, group: chip.path, isBoardTotal: sensor.isBoardTotal,
          updateInterval: updateInterval(chip.path)
        ) { [files] () throws(BoardError) in
          // Milliamperes times millivolts are microwatts.
          Double(try files.readNumber(current)) * Double(try files.readNumber(voltage)) / 1e6
        })
    }
  }
}
