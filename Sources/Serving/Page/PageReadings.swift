package import Devices
package import Inference

/// What the page shows and the service itself does not know.
package struct PageReadings: Sendable {
  /// A temperature.
  package struct Temperature: Equatable, Sendable {
    /// Of what.
    package let label: String
    /// - Units: Degrees Celsius.
    package let degrees: Double

    /// Names a temperature.
    package init(label: String, degrees: Double) {
      self.label = label
      self.degrees = degrees
    }
  }

  /// What runs the models; `nil` before the first is loaded.
  package var device: DeviceDescription?
  /// What times on this device are not, in words; empty where they are what they seem.
  package var reservation = ""
  /// What the cores have done.
  package var schedule: SchedulerStatistics?
  /// - Units: Watts; `nil` without a sensor, or without a reading.
  package var watts: Double?
  /// What the watts are of, or why there are none.
  package var sensor = "no sensor"
  /// What is hot.
  package var temperatures: [Temperature] = []

  /// Makes readings of nothing.
  package init() {}
}
