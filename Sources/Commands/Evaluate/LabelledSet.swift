import Vision

/// The labelled pictures of a folder: what to run, and what is true of each.
struct LabelledSet {
  /// What is true of a picture.
  enum Truth {
    /// Its class.
    case label(Int)
    /// The file of its label map.
    case map(String)
  }

  /// A picture and its truth.
  struct Item {
    let path: String
    let truth: Truth
  }

  /// The pictures in the order of their names.
  private(set) var items: [Item] = []
  /// Pictures that can't be scored.
  private(set) var failures: [InputList.Failure] = []

  /// Lists a folder with a sub-folder for each class, named as a label of the card, upper and lower case alike.
  ///
  /// - Throws: An error that names the sub-folders and labels that do not fit.
  init(classesIn folder: String, labels: [String]) throws(CommandError) {
    guard !labels.isEmpty else {
      throw CommandError(
        .invalidInput, "\(folder): the model's card names no labels, so the sub-folders can't be told apart")
    }
    let folders = try Self.names(folder).filter { InputList.isFolder(InputList.join(folder, $0)) }
    guard !folders.isEmpty else {
      throw CommandError(
        .invalidInput,
        "\(folder): expected a sub-folder for each class (\(labels.joined(separator: ", "))), found no sub-folder")
    }
    for name in folders {
      guard let label = labels.firstIndex(where: { $0.lowercased() == name.lowercased() }) else {
        throw CommandError(
          .invalidInput,
          "\(folder): sub-folder '\(name.printable)' is none of the card's labels: \(labels.joined(separator: ", "))")
      }
      let path = InputList.join(folder, name)
      for file in try Self.names(path) where InputFile.hasKnownExtension(file) {
        items.append(Item(path: InputList.join(path, file), truth: .label(label)))
      }
    }
    try Self.checkNotEmpty(items, folder)
  }

  /// Pairs the pictures of a folder with the label maps of another that have the same names up to the extension.
  ///
  /// - Throws: An error where either folder can't be read or there is nothing to run.
  init(picturesIn pictures: String, mapsIn maps: String) throws(CommandError) {
    var mapOfName: [String: String] = [:]
    for file in try Self.names(maps) where InputFile.hasKnownExtension(file) {
      let path = InputList.join(maps, file)
      if let other = mapOfName.updateValue(path, forKey: InputList.stem(file)) {
        throw CommandError(.invalidInput, "\(other) and \(path) are label maps of the same picture; remove one")
      }
    }
    var files: [String] = []
    for file in try Self.names(pictures) where InputFile.hasKnownExtension(file) {
      let path = InputList.join(pictures, file)
      files.append(path)
      if let map = mapOfName.removeValue(forKey: InputList.stem(file)) {
        items.append(Item(path: path, truth: .map(map)))
      } else {
        failures.append(.init(path: path, message: "has no label map in \(maps)"))
      }
    }
    for map in mapOfName.values.sorted() { failures.append(.init(path: map, message: "has no picture in \(pictures)")) }
    if files.isEmpty { try Self.checkNotEmpty([], pictures) }
  }

  private static func names(_ folder: String) throws(CommandError) -> [String] {
    guard InputList.isFolder(folder) else {
      throw CommandError(
        .invalidInput, "\(folder): \(FileContent.exists(folder) ? "is no folder" : "there is no such folder")")
    }
    do throws(CommandError) {
      return try InputList.names(in: folder)
    } catch {
      throw CommandError(error.code, "\(folder): \(error.message)")
    }
  }

  private static func checkNotEmpty(_ items: [Item], _ folder: String) throws(CommandError) {
    guard items.isEmpty else { return }
    throw CommandError(.invalidInput, "\(folder): the folder holds no JPEG, PNG or NPY file to score")
  }
}
