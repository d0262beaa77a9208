/// A board that the catalogue knows: `board-overlays/NAME/board.json`.
package struct Board: Equatable, Sendable, Decodable {
  /// The name of the form.
  package static let schema = "dpu.board/1"

  /// A value and where it comes from.
  package struct Sourced<Value: Equatable & Sendable & Decodable>: Equatable, Sendable, Decodable {
    /// The value.
    package let value: Value
    /// Where it comes from.
    package let source: String
  }

  /// A sentence and where it comes from.
  package struct Remark: Equatable, Sendable, Decodable {
    /// The sentence.
    package let text: String
    /// Where it comes from.
    package let source: String
  }

  /// A release of overlays or images with what its cores are.
  package struct Image: Equatable, Sendable, Decodable {
    /// Which images.
    package let release: String
    /// The 64 bits of the cores' configuration, hexadecimal.
    package let fingerprint: String
    /// The name of the compiler's target.
    package let target: String
    /// What models it takes, and from which compilers.
    package let models: String
    /// Where it comes from.
    package let source: String

    /// The number behind the fingerprint.
    package var fingerprintValue: UInt64? {
      fingerprint.hasPrefix("0x") ? UInt64(fingerprint.dropFirst(2), radix: 16) : nil
    }

    /// The text of the arch.json for a compiler that makes models for these cores.
    package var archJSON: String { "{\"fingerprint\":\"0x\(fingerprint.dropFirst(2).uppercased())\"}" }
  }

  /// A port of the DPU design with its width.
  package struct Port: Equatable, Sendable, Decodable {
    /// The port.
    package let port: AXIPort
    /// Bits of the way in which data is read.
    package let readBits: Int
    /// Bits of the way in which data is written.
    package let writeBits: Int
    /// Where it comes from.
    package let source: String

    /// Both ways.
    package var width: AXIPortWidth { AXIPortWidth(read: readBits, write: writeBits) }
  }

  /// A clock from the PS to the PL.
  package struct PLClock: Equatable, Sendable, Decodable {
    /// Which one, 0 to 3.
    package let index: Int
    /// Its frequency.
    package let hertz: Int
    /// Where it comes from.
    package let source: String
  }

  /// A sensor, by the driver and the attribute that show it.
  package struct Sensor: Equatable, Sendable, Decodable {
    /// What a sensor measures.
    package enum Quantity: String, Sendable, Decodable, CaseIterable {
      case power, current, voltage, temperature
    }

    /// What people call it.
    package let label: String
    /// What it measures.
    package let quantity: Quantity
    /// The names of hwmon devices that may show it.
    package let hwmon: [String]
    /// The I2C address of the chip where several chips have one name.
    package let address: String?
    /// The attribute; power is in µW, current in mA, voltage in mV, temperature in m°C.
    package let attribute: String
    /// Whether it is the power of the whole board.
    package let isBoardTotal: Bool
    /// Where it comes from.
    package let source: String
  }

  /// The DPU of the usual images.
  package struct DPU: Equatable, Sendable, Decodable {
    /// Cores.
    package let cores: Sourced<Int>
    /// The clock of the cores in MHz; without a value where no source tells it.
    package let clockMegahertz: Sourced<Double?>
    /// What its images are.
    package let images: [Image]
  }

  /// Memory.
  package struct Memory: Equatable, Sendable, Decodable {
    /// Memory of the board in MiB.
    package let mebibytes: Sourced<Int>
    /// Contiguous memory to reserve for the DPU, in MiB.
    package let cmaMebibytes: Sourced<Int>
    /// The kernel's argument that reserves it.
    package let bootArgument: String
  }

  /// How the kernel's device tree names it.
  package struct Identity: Equatable, Sendable, Decodable {
    /// Words of `compatible`, any of which says that it is this board.
    package let compatible: [String]
    /// Beginnings or parts of `model`, any of which says so.
    package let model: [String]
    /// Where it comes from.
    package let source: String
  }

  /// The name of the form of the file.
  package let schema: String
  /// The name to type, which is that of its folder.
  package let name: String
  /// The name for people.
  package let title: String
  /// How the kernel's device tree names it.
  package let identity: Identity
  /// The part that bitstreams are made for, without package and speed.
  package let part: Sourced<String>
  /// The DPU of the usual images.
  package let dpu: DPU
  /// The clocks from the PS to the PL.
  package let plClocks: [PLClock]
  /// The ports of the DPU design.
  package let axiPorts: [Port]
  /// Memory.
  package let memory: Memory
  /// Rails and temperatures.
  package let sensors: [Sensor]
  /// What the board can't do or stand.
  package let limits: [Remark]
  /// What to tell a person once.
  package let warnings: [Remark]

  /// Whether a machine's device tree is this board's.
  func isDescribed(by tree: LiveDeviceTree) -> Bool {
    if !Set(tree.compatible).isDisjoint(with: identity.compatible) { return true }
    guard let model = tree.model else { return false }
    return identity.model.contains { word in model.indices.contains { model[$0...].hasPrefix(word) } }
  }
}
