import JSONValues
import SimulatedDPU
import XModel

extension PredictionReport {
  /// The report as the object `dpu.predict/1`, documented in docs/guide/json.md.
  ///
  /// - Parameter trace: The file with the time line, `nil` where none was asked for.
  func json(trace: String?) -> JSONValue {
    .object([
      "schema": .string("dpu.predict/1"),
      "model": .string(path),
      "board": .object([
        "name": .string(setting.board.name), "title": .string(setting.board.title),
        "source": .string(setting.board.source), "image": .optional(image) { .string($0.source) },
      ]),
      "clock_mhz": .number(setting.megahertz), "clock_given": .bool(setting.isClockGiven),
      "cores": .integer(setting.coreCount), "cores_given": .bool(setting.areCoresGiven),
      "what_if": .optional(misfit) { .string($0) },
      "predicted": .object(
        JSONValue.Members(
          [
            ("expected_error", .string(range.expectation)), ("known_error", .string(PredictionRange.knownError)),
            ("fitted_on", .string(PredictionRange.fittedOn)), ("outside_fit", .strings(range.differences)),
            (
              "frames_per_second",
              .optional(figures.framesPerSecond(atMegahertz: setting.megahertz, cores: setting.coreCount)) {
                .number($0)
              }
            ),
          ] + members(of: figures) + [("subgraphs", .array(parts.map(json)))])),
      "trace": .optional(trace) { .string($0) },
    ])
  }

  private func seconds(_ cycles: Int) -> JSONValue { .number(Double(cycles) / (setting.megahertz * 1e6)) }

  private func members(of figures: PredictionFigures) -> [(String, JSONValue)] {
    [
      ("seconds", seconds(figures.cycles)), ("cycles", .integer(figures.cycles)),
      ("ideal_seconds", seconds(figures.idealCycles)), ("ideal_cycles", .integer(figures.idealCycles)),
      ("macs", .integer(figures.multiplyAccumulates)), ("mac_use", .number(figures.multiplierUse)),
      ("conv_occupancy", .number(figures.occupancy(of: .conv))),
      ("busiest_engine", .string("\(figures.busiestEngine)")),
      ("loaded_bytes", .integer(figures.loadedByteCount)), ("saved_bytes", .integer(figures.savedByteCount)),
      (
        "engines",
        .array(
          Engine.allCases.map { engine in
            .record([
              "engine": .string("\(engine)"), "instructions": .integer(figures.instructionCounts[engine.rawValue]),
              "busy_cycles": .integer(figures.busyCycles[engine.rawValue]),
              "occupancy": .number(figures.occupancy(of: engine)),
            ])
          })
      ),
    ]
  }

  private func json(_ part: Part) -> JSONValue {
    .object(
      JSONValue.Members(
        [
          ("subgraph", .integer(part.number)), ("name", .string(part.name)),
          ("fingerprint", .string(part.fingerprint.hexadecimal)),
        ] + members(of: part.figures) + [("superlayers", .array(part.shares.map(json)))]))
  }

  private func json(_ share: SuperlayerShare) -> JSONValue {
    var members: [(String, JSONValue)] = [
      ("name", .optional(share.name) { .string($0) }), ("instructions", .integer(share.instructionCount)),
      ("added_cycles", .integer(share.elapsedCycles)),
    ]
    for engine in Engine.allCases {
      members.append(("\(engine)_cycles", .integer(share.engineCycles[engine.rawValue])))
    }
    members += [
      ("loaded_bytes", .integer(share.loadedByteCount)), ("saved_bytes", .integer(share.savedByteCount)),
      ("macs", .integer(share.multiplyAccumulates)),
    ]
    return .record(JSONValue.Members(members))
  }
}
