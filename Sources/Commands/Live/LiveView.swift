import Vision

/// What `dpu live` shows while it runs, as lines.
struct LiveView {
  /// What is shown.
  struct State {
    let now: RunSnapshot
    let shares: LiveShares
    let unusableCount: Int
    let recorded: LiveRecorder.Counts?
  }

  /// The source in words.
  let source: String
  /// What the model tells apart.
  let task: LoadedModel.Task
  /// The names of the classes.
  let labels: [String]
  /// Their colours.
  let palette: Palette
  /// Whether colours are shown.
  let isColoured: Bool

  /// The lines of a screen of some size.
  func lines(_ state: State, on screen: Terminal.Size) -> [String] {
    let rows = screen.rows
    let now = state.now
    var lines = [
      "dpu live: \(InputList.fileName(now.model).printable) on \(now.device.kind) (\(now.device.detail.printable))",
      "source:   \(source.printable)",
      "frames:   \(now.framesPerSecond.formatted(decimals: 1)) frames/s, \(now.frames.grouped) in "
        + "\(now.seconds.formatted(decimals: 0)) s, \(now.dropped.grouped) dropped"
        + (state.unusableCount > 0 ? ", \(state.unusableCount.grouped) unusable" : ""),
      "latency:  p50 \(now.latency.p50.milliseconds) ms, p99 \(now.latency.p99.milliseconds) ms (\(now.latency.of))",
      "cores:    \(now.coreBusy.busy) busy, \(now.running) running, queue \(now.queue)",
      "power:    \(now.power)",
    ]
    if let recorded = state.recorded {
      lines.append("recorded: \(recorded.written.grouped) frames, \(recorded.leftOut.grouped) left out")
    }
    lines += bars(state.shares, most: rows - lines.count - 2, width: screen.columns)
    // The picture goes first where the screen is low.
    let left = rows - lines.count - 2
    if isColoured, let map = state.shares.map, left >= 4 {
      lines += thumbnail(map, most: min(12, left), width: screen.columns)
    }
    return lines
  }

  /// The line of a second, where lines are not drawn over.
  func plainLine(_ state: State) -> String {
    let best = top(state.shares, most: 3).map { "\(label($0.index)) \(percent($0.share))" }.joined(separator: ", ")
    return "\(state.now.seconds.formatted(decimals: 0)) s: \(state.now.summary)\(best.isEmpty ? "" : "; \(best)")"
  }

  private func bars(_ shares: LiveShares, most: Int, width: Int) -> [String] {
    guard task != .tensors, most > 0 else { return [] }
    let classes = labels.count <= most ? labels.indices.map { $0 } : top(shares, most: most).map(\.index)
    let sum = shares.latest.reduce(0, +)
    // Thirteen columns are space and percent, and the last one stays free.
    let nameWidth = min(20, max(3, (width - 14) / 2), classes.map { label($0).count }.max() ?? 0)
    let cells = max(1, min(48, width - nameWidth - 14))
    return classes.map { index in
      let share = sum > 0 ? Double(shares.latest[index]) / Double(sum) : 0
      let filled = Int((share * Double(cells) + 0.5))
      let name = String(label(index).prefix(nameWidth))
      let bar = String(repeating: "#", count: filled) + String(repeating: ".", count: cells - filled)
      return "  " + name + String(repeating: " ", count: nameWidth - name.count) + "  " + bar + "  " + percent(share)
    }
  }

  private func top(_ shares: LiveShares, most: Int) -> [(index: Int, share: Double)] {
    let sum = shares.latest.reduce(0, +)
    guard sum > 0 else { return [] }
    let order = shares.latest.indices.filter { shares.latest[$0] > 0 }.sorted {
      shares.latest[$0] != shares.latest[$1] ? shares.latest[$0] > shares.latest[$1] : $0 < $1
    }
    return order.prefix(most).map { ($0, Double(shares.latest[$0]) / Double(sum)) }
  }

  /// The label map in half blocks, two pixels above each other in a cell.
  private func thumbnail(_ map: LabelMap, most: Int, width: Int) -> [String] {
    let height = 2 * most
    let small = map.resized(width: max(1, min(64, width - 3, height * map.width / map.height)), height: height)
    return (0..<most).map { row in
      var line = "  "
      for column in 0..<small.width {
        let upper = palette.color(of: small.labels[2 * row * small.width + column])
        let lower = palette.color(of: small.labels[(2 * row + 1) * small.width + column])
        line += "\u{1B}[38;2;\(upper.red);\(upper.green);\(upper.blue)m"
        line += "\u{1B}[48;2;\(lower.red);\(lower.green);\(lower.blue)m\u{2580}"
      }
      return line + "\u{1B}[0m"
    }
  }

  private func label(_ index: Int) -> String { labels[index].printable }

  private func percent(_ share: Double) -> String { "\((share * 100).formatted(decimals: 1)) %" }
}
