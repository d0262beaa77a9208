/// The sensors of a machine that tell of power, and what their sum or total stands for.
package struct PowerSensors: Sendable {
  /// What the one figure of power is.
  package enum Basis: Equatable, Sendable {
    /// Nothing measures power here.
    case none
    /// Rails were found, but nobody knows whether they add up to anything.
    case railsOnly
    /// A sensor in the supply of the whole board or module.
    case total(label: String)
    /// The board has no such sensor: its rails added up, which is less than the board takes.
    case sumOfRails(count: Int)
    /// The processors' packages, by their own counters.
    case processorPackage(count: Int)

    /// What stands beside the watts.
    package var label: String? {
      switch self {
      case .none, .railsOnly: nil
      case .total(let label): label
      case .sumOfRails(let count): count == 1 ? "one rail" : "sum of \(count) rails"
      case .processorPackage(let count): count == 1 ? "CPU package" : "\(count) CPU packages"
      }
    }

    /// The word in reports.
    package var name: String {
      switch self {
      case .none: "none"
      case .railsOnly: "rails"
      case .total: "board"
      case .sumOfRails: "sum-of-rails"
      case .processorPackage: "cpu-package"
      }
    }
  }

  /// The sensors; those of one chip follow each other.
  package let sensors: [PowerSensor]
  /// What the one figure is.
  package let basis: Basis
  /// The board, where the catalogue knows it.
  package let board: Board?
  /// What was looked for, for those who have no sensor.
  package let lookedFor: [String]
  /// Sensors that are there and can't be used, and why.
  package let problems: [String]

  /// Takes sensors that were found.
  package init(
    _ sensors: [PowerSensor], basis: Basis, board: Board? = nil, lookedFor: [String] = [], problems: [String] = []
  ) {
    self.sensors = sensors
    self.basis = basis
    self.board = board
    self.lookedFor = lookedFor
    self.problems = problems
  }

  /// Whether there is nothing that measures power; temperatures alone do not count.
  package var isEmpty: Bool { !sensors.contains { $0.quantity != .temperature } }

  /// The sensors that make up the one figure.
  var totalIndices: [Int] {
    switch basis {
    case .none, .railsOnly: []
    case .total: sensors.indices.filter { sensors[$0].isBoardTotal }
    case .sumOfRails: sensors.indices.filter { sensors[$0].quantity == .power }
    case .processorPackage: sensors.indices.filter { sensors[$0].quantity == .energy }
    }
  }
}
