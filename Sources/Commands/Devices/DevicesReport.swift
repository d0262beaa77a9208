import Boards
import Devices
import JSONValues
import SimulatedDPU
import SoftwareDPU

/// What `dpu devices` tells.
struct DevicesReport {
  let software: DeviceDescription
  let board: BoardSnapshot

  /// What the simulated device does, for people.
  private static let simulated = DeviceDescription(
    kind: "simulated", detail: "executes mc_code of ISA0 and ISA1, B512 to B4096; a core as the model needs it")

  /// Whether there is a board, or something that stands for one.
  private var hasBoard: Bool {
    if case .success = board.node { return true }
    return board.library.isFake
  }

  /// The report as lines.
  var lines: [String] {
    var lines = ["device: \(software.line)", "device: \(Self.simulated.line)"]
    guard hasBoard else {
      let reason = if case .failure(let error) = board.node { error.message } else { "not looked for" }
      return lines + ["no device xrt: \(reason.printable)"]
    }
    lines.append("device: \(board.device.line)")
    func add(_ name: String, _ value: String?) {
      if let value { lines.append("  \(name.padded(to: 11)) \(value.printable)") }
    }
    add("board", board.board?.title ?? board.machine)
    if case .success(let node) = board.node {
      add("node", "\(node.path), mode \(board.nodePermissions ?? "?")\(permission)")
      add("driver", "\(node.driver)\(board.driverVersion.map { ", version \($0)" } ?? "")")
    }
    add("library", library)
    add("PL", board.overlay?.pl.words)
    switch board.xclbin {
    case .failure(let error): add("xclbin", error.description)
    case .success(let chosen):
      let uuid = (try? chosen.content.get()).map { ", UUID \($0.uuid)" } ?? ""
      add("xclbin", "\(chosen.path) (\(chosen.origin))\(uuid)")
    }
    add("loaded", board.loadedUUID.map { "UUID \($0)" })
    add("memory", board.room?.description)
    switch board.cores {
    case .success(let cores)?:
      for (number, core) in cores.enumerated() { lines += self.lines(of: core, number) }
    case .failure(let error)?: add("cores", "can't be opened: \(error.message)")
    case nil:
      for core in board.listedCores { add("core", "\(core.name), CU index \(core.index), at \(core.address)") }
      add("registers", "not read: \(board.reasonForNotOpening ?? "")")
    }
    return lines
  }

  private var library: String {
    guard let path = board.library.path else { return "none found" }
    return board.library.isFake
      ? "\(path), a board in a library: everything here is simulated"
      : "\(path), version \(board.library.version ?? "unknown")"
  }

  private var permission: String { if case .failure = board.usableNode { ", NOT yours to use" } else { "" } }

  private func lines(of core: BoardSnapshot.OpenedCore, _ number: Int) -> [String] {
    let softmax = hasSoftmax ? ", softmax core" : ""
    return [
      "  core \(number) of device: \(board.device.line)",
      "    name        \(core.name.printable), CU index \(core.index)\(address(of: core).map { ", at \($0)" } ?? "")\(softmax)",
      "    fingerprint \(core.fingerprint.hexadecimal): \(core.fingerprint)",
      "    IP          \(core.identity.kind) \(core.identity.version), built \(core.identity.buildTime ?? "at an unknown time"), "
        + "for \(core.identity.megahertz) MHz (register, not measured)"
        + (core.identity.commit.map { ", from commit \($0)" } ?? ""),
      "    last job    \(core.counters)",
    ]
  }

  private var hasSoftmax: Bool { board.content?.computeUnits.contains { $0.isSoftmax } ?? false }

  private func address(of core: BoardSnapshot.OpenedCore) -> String? {
    board.listedCores.first { $0.index == core.index }?.address
      ?? board.content?.dpuCores.first { $0.fullName == core.name }.map { "0x" + String($0.baseAddress, radix: 16) }
  }

  /// The report as `dpu.devices/1`.
  var json: JSONValue {
    var devices: [JSONValue] = [
      .object(["device": software.json, "kernels": .strings(InstructionSet.available.map(\.rawValue))]),
      .object(["device": Self.simulated.json]),
    ]
    if hasBoard { devices.append(boardJSON) }
    let reason: String? = if case .failure(let error) = board.node, !hasBoard { error.message } else { nil }
    return .object([
      "schema": .string("dpu.devices/1"), "dpu": .string(DPUProgram.version), "root": .string(board.root),
      "devices": .array(devices), "no_board": .optional(reason) { .string($0) },
    ])
  }

  private var boardJSON: JSONValue {
    let node = try? board.node.get()
    let isUsable = if case .success = board.usableNode { true } else { false }
    var chosen: BoardSnapshot.ChosenXclbin?
    if case .success(let found) = board.xclbin { chosen = found }
    let cores = board.openedCores
    let failure: String? =
      if case .failure(let error)? = board.cores { error.message } else { board.reasonForNotOpening }
    return .object([
      "device": board.device.json, "simulated": .bool(board.device.kind == "simulated"),
      "board": .optional(board.board) { .string($0.name) }, "machine": .optional(board.machine) { .string($0) },
      "node": .optional(node) { .string($0.path) }, "permissions": .optional(board.nodePermissions) { .string($0) },
      "usable": .bool(isUsable || board.library.isFake), "driver": .optional(node) { .string($0.driver) },
      "driver_version": .optional(board.driverVersion) { .string($0) },
      "library": .optional(board.library.path) { .string($0) },
      "library_version": .optional(board.library.version) { .string($0) },
      "pl": .optional(board.overlay) { .string($0.pl.words) },
      "xclbin": .optional(chosen) { chosen in
        .object([
          "path": .string(chosen.path), "origin": .string(chosen.origin),
          "uuid": .optional(board.content) { .string($0.uuid.description) },
        ])
      },
      "loaded_uuid": .optional(board.loadedUUID) { .string($0.description) },
      "memory": .optional(board.room) {
        .object(["total_bytes": .integer($0.totalByteCount), "free_bytes": .integer($0.freeByteCount)])
      },
      "core_count": .integer(cores.isEmpty ? board.listedCores.count : cores.count),
      "softmax_core": .bool(hasSoftmax), "flow": .string("vitis"),
      "not_opened": .optional(failure) { .string($0) },
      "listed_cores": .array(
        board.listedCores.map {
          .record(["index": .integer($0.index), "name": .string($0.name), "address": .string($0.address)])
        }),
      "cores": .array(cores.enumerated().map { json($1, $0) }),
    ])
  }

  private func json(_ core: BoardSnapshot.OpenedCore, _ number: Int) -> JSONValue {
    .object([
      "core": .integer(number), "name": .string(core.name), "cu_index": .integer(core.index),
      "cu_mask": .integer(1 << core.index), "cu_address": .optional(address(of: core)) { .string($0) },
      "fingerprint": core.fingerprint.json, "identity": core.identity.json, "counters": core.counters.json,
    ])
  }
}
