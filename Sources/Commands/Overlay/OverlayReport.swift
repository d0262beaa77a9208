import Boards
import JSONValues

#if canImport(Glibc)
  import Glibc
#endif

/// What is in the PL, and whether a first job would be allowed.
struct OverlayReport {
  private let bench: OverlayWorkplace
  private let status: OverlayStatus
  private let choice: Result<XclbinChoice, BoardError>
  private let firstJob: Result<[String], BoardError>

  /// Looks at everything, and chooses an xclbin as a run would.
  init(_ bench: OverlayWorkplace, xclbin: String?) {
    self.bench = bench
    status = bench.control.status()
    let environment = getenv(XclbinChoice.variable).map { String(cString: $0) }
    let choice = Result { () throws(BoardError) in
      try bench.control.chooseXclbin(option: xclbin, environment: environment)
    }
    self.choice = choice
    let board = bench.board
    firstJob = Result { () throws(BoardError) in
      let path = try choice.get().path
      let bytes = try SystemFiles().read(path, limit: Xclbin.largestByteCount)
      do throws(BoardError) {
        return try bench.control.checkFirstJob(Xclbin(reading: bytes), board: board)
      } catch {
        throw error.of(path)
      }
    }
  }

  /// Prints it.
  ///
  /// - Returns: `noDevice` on a machine without PL, so that scripts can tell.
  func print(_ console: Console) throws -> ExitCode {
    if console.isJSON { try console.print(json) } else { for line in lines { try console.print(line) } }
    return status.pl == .absent ? .noDevice : .success
  }

  private var lines: [String] {
    var lines = ["machine    \(status.model ?? "no device tree")\(bench.board.map { ", board '\($0.name)'" } ?? "")"]
    lines.append("PL         \(status.pl.words)")
    for overlay in status.overlays { lines.append("overlay    \(overlay.name): \(overlay.status)") }
    for clock in status.clocks {
      let name = clock.stated.index.map { "PL clock \($0)" } ?? clock.stated.node
      let stated =
        clock.stated.hertz.map { "\(Self.megahertz(UInt64($0))) asked for by the device tree" }
        ?? "not set by the device tree"
      lines.append(
        "clock      \(name): \(stated), \(clock.hertz.map { "\(Self.megahertz($0)) set" } ?? "can't be read back")")
    }
    lines.append("ports      \(portWords)")
    switch choice {
    case .success(let choice):
      lines.append("xclbin     \(choice.path), \(choice.source)")
      lines += choice.warnings.map { "           \($0)" }
    case .failure(let error): lines.append("xclbin     \(error.message)")
    }
    let loaded = status.loadedUUID.map { ", which has loaded \($0)" } ?? ""
    lines.append(
      "driver     \(status.hasZocl ? "zocl\(loaded)" : "zocl is not loaded")\(status.hasDFXManager ? "; dfx-mgr runs" : "")"
    )
    if !status.users.isEmpty {
      lines.append("users      \(status.users.map(\.description).joined(separator: ", ")) have a render node open")
    }
    switch firstJob {
    case .success(let warnings):
      lines.append("first job  allowed")
      lines += warnings.map { "           \($0)" }
    case .failure(let error): lines.append("first job  refused: \(error)")
    }
    return lines
  }

  private var portWords: String {
    if let problem = status.widthsProblem { return problem }
    guard !status.widths.isEmpty else { return "widths unknown: no xlnx,afi-fpga node in the device tree" }
    return status.widths.sorted { $0.key < $1.key }.map { "\($0.key.rawValue) \($0.value)" }.joined(separator: ", ")
  }

  /// A frequency for people.
  static func megahertz(_ hertz: UInt64) -> String { "\((Double(hertz) / 1e6).formatted(decimals: 3)) MHz" }

  private var json: JSONValue {
    var state = "unknown"
    var record: OverlayRecord?
    switch status.pl {
    case .absent: state = "absent"
    case .notProgrammed: state = "not-programmed"
    case .recorded(let found): (state, record) = (found.programmedBy == .assumed ? "assumed" : "loaded", found)
    case .application: state = "dfx-mgr"
    case .unknown: break
    }
    var allowed = true
    var reason: String?
    var warnings: [String] = []
    switch firstJob {
    case .success(let found): warnings = found
    case .failure(let error): (allowed, reason) = (false, error.description)
    }
    let chosen = try? choice.get()
    return .object([
      "schema": .string("dpu.overlay-status/1"), "model": .optional(status.model) { .string($0) },
      "board": .optional(bench.board?.name) { .string($0) },
      "pl": .object([
        "state": .string(state), "detail": .string(status.pl.words), "record": .optional(record) { $0.jsonValue },
      ]),
      "overlays": .array(
        status.overlays.map { .record(["name": .string($0.name), "status": .string($0.status)]) }),
      "clocks": .array(
        status.clocks.map { clock in
          .record([
            "node": .string(clock.stated.node), "pl_clock": .optional(clock.stated.index) { .integer($0) },
            "stated_hz": .optional(clock.stated.hertz) { .integer(Int($0)) },
            "set_hz": .optional(clock.hertz) { .integer(Int(clamping: $0)) },
          ])
        }),
      "ports": .array(
        status.widths.sorted { $0.key < $1.key }.map {
          .record([
            "port": .string($0.key.rawValue), "read_bits": .integer($0.value.read),
            "write_bits": .integer($0.value.write),
          ])
        }),
      "ports_problem": .optional(status.widthsProblem) { .string($0) },
      "xclbin": .optional(chosen) { .record(["path": .string($0.path), "source": .string($0.source.description)]) },
      "zocl": .object([
        "is_loaded": .bool(status.hasZocl), "xclbin_uuid": .optional(status.loadedUUID?.description) { .string($0) },
      ]),
      "dfx_mgr": .bool(status.hasDFXManager),
      "users": .array(
        status.users.map { .record(["process": .integer($0.process), "name": .string($0.name)]) }),
      "first_job": .object([
        "allowed": .bool(allowed), "reason": .optional(reason) { .string($0) }, "warnings": .strings(warnings),
      ]),
    ])
  }
}

extension OverlayRecord {
  /// The record as it stands in reports.
  var jsonValue: JSONValue {
    func file(_ file: File) -> JSONValue { .record(["path": .string(file.path), "sha256": .string(file.sha256)]) }
    return .object([
      "board": .optional(board) { .string($0) }, "folder": .string(folder),
      "programmed_by": .string(programmedBy.rawValue),
      "bitstream": .optional(bitstream, file), "xclbin": file(xclbin), "xclbin_uuid": .string(xclbinUUID),
      "device_tree": .optional(deviceTree, file), "overlay": .optional(overlay) { .string($0) }, "time": .string(time),
      "boot_id": .string(bootID),
    ])
  }
}

extension ComputeUnit {
  /// The core as it stands in reports.
  var jsonValue: JSONValue {
    .record([
      "name": .string(fullName), "base_address": .string("0x\(String(baseAddress, radix: 16))"),
      "interrupt": .optional(interrupt) { .integer($0) },
    ])
  }
}
