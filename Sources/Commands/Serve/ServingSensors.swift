package import Boards
package import Serving

/// The power and temperature of the machine, as metrics tell them.
package struct ServingSensors: Sendable {
  private let meter: PowerMeter
  private let begin: ContinuousClock.Instant

  /// Takes a meter that measures.
  package init(_ meter: PowerMeter) {
    self.meter = meter
    begin = meter.epoch
  }

  /// What the sensors show; a sensor that is lost has no value, and says so.
  package var metrics: [MetricFamily] {
    var watts = MetricFamily("dpu_power_watts", .gauge, "What a rail takes now.")
    var joules = MetricFamily(
      "dpu_energy_joules_total", .counter, "What a rail took since the start, of the time that its samples cover.")
    var degrees = MetricFamily("dpu_temperature_celsius", .gauge, "What a sensor of temperature shows.")
    var isUp = MetricFamily("dpu_sensor_up", .gauge, "Whether a sensor answers.")
    let now = meter.latest()
    let summary = meter.summary(from: begin, to: .now)
    // Two sensors of one name would be two values of one metric.
    func distinct(_ readings: [PowerReadings.Reading]) -> [String] {
      readings.enumerated().map { index, reading in
        readings[..<index].contains { $0.label == reading.label } ? "\(reading.label) (\(index))" : reading.label
      }
    }
    for (index, (reading, label)) in zip(now.rails, distinct(now.rails)).enumerated() {
      if let value = reading.value { watts.add(value, ["rail": label]) }
      if index < summary.rails.count, let energy = summary.rails[index].joules { joules.add(energy, ["rail": label]) }
      isUp.add(reading.value == nil ? 0 : 1, ["sensor": label])
    }
    for (reading, label) in zip(now.temperatures, distinct(now.temperatures)) {
      if let value = reading.value { degrees.add(value, ["zone": label]) }
      isUp.add(reading.value == nil ? 0 : 1, ["sensor": label])
    }
    return [watts, joules, degrees, isUp]
  }
}
