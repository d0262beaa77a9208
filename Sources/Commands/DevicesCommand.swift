import Boards
import Devices
import SimulatedDPU
import SoftwareDPU

/// `dpu devices`: lists what a model could run on.
enum DevicesCommand: Command {
  static let table = CommandTable(
    name: "devices", summary: "lists what models can run on: software, simulated, and the cores of a board",
    options: BoardPlace.options,
    examples: [
      .init("devices", "lists the devices of this machine"),
      .init("devices --json", "prints what 'xdputil query' prints and more, as one JSON object"),
    ],
    notes: [
      "Of a board: node, driver, permission, XRT's library, the xclbin, and of each core its name, CU index, address, "
        + "fingerprint, IP version, time of building, clock register and counters. Registers are read only where the PL is "
        + "known to hold the xclbin's design; 'dpu doctor' says what is in the way."
    ])

  static func run(_ arguments: Arguments, _ console: Console) throws -> ExitCode {
    let place = try BoardPlace(arguments)
    let catalogue = try BoardPlace.catalogue(arguments, console)
    let report = DevicesReport(
      software: SoftwareDevice(threadCount: ModelDevices.processorCount).description,
      board: BoardSnapshot(place, catalogue: catalogue))
    if console.isJSON {
      try console.print(report.json)
    } else {
      for line in report.lines { try console.print(line) }
    }
    return .success
  }
}
