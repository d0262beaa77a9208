import Glibc
import Vision

/// The folder that takes the results: each file appears whole or not at all.
struct OutputFolder {
  let path: String

  /// Makes the folder where it is missing.
  init(_ path: String) throws(CommandError) {
    self.path = path
    var made = ""
    for part in path.split(separator: "/", omittingEmptySubsequences: false) {
      made += part + "/"
      // Any mode: the user's mask decides. A part that is there may belong to somebody else, which is no failure.
      let failure = mkdir(made, 0o777) == 0 ? 0 : errno
      guard failure != 0, failure != EEXIST, !InputList.isFolder(made) else { continue }
      throw CommandError(
        .invalidInput, "\(path): the output folder cannot be made: \(String(cString: strerror(failure)))")
    }
    guard InputList.isFolder(path) else {
      throw CommandError(.invalidInput, "\(path): the output folder is there and is no folder")
    }
  }

  /// The names under which the results of some inputs are written: without extension, where that tells them apart.
  ///
  /// - Throws: An error of usage for two inputs of the same name.
  static func names(for files: [String]) throws(CommandError) -> [String: String] {
    let stems = Dictionary(grouping: files, by: InputList.stem)
    var names: [String: String] = [:]
    var owners: [String: String] = [:]
    for file in files where names[file] == nil {
      let name = stems[InputList.stem(file)]?.count == 1 ? InputList.stem(file) : InputList.fileName(file)
      if let other = owners.updateValue(file, forKey: name) {
        throw CommandError(
          .usage, "\(other) and \(file) would be written under the same name; run them into folders of their own")
      }
      names[file] = name
    }
    return names
  }
}
