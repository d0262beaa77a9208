import Vision

/// A list of labelled data: comma-separated values, the first line naming the columns, the last of them `label` or `target`.
///
/// The other columns are files to run: one, or for volumes one for each channel. Names of files are relative to the
/// list's own folder unless they begin with `/`.
struct LabelledIndex {
  /// One line of the list.
  struct Row: Equatable {
    /// The files to run.
    let inputs: [String]
    /// The last cell as it is written.
    let truth: String
    /// The last cell as the name of a file.
    let truthPath: String
  }

  private(set) var rows: [Row] = []

  /// Reads a list.
  ///
  /// - Throws: An error that names the file, the line and what is wrong there.
  init(contentsOf path: String) throws(CommandError) {
    let content: [UInt8]
    do throws(VisionError) {
      content = try FileContent.read(path, limit: 1 << 28)
    } catch {
      throw CommandError(error)
    }
    guard let text = String(validating: content, as: UTF8.self) else {
      throw CommandError(.invalidInput, "\(path): is no text, expected a list of comma-separated values, or a folder")
    }
    let folder = path.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/")
    func file(_ name: String) -> String {
      name.hasPrefix("/") || folder.isEmpty && !path.hasPrefix("/") ? name : "\(folder)/\(name)"
    }
    let records = try Self.records(text, path)
    guard let names = records.first, let last = names.cells.last?.lowercased(), ["label", "target"].contains(last),
      names.cells.count > 1
    else {
      throw CommandError(
        .invalidInput,
        "\(path): line 1 has to name the columns, files first and `label` or `target` last, as in \"image,label\"; it is "
          + "\"\(text.prefix { !$0.isNewline }.prefix(60))\"")
    }
    for record in records.dropFirst() {
      guard record.cells.count == names.cells.count, record.cells.allSatisfy({ !$0.isEmpty }) else {
        throw CommandError(
          .invalidInput,
          "\(path): line \(record.line) has \(record.cells.filter { !$0.isEmpty }.count) filled cells, expected "
            + "\(names.cells.count) as line 1 names columns")
      }
      let truth = record.cells[record.cells.count - 1]
      rows.append(Row(inputs: record.cells.dropLast().map(file), truth: truth, truthPath: file(truth)))
    }
    guard !rows.isEmpty else { throw CommandError(.invalidInput, "\(path): the list names nothing to score") }
  }

  /// Splits comma-separated values into records, as RFC 4180 has them; empty lines are left out.
  private static func records(_ text: String, _ path: String) throws(CommandError) -> [(line: Int, cells: [String])] {
    var records: [(line: Int, cells: [String])] = []
    var cells: [String] = []
    var cell = ""
    var (line, first, isQuoted, wasQuoted) = (1, 1, false, false)
    func endRecord() {
      cells.append(cell)
      if cells != [""] { records.append((first, cells)) }
      (cells, cell, wasQuoted) = ([], "", false)
    }
    for character in text {
      if character.isNewline { line += 1 }
      switch character {
      case "\"" where isQuoted: (isQuoted, wasQuoted) = (false, true)
      case "\"" where wasQuoted:
        // Two quotes inside quotes stand for one.
        cell += "\""
        isQuoted = true
      case "\"" where cell.isEmpty: isQuoted = true
      case "," where !isQuoted:
        cells.append(cell)
        (cell, wasQuoted) = ("", false)
      case _ where character.isNewline && !isQuoted:
        endRecord()
        first = line
      default: cell.append(character)
      }
    }
    guard !isQuoted else { throw CommandError(.invalidInput, "\(path): line \(first) has a quote that does not end") }
    endRecord()
    return records
  }
}
