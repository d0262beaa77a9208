import Boards

/// Power for a person.
enum PowerText {
  /// What is measured, of what, for how long.
  static func title(_ summary: PowerSummary, _ sensors: PowerSensors) -> String {
    let place: String
    switch summary.basis {
    case .total(let label): place = "power of the \(sensors.board?.title ?? "board"), in all \(label)"
    case .sumOfRails, .railsOnly: place = "power of rails of \(sensors.board.map { "the \($0.title)" } ?? "this board")"
    case .processorPackage: place = "power of the processor, by its own counters; not that of a board"
    case .none: place = "no sensor"
    }
    let interval = (summary.interval / .milliseconds(1)).formatted(decimals: 0)
    return "\(place): \(summary.seconds.formatted(decimals: 1)) s, asked every \(interval) ms"
  }

  /// A row for each sensor, and one for their sum.
  ///
  /// - Parameter now: What the sensors show now, for a column of its own.
  static func table(_ summary: PowerSummary, now: PowerReadings?) -> [String] {
    var columns: [(String, TextTable.Side)] = [("sensor", .left)]
    if now != nil { columns.append(("now", .right)) }
    columns += [("mean", .right), ("± sd", .right), ("min", .right), ("max", .right), ("", .left)]
    columns += [("joules", .right), ("covered", .right), ("samples", .right)]
    var table = TextTable(columns)
    let lines = lines(of: summary)
    // In the order of the lines: rails, their sum, temperatures.
    var values = now?.rails.map(\.value) ?? []
    if lines.count > summary.rails.count + summary.temperatures.count { values.append(now?.totalWatts) }
    values += now?.temperatures.map(\.value) ?? []
    for (index, (line, isPower)) in lines.enumerated() {
      var cells = cells(line, isPower: isPower)
      if now != nil { cells.insert(number(values[index], isPower: isPower), at: 1) }
      table.add(cells)
    }
    return table.lines()
  }

  /// The sensors of power, their sum where they have one, and those of temperature.
  static func lines(of summary: PowerSummary) -> [(line: PowerSummary.Line, isPower: Bool)] {
    var lines = summary.rails.map { (line: $0, isPower: true) }
    if let total = summary.total, summary.rails.count > 1, !summary.rails.contains(where: { $0.label == total.label }) {
      lines.append((line: total, isPower: true))
    }
    return lines + summary.temperatures.map { (line: $0, isPower: false) }
  }

  /// Label, mean, deviation, least, greatest, unit, joules, coverage and samples.
  static func cells(_ line: PowerSummary.Line, isPower: Bool) -> [String] {
    let found = line.statistics
    let numbers = [found.mean, found.standardDeviation, found.minimum, found.maximum]
    return [line.label.printable] + numbers.map { number($0, isPower: isPower) }
      + [isPower ? "W" : "°C", isPower ? line.joules?.formatted(decimals: 2) ?? "-" : ""]
      + [percent(line.coverage), String(found.count)]
  }

  private static func number(_ value: Double?, isPower: Bool) -> String {
    value?.formatted(decimals: isPower ? 3 : 1) ?? "-"
  }

  /// What the sensors show at one moment, in one line.
  static func line(_ readings: PowerReadings) -> String {
    var words = ["\(readings.seconds.formatted(decimals: 1)) s"]
    words += readings.rails.map { self.words($0, "W", decimals: 3) }
    if let label = readings.basis.label, readings.rails.count > 1,
      !readings.rails.contains(where: { $0.label == label })
    {
      words.append("\(label) \(readings.totalWatts.map { "\($0.formatted(decimals: 3)) W" } ?? "-")")
    }
    words += readings.temperatures.map { self.words($0, "°C", decimals: 1) }
    return words.joined(separator: "  ")
  }

  /// What was wrong with sensors, a line for each.
  static func problems(_ summary: PowerSummary) -> [String] {
    (summary.rails + summary.temperatures).flatMap { line -> [String] in
      var words: [String] = []
      if line.droppedCount > 0 {
        words.append("\(ScoreText.count(line.droppedCount, "answer")) dropped (the first \(line.firstDropped ?? ""))")
      }
      if line.failureCount > 0 { words.append("not readable \(ScoreText.count(line.failureCount, "time"))") }
      if let problem = line.problem, problem != line.firstDropped { words.append(problem) }
      return words.isEmpty ? [] : ["\(line.label): \(words.joined(separator: "; "))".printable]
    }
  }

  /// Why there is no sensor, and what was looked for.
  static func absence(_ sensors: PowerSensors) -> String {
    let problems = sensors.problems.isEmpty ? "" : " (\(sensors.problems.joined(separator: "; ")))"
    return "no sensor: looked for \(sensors.lookedFor.joined(separator: "; and for "))\(problems)"
  }

  /// A part of the whole in percent.
  static func percent(_ part: Double) -> String { "\((100 * part).formatted(decimals: 0)) %" }

  private static func words(_ reading: PowerReadings.Reading, _ unit: String, decimals: Int) -> String {
    guard let value = reading.value else {
      return "\(reading.label) - (\(reading.condition.problem ?? "no sample yet"))".printable
    }
    return "\(reading.label.printable) \(value.formatted(decimals: decimals)) \(unit)"
  }
}
