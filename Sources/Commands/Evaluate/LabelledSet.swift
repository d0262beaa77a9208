import Vision

/// The labelled pictures of a folder: what to run, and what is true of each.
struct LabelledSet {
  /// What is true of a picture.
  enum Truth {
    /// Its class.
    case label(Int)
    /// The file of its label map.
    case map(String)
    /// The file of the numbers that the model should give.
    case target(String)
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
    try pair(pictures, with: maps, of: ("picture", "label map"), where: InputFile.hasKnownExtension, Truth.map)
  }

  /// Pairs the inputs of a folder with the target arrays of another that have the same names up to the extension.
  ///
  /// - Throws: An error where either folder can't be read or there is nothing to run.
  init(inputsIn inputs: String, targetsIn targets: String) throws(CommandError) {
    try pair(inputs, with: targets, of: ("input", "target"), where: { $0.lowercased().hasSuffix(".npy") }, Truth.target)
  }

  private mutating func pair(
    _ inputs: String, with truths: String, of kinds: (input: String, truth: String), where isTruth: (String) -> Bool,
    _ make: (String) -> Truth
  ) throws(CommandError) {
    var truthOfName: [String: String] = [:]
    for file in try Self.names(truths) where isTruth(file) {
      let path = InputList.join(truths, file)
      if let other = truthOfName.updateValue(path, forKey: InputList.stem(file)) {
        throw CommandError(
          .invalidInput, "\(other) and \(path) are \(kinds.truth)s of the same \(kinds.input); remove one")
      }
    }
    var files: [String] = []
    for file in try Self.names(inputs) where InputFile.hasKnownExtension(file) {
      let path = InputList.join(inputs, file)
      files.append(path)
      if let truth = truthOfName.removeValue(forKey: InputList.stem(file)) {
        items.append(Item(path: path, truth: make(truth)))
      } else {
        failures.append(.init(path: path, message: "has no \(kinds.truth) in \(truths)"))
      }
    }
    for truth in truthOfName.values.sorted() {
      failures.append(.init(path: truth, message: "has no \(kinds.input) in \(inputs)"))
    }
    if files.isEmpty { try Self.checkNotEmpty([], inputs) }
  }

  /// Takes the pictures of a list, each with a class, a label map or a target.
  ///
  /// - Parameters:
  ///   - path: The list's own file.
  ///   - labels: The labels of the card; a class may be given by its number too.
  init(_ index: LabelledIndex, _ path: String, task: LoadedModel.Task, labels: [String]) throws(CommandError) {
    for row in index.rows {
      guard row.inputs.count == 1 else {
        throw CommandError(
          .invalidInput, "\(path): names \(row.inputs.count) files to run on each line, expected one and its label")
      }
      let truth: Truth
      switch task {
      case .segmentation: truth = .map(row.truthPath)
      case .tensors: truth = .target(row.truthPath)
      case .classification:
        let number = Int(row.truth).flatMap { labels.indices.contains($0) ? $0 : nil }
        guard let label = labels.firstIndex(where: { $0.lowercased() == row.truth.lowercased() }) ?? number else {
          failures.append(
            .init(
              path: row.inputs[0],
              message: "has the label '\(row.truth.printable)', none of the card's: \(labels.joined(separator: ", "))"))
          continue
        }
        truth = .label(label)
      }
      items.append(Item(path: row.inputs[0], truth: truth))
    }
  }

  /// The names in a folder.
  ///
  /// - Throws: An error that names the folder.
  static func names(_ folder: String) throws(CommandError) -> [String] {
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
