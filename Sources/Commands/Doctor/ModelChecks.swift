package import Boards
import Devices
package import XModel

/// What a model asks of a board.
package struct ModelNeeds: Sendable {
  /// The file.
  package let path: String
  /// The cores that its DPU subgraphs are compiled for.
  package let fingerprints: [Fingerprint]
  /// Bytes of contiguous memory for code, weights and one job, in whole pages; `nil` without instructions.
  package let byteCount: Int?

  /// Reads a model's needs.
  package init(_ model: Model) {
    path = model.path
    fingerprints = model.dpuFingerprints
    let programs = model.partitions.filter { $0.kind == .dpu }.map { partition in
      try? ProgramMemory(partition, of: model)
    }
    let sizes = programs.compactMap { $0?.wholeByteCount }
    byteCount = sizes.isEmpty || sizes.count < programs.count ? nil : sizes.reduce(0, +)
  }
}

/// An image of the catalogue beside a model.
package struct ImageRow: Sendable {
  /// The board.
  package let board: Board
  /// The image.
  package let image: Board.Image
  /// Whether the model runs on it.
  package let fits: Bool

  /// The rows for a model: all images that run it, and all images of this machine's board; where that is none, all.
  static func rows(for model: ModelNeeds, _ snapshot: BoardSnapshot) -> [ImageRow] {
    let all = snapshot.catalogue.flatMap { board in
      board.dpu.images.map { image in
        ImageRow(
          board: board, image: image,
          fits: model.fingerprints.count == 1 && model.fingerprints[0].rawValue == image.fingerprintValue)
      }
    }
    let chosen = all.filter { $0.fits || $0.board.name == snapshot.board?.name }
    return chosen.isEmpty ? all : chosen
  }

  /// The row in words.
  var words: String {
    let start = "\(board.title), \(image.release): \(image.target) (\(image.fingerprint))"
    return fits
      ? "\(start) RUNS this model"
      : "\(start) does not, it takes \(image.models); compile with arch.json \(image.archJSON)"
  }
}

/// A model beside the cores and the memory of a board.
enum ModelChecks {
  /// Fingerprints of cores and model.
  static func fingerprint(_ board: BoardSnapshot, _ model: ModelNeeds?) -> [Finding] {
    let cores = board.openedCores
    guard let model else {
      return cores.isEmpty
        ? [Finding(.fingerprint, .skipped, "the cores were not opened")]
        : cores.map { core in
          let words = "\(core.name): \(core.fingerprint) (\(core.fingerprint.hexadecimal))"
          return Finding(.fingerprint, .good, words + images(of: core.fingerprint, board))
        }
    }
    guard let wanted = model.fingerprints.first else {
      return [
        Finding(
          .fingerprint, .failed, "\(model.path) has no subgraph that is compiled for a DPU core",
          fix: "compile the quantized model with vai_c; it runs on --device software as it is")
      ]
    }
    let needs = "the model needs \(model.fingerprints.map { "\($0) (\($0.hexadecimal))" }.joined(separator: " and "))"
    guard !cores.isEmpty else {
      return [Finding(.fingerprint, .skipped, "\(needs); the cores were not opened, so theirs are not known")]
    }
    return cores.map { core in
      let found =
        "\(core.name) is \(core.fingerprint) (\(core.fingerprint.hexadecimal)\(images(of: core.fingerprint, board)))"
      guard model.fingerprints != [core.fingerprint] else {
        return Finding(.fingerprint, .good, "\(found), as the model needs")
      }
      let difference = String(wanted.rawValue ^ core.fingerprint.rawValue, radix: 16)
      return Finding(
        .fingerprint, .failed, "\(needs), but \(found): bits 0x\(difference) differ\(argmax(wanted, core.fingerprint))",
        fix: recompile(for: core.fingerprint))
    }
  }

  /// Which images of the board have such cores; of any board where it is none of the known ones.
  private static func images(of fingerprint: Fingerprint, _ board: BoardSnapshot) -> String {
    let boards = board.board.map { [$0] } ?? board.catalogue
    var releases: [String] = []
    for image in boards.flatMap(\.dpu.images) where image.fingerprintValue == fingerprint.rawValue {
      if !releases.contains(image.release) { releases.append(image.release) }
    }
    return releases.isEmpty ? "" : ", as in \(releases.joined(separator: " or "))"
  }

  /// How to compile for a core, and with which compiler.
  static func recompile(for fingerprint: Fingerprint) -> String {
    let line =
      "compile the quantized model again: vai_c_xir -x quantized.xmodel -a arch.json -o compiled -n name, with arch.json "
      + "{\"fingerprint\":\"\(fingerprint.hexadecimal)\"}"
    return fingerprint.isKnownFamily && fingerprint.instructionSet == 0
      ? "\(line) and the compiler of Vitis AI 1.4 or 2.0: from 2.5 on compilers refuse ISA0 targets"
      : "\(line) and a compiler of Vitis AI 2.0 to 3.5"
  }

  private static func argmax(_ left: Fingerprint, _ right: Fingerprint) -> String {
    left.rawValue ^ right.rawValue == 1 << 30 && left.instructionSet == 1
      ? " (argmax on save: one is of Vitis AI 2.5, the other of 3.x)" : ""
  }

  /// Contiguous memory beside what the model needs.
  static func memory(_ board: BoardSnapshot, _ model: ModelNeeds?) -> [Finding] {
    let wanted = board.board?.memory
    let argument = wanted?.bootArgument ?? "cma=512M"
    let reserve = "add \(argument) to the kernel's command line (bootargs) and restart"
    guard let room = board.room else {
      return [
        Finding(.memory, .failed, "the kernel reserves no contiguous memory (CmaTotal of /proc/meminfo)", fix: reserve)
      ]
    }
    let has = "CMA has \(mebibytes(room.totalByteCount)), \(mebibytes(room.freeByteCount)) of it free"
    guard let need = model?.byteCount else {
      if let wanted, room.totalByteCount < wanted.cmaMebibytes.value << 20 {
        return [
          Finding(.memory, .warning, "\(has); \(wanted.cmaMebibytes.value) MiB are usual for this board", fix: reserve)
        ]
      }
      return [Finding(.memory, .good, has)]
    }
    let needs = "the model needs \(mebibytes(need)) (code, weights and one job's regions)"
    if need > room.totalByteCount { return [Finding(.memory, .failed, "\(has), but \(needs)", fix: reserve)] }
    if need > room.freeByteCount {
      return [
        Finding(
          .memory, .failed, "\(has), but \(needs)",
          fix: "close other programs that use it (cameras, displays, VART), or \(reserve)")
      ]
    }
    return [Finding(.memory, .good, "\(has); \(needs)")]
  }

  private static func mebibytes(_ byteCount: Int) -> String {
    "\((Double(byteCount) / 1_048_576).formatted(decimals: 1)) MiB"
  }
}
