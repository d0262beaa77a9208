import Vision

/// Where labelled data lies: a folder of one of several forms, or a list.
struct EvaluatedPlace {
  /// Volumes that are found, to be paired once the model's channels are known.
  struct Volumes {
    fileprivate enum Form {
      case folders(volumes: String, labels: String)
      case list(LabelledIndex)
    }

    fileprivate let form: Form

    /// Pairs the volumes with their labels.
    func read(channels: Int) throws(CommandError) -> VolumeSet {
      switch form {
      case .folders(let volumes, let labels):
        try VolumeSet(volumesIn: volumes, labelsIn: labels, channels: channels)
      case .list(let index): VolumeSet(index)
      }
    }
  }

  private let path: String
  private let labels: String?

  /// Takes a place as the user names it.
  ///
  /// - Parameter labels: The folder of the labels, where it is given.
  init(_ path: String, labels: String?) {
    self.path = path
    self.labels = labels
  }

  private var isList: Bool { !InputList.isFolder(path) && FileContent.exists(path) }

  /// The volumes of the place, `nil` where it holds none.
  ///
  /// - Throws: An error where it holds pictures too.
  func volumes(for loaded: LoadedModel) throws(CommandError) -> Volumes? {
    if isList {
      let index = try LabelledIndex(contentsOf: path)
      let isVolume = index.rows.flatMap(\.inputs).map(Volume.hasKnownExtension)
      guard isVolume.contains(true) else { return nil }
      guard !isVolume.contains(false) else { throw mixed(path) }
      return Volumes(form: .list(index))
    }
    guard loaded.task == .segmentation, InputList.isFolder(path) else { return nil }
    let inputs = part("volumes", "images", "imagesTr", "imagesTs", "pictures") ?? path
    let names = try LabelledSet.names(inputs)
    guard names.contains(where: Volume.hasKnownExtension) else { return nil }
    guard !names.contains(where: InputFile.hasKnownExtension) else { throw mixed(inputs) }
    // nnU-Net's folders come in pairs.
    let partner = inputs.hasSuffix("imagesTr") ? "labelsTr" : inputs.hasSuffix("imagesTs") ? "labelsTs" : "labels"
    return Volumes(form: .folders(volumes: inputs, labels: labels ?? InputList.join(path, partner)))
  }

  /// The pictures and arrays of the place.
  func pictures(for loaded: LoadedModel) throws(CommandError) -> LabelledSet {
    if loaded.task == .tensors, loaded.session.outputs.count != 1 || loaded.feeders.count != 1 {
      throw CommandError(
        .invalidInput,
        "\(loaded.path): has \(loaded.feeders.count) inputs and \(loaded.session.outputs.count) outputs; only models of "
          + "one input and one output can be scored")
    }
    let names = loaded.card?.card.labels ?? []
    if isList { return try LabelledSet(LabelledIndex(contentsOf: path), path, task: loaded.task, labels: names) }
    switch loaded.task {
    case .classification: return try LabelledSet(classesIn: path, labels: names)
    case .segmentation:
      return try LabelledSet(
        picturesIn: part("pictures") ?? path, mapsIn: labels ?? InputList.join(path, "labels"))
    case .tensors:
      return try LabelledSet(
        inputsIn: part("inputs", "pictures") ?? path, targetsIn: labels ?? InputList.join(path, "targets"))
    }
  }

  private func part(_ names: String...) -> String? {
    names.map { InputList.join(path, $0) }.first(where: InputList.isFolder)
  }

  private func mixed(_ place: String) -> CommandError {
    CommandError(.invalidInput, "\(place): holds volumes and pictures; score them apart")
  }
}
