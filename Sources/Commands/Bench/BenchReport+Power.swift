import Boards

extension BenchReport {
  /// A row for each sensor in each phase, `nil` where nothing was measured.
  var powerTable: TextTable? {
    var table = TextTable([
      ("phase", .left), ("sensor", .left), ("mean", .right), ("± sd", .right), ("min", .right), ("max", .right),
      ("", .left), ("joules", .right), ("covered", .right), ("samples", .right),
    ])
    var hasRows = false
    for phase in phases {
      guard let summary = phase.power?.summary else { continue }
      for (line, isPower) in PowerText.lines(of: summary) {
        table.add([phase.phase.rawValue] + PowerText.cells(line, isPower: isPower))
        hasRows = true
      }
    }
    return hasRows ? table : nil
  }
}
