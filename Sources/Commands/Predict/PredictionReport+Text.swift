import SimulatedDPU

extension PredictionReport {
  /// The report for a person.
  ///
  /// - Parameter heading: Marks a heading, with a colour where there is one.
  func text(heading: (String) -> String) -> String {
    var lines = [heading("\(path.printable) on \(setting.board.title): predicted, not measured")]
    lines += HelpText.columns(trust + place + facts, width: .max)
    lines += ["", heading("Engines (predicted, for a frame)")] + engineTable
    for part in parts {
      lines += ["", heading("Superlayers of DPU subgraph \(part.number) \(part.name.printable) (predicted)")]
      if parts.count > 1 { lines += HelpText.columns(Self.summary(of: part, setting), width: .max) }
      lines += superlayerTable(part)
    }
    lines += ["", Self.explanation]
    return lines.joined(separator: "\n")
  }

  private static let explanation =
    "A superlayer's \"adds\" is by how much its last instruction moves the end of the program on: the rest of its work is "
    + "hidden\nbehind that of others. Instructions are attributed by the constants and tensor ranges that LOADs and SAVEs "
    + "touch and by the\nrows that they hand on; the rest stands under \"shared\"."

  private var trust: [(String, String)] {
    var facts = [
      ("expected error", range.expectation), ("known error", PredictionRange.knownError),
      ("fitted on", PredictionRange.fittedOn),
    ]
    if let misfit { facts.append(("what if", misfit)) }
    return facts
  }

  private var place: [(String, String)] {
    let clock = "\(setting.megahertz.plain) MHz" + (setting.isClockGiven ? " as given" : "")
    let cores =
      "\(setting.coreCount) core\(setting.coreCount == 1 ? "" : "s")" + (setting.areCoresGiven ? " as given" : "")
    var facts = [("board", "\(cores), \(clock) (\(setting.board.source))")]
    for (place, part) in parts.enumerated()
    where !parts[..<place].contains(where: { $0.fingerprint == part.fingerprint }) {
      let image = setting.board.image(for: part.fingerprint).map { ", as in the images of \($0.source)" } ?? ""
      facts.append(("core", "\(part.fingerprint) (\(part.fingerprint.hexadecimal))\(image)"))
    }
    return facts
  }

  private var facts: [(String, String)] {
    let speed = figures.framesPerSecond(atMegahertz: setting.megahertz, cores: setting.coreCount)
    var facts = [
      (
        "time",
        "\(milliseconds(figures.cycles)) ms per frame and core (predicted); without any cost beyond the work \(milliseconds(figures.idealCycles)) ms"
      )
    ]
    if let speed {
      facts.append(("speed", "\(speed.formatted(decimals: 1)) frames/s (predicted), device only: cores x 1000 / ms"))
    }
    if parts.count > 1 {
      facts.append(
        ("subgraphs", "\(parts.count) for the DPU, one after another; what the CPU does between them is not in it"))
    }
    facts.append(
      (
        "CONV engine",
        "\(percent(figures.occupancy(of: .conv))) occupied, \(percent(figures.multiplierUse)) of the multipliers' peak used for the model's multiplications (predicted)"
      ))
    facts.append(
      (
        "busiest engine",
        "\(figures.busiestEngine), \(percent(figures.occupancy(of: figures.busiestEngine))) occupied (predicted)"
      ))
    facts.append(
      (
        "memory",
        "\(figures.loadedByteCount.grouped) bytes loaded and \(figures.savedByteCount.grouped) saved per frame (counted)"
      ))
    return facts
  }

  private static func summary(of part: Part, _ setting: PredictionSetting) -> [(String, String)] {
    let figures = part.figures
    let time = (Double(figures.cycles) / (setting.megahertz * 1000)).formatted(decimals: 3)
    return [
      (
        "in all",
        "\(time) ms, CONV engine \(percent(figures.occupancy(of: .conv))) occupied, \(percent(figures.multiplierUse)) of "
          + "the peak used, busiest engine \(figures.busiestEngine)"
      )
    ]
  }

  private var engineTable: [String] {
    var table = TextTable([
      ("engine", .left), ("instructions", .right), ("busy ms", .right), ("occupied", .right), ("bytes", .right),
    ])
    for engine in Engine.allCases {
      let bytes = engine == .load ? figures.loadedByteCount : engine == .save ? figures.savedByteCount : nil
      table.add([
        "\(engine)", figures.instructionCounts[engine.rawValue].grouped,
        milliseconds(figures.busyCycles[engine.rawValue]), percent(figures.occupancy(of: engine)),
        bytes?.grouped ?? "",
      ])
    }
    return table.lines(indent: 2)
  }

  private func superlayerTable(_ part: Part) -> [String] {
    var table = TextTable(
      [("adds ms", .right), ("share", .right)] + Engine.allCases.map { ("\($0) ms", .right) } + [
        ("loaded", .right), ("saved", .right), ("MMAC", .right), ("name", .left),
      ])
    for share in part.shares where share.instructionCount > 0 || share.name == nil {
      let total = part.figures.cycles
      table.add(
        [
          milliseconds(share.elapsedCycles),
          percent(total == 0 ? 0 : Double(share.elapsedCycles) / Double(total)),
        ] + share.engineCycles.map(milliseconds) + [
          share.loadedByteCount.grouped, share.savedByteCount.grouped,
          share.multiplyAccumulates == 0 ? "" : (Double(share.multiplyAccumulates) / 1e6).formatted(decimals: 3),
          share.name?.printable ?? "shared",
        ])
    }
    return table.lines(indent: 2)
  }

  private func milliseconds(_ cycles: Int) -> String {
    (Double(cycles) / (setting.megahertz * 1000)).formatted(decimals: 3)
  }
}

private func percent(_ part: Double) -> String { "\((part * 100).formatted(decimals: 1)) %" }
