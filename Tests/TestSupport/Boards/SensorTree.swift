package import Boards
package import Foundation

/// A folder with the sensors of a board, as sysfs shows them.
///
/// Names, addresses and attributes are those of linux-xlnx's device trees and of the drivers' sources; the values are made
/// up, and none of it was recorded on a board.
package struct SensorTree {
  /// The folder that stands for `/`.
  package let root: URL

  /// Takes a folder.
  package init(_ root: URL) throws {
    self.root = root
    try FileManager.default.createDirectory(
      at: root.appendingPathComponent("sys/class/hwmon"), withIntermediateDirectories: true)
  }

  /// The folder as it is read.
  package var files: SystemFiles { SystemFiles(root: root.path) }

  /// The boards of the catalogue.
  package static func board(_ name: String) throws -> Board? {
    try BoardCatalogue(folder: Repository.root.appendingPathComponent("board-overlays").path).board(named: name)
  }

  /// What is found in the folder on a board of the catalogue, or on none.
  package func sensors(of board: String?) throws -> PowerSensors {
    PowerSensors.find(in: files, board: try board.flatMap { try Self.board($0) })
  }

  /// Writes an attribute.
  package func set(_ path: String, _ text: String) throws {
    let file = root.appendingPathComponent(path)
    try FileManager.default.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
    // Attributes change at once; a file that is written in place can be read while it is empty.
    try Data(text.utf8).write(to: file, options: .atomic)
  }

  /// Removes an attribute or a folder.
  package func remove(_ path: String) throws {
    try FileManager.default.removeItem(at: root.appendingPathComponent(path))
  }

  /// Adds a chip.
  ///
  /// - Parameter device: The name of its device, such as `3-0040`.
  package func addChip(_ number: Int, _ name: String, device: String?, _ attributes: [String: String]) throws {
    let folder = "sys/class/hwmon/hwmon\(number)"
    try set("\(folder)/name", name + "\n")
    for (attribute, text) in attributes { try set("\(folder)/\(attribute)", text + "\n") }
    guard let device else { return }
    try FileManager.default.createSymbolicLink(
      atPath: root.appendingPathComponent("\(folder)/device").path, withDestinationPath: "../../../\(device)")
  }

  /// Adds what a ZCU104 shows: the INA226 of its supply, two IRPS5401, and the AMS.
  package func addZCU104() throws {
    try set("sys/firmware/devicetree/base/compatible", "xlnx,zynqmp-zcu104-revC\0xlnx,zynqmp-zcu104\0xlnx,zynqmp\0")
    try addChip(
      2, "ina226", device: "3-0040",
      ["in0_input": "5", "in1_input": "12025", "curr1_input": "1156", "power1_input": "13900000"])
    for (number, address) in [(0, "0043"), (1, "0044")] {
      var attributes: [String: String] = [:]
      for rail in 2...6 {
        attributes["power\(rail)_input"] = "\((number * 10 + rail) * 31250)"
        attributes["curr\(rail)_input"] = "500"
        attributes["in\(rail)_input"] = "850"
      }
      try addChip(number, "irps5401", device: "5-\(address)", attributes)
    }
    try addTemperatures(3)
  }

  /// Adds what an Ultra96-V2 shows: two IRPS5401 and an IR38060, no sensor of the whole board.
  package func addUltra96() throws {
    try set("sys/firmware/devicetree/base/compatible", "avnet,ultra96-v2-rev1\0avnet,ultra96-v2\0xlnx,zynqmp\0")
    for (number, address) in [(0, "0043"), (1, "0044")] {
      var attributes: [String: String] = [:]
      for rail in 2...6 { attributes["power\(rail)_input"] = "500000" }
      try addChip(number, "irps5401", device: "6-\(address)", attributes)
    }
    try addChip(2, "ir38060", device: "6-0045", ["power1_input": "1250000"])
  }

  /// Adds what a KV260 shows: the INA260 of the module, and the AMS.
  package func addKV260() throws {
    try set(
      "sys/firmware/devicetree/base/compatible", "xlnx,zynqmp-sk-kv260-revB\0xlnx,zynqmp-sk-kv260\0xlnx,zynqmp\0")
    try addChip(
      1, "ina260_u14", device: "ina260-u14", ["power1_input": "5100000", "curr1_input": "1020", "in1_input": "5000"])
    try addTemperatures(0)
  }

  /// Adds the counters of an x86 processor's package and of its cores.
  package func addProcessor(_ number: Int = 0, microjoules: Int, range: Int = 262_143_328_850) throws {
    let folder = "sys/class/powercap/intel-rapl:\(number)"
    try set("\(folder)/name", "package-\(number)\n")
    try set("\(folder)/energy_uj", "\(microjoules)\n")
    try set("\(folder)/max_energy_range_uj", "\(range)\n")
    try set("sys/class/powercap/intel-rapl:\(number):0/name", "core\n")
    try set("sys/class/powercap/intel-rapl:\(number):0/energy_uj", "7\n")
  }

  /// Puts a pipe in an attribute's place: whoever opens it waits.
  package func stall(_ path: String) throws {
    let file = root.appendingPathComponent(path).path
    let pipe = file + ".pipe"
    guard mkfifo(pipe, 0o600) == 0, rename(pipe, file) == 0 else { throw POSIXError(.EIO) }
  }

  /// Lets those who wait at a stalled attribute have a text, and puts a file with it back.
  package func release(_ path: String, _ text: String) throws {
    let file = root.appendingPathComponent(path).path
    let pipe = file + ".old"
    guard rename(file, pipe) == 0 else { throw POSIXError(.EIO) }
    try set(path, text)
    let writer = open(pipe, O_RDWR | O_NONBLOCK | O_CLOEXEC)
    guard writer >= 0 else { throw POSIXError(.EIO) }
    let bytes = Array(text.utf8)
    _ = write(writer, bytes, bytes.count)
    close(writer)
  }

  private func addTemperatures(_ number: Int) throws {
    try addChip(
      number, "ams", device: "ams",
      ["temp1_input": "41250", "temp2_input": "42500", "temp3_input": "43750"])
  }
}
