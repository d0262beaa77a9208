/// A table for the screen: columns as wide as their widest cell.
package struct TextTable {
  /// The side to which a column is pushed.
  package enum Side: Sendable {
    case left, right
  }

  private let columns: [(title: String, side: Side)]
  private var rows: [[String]] = []

  /// Makes an empty table.
  package init(_ columns: [(String, Side)]) { self.columns = columns.map { ($0.0, $0.1) } }

  /// Adds a row, a cell for each column.
  package mutating func add(_ cells: [String]) {
    precondition(cells.count == columns.count, "\(cells.count) cells for \(columns.count) columns")
    rows.append(cells)
  }

  /// The table as lines without trailing spaces.
  ///
  /// - Parameter indent: Columns before each line.
  package func lines(indent: Int = 0) -> [String] {
    let all = [columns.map(\.title)] + rows
    let widths = columns.indices.map { column in all.map { $0[column].count }.max() ?? 0 }
    return all.map { row in
      var line = String(repeating: " ", count: indent)
      for (column, cell) in row.enumerated() {
        let space = String(repeating: " ", count: widths[column] - cell.count)
        if column > 0 { line += "  " }
        line += columns[column].side == .left ? cell + space : space + cell
      }
      while line.last == " " { line.removeLast() }
      return line
    }
  }

  /// The table as lines of Markdown.
  package var markdown: [String] {
    func row(_ cells: [String]) -> String {
      "| "
        + cells.map { $0.split(separator: "|", omittingEmptySubsequences: false).joined(separator: "\\|") }
        .joined(separator: " | ") + " |"
    }
    let rule = "|" + columns.map { $0.side == .left ? "---" : "---:" }.joined(separator: "|") + "|"
    return [row(columns.map(\.title)), rule] + rows.map(row)
  }
}
