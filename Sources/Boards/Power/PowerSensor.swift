/// Something that can be asked again and again how much power flows or how warm it is.
package struct PowerSensor: Sendable {
  /// What it measures.
  package enum Quantity: String, Sendable {
    /// The power at the moment of reading, in watts.
    case power
    /// The energy that has flowed, in joules: a counter that starts again at its end.
    case energy
    /// A temperature in degrees Celsius.
    case temperature

    /// What a sensor of a board can show; anything else is a fault of the sensor.
    ///
    /// Small negative powers come from the offset of a shunt's amplifier.
    var plausibleRange: ClosedRange<Double> {
      switch self {
      case .power: -1...1000
      case .energy: 0 ... .greatestFiniteMagnitude
      case .temperature: -60...200
      }
    }
  }

  /// What people call the rail or the place.
  package let label: String
  /// What it measures.
  package let quantity: Quantity
  /// Where it is read, for people.
  package let origin: String
  /// What it is part of: sensors with the same word are read one after another.
  package let group: String
  /// Whether it is the power of the whole board or module.
  package let isBoardTotal: Bool
  /// Where a counter starts again from zero, in joules.
  package let counterRange: Double?
  /// How long its chip needs for a new value, where the driver says so.
  package let updateInterval: Duration?
  /// Asks it; may take as long as its driver likes.
  package let read: @Sendable () throws(BoardError) -> Double

  /// Makes a sensor.
  package init(
    _ label: String, _ quantity: Quantity, origin: String, group: String, isBoardTotal: Bool = false,
    counterRange: Double? = nil, updateInterval: Duration? = nil,
    read: @escaping @Sendable () throws(BoardError) -> Double
  ) {
    self.label = label
    self.quantity = quantity
    self.origin = origin
    self.group = group
    self.isBoardTotal = isBoardTotal
    self.counterRange = counterRange
    self.updateInterval = updateInterval
    self.read = read
  }
}
