import Boards
import Devices

/// What goes with a bug report: the doctor's report and what it was read from, without private data.
package struct DoctorBundle: Sendable {
  private let report: DoctorReport
  private let redaction: Redaction

  /// Makes a bundle.
  package init(_ report: DoctorReport, _ redaction: Redaction) {
    self.report = report
    self.redaction = redaction
  }

  /// One JSON object, `dpu.report/1`.
  package var text: String {
    let board = report.board
    return redaction.apply(
      to: .object([
        "schema": .string("dpu.report/1"), "device": board.device.json, "dpu": .string(DPUProgram.version),
        "kernel": .optional(board.kernel) { .string($0) }, "machine": .optional(board.machine) { .string($0) },
        "driver": .object([
          "loaded": .bool(board.isModuleLoaded), "version": .optional(board.driverVersion) { .string($0) },
          "device_tree_node": .bool(board.hasTreeNode),
          "node_permissions": .optional(board.nodePermissions) { .string($0) },
          "attributes": .object(.init(board.attributes.sorted { $0.key < $1.key }.map { ($0.key, .string($0.value)) })),
          "interrupts": .strings(board.interrupts),
        ]),
        "library": .object([
          "path": .optional(board.library.path) { .string($0) },
          "version": .optional(board.library.version) { .string($0) }, "fake": .bool(board.library.isFake),
        ]),
        "pl": .optional(board.overlay) { overlay in
          .object([
            "state": .string(overlay.pl.words), "kernel_says": .optional(board.kernelHint) { .string($0) },
            "overlays": .strings(overlay.overlays.map { "\($0.name): \($0.status)" }),
            "ports": .strings(overlay.widths.sorted { $0.key < $1.key }.map { "\($0.key.rawValue): \($0.value)" }),
            "dfx_mgr": .bool(overlay.hasDFXManager),
          ])
        },
        "model": .optional(report.model) { model in
          .object([
            "fingerprints": .strings(model.fingerprints.map(\.hexadecimal)),
            "bytes": .optional(model.byteCount) { .integer($0) },
          ])
        },
        "sensors": .strings(board.readings.filter { $0.value != nil }.map(\.words)),
        "doctor": report.json, "text": .strings(report.lines),
      ])
    ).text + "\n"
  }
}
