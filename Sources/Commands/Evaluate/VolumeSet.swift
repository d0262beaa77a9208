import Vision

/// Volumes with their label volumes.
struct VolumeSet {
  /// A case and the file of its labels.
  struct Item: Equatable {
    let volumes: VolumeCase
    let labels: String
  }

  private(set) var items: [Item] = []
  /// Files that can't be scored.
  private(set) var failures: [InputList.Failure] = []

  /// Pairs the volumes of a folder with the label volumes of another: `CASE.nii.gz` with `CASE_0000.nii.gz` or `CASE.nii.gz`.
  ///
  /// - Parameter channels: Channels of the model's input.
  init(volumesIn folder: String, labelsIn labels: String, channels: Int) throws(CommandError) {
    var labelsOfName: [String: String] = [:]
    for file in try LabelledSet.names(labels) where Volume.hasKnownExtension(file) {
      let path = InputList.join(labels, file)
      if let other = labelsOfName.updateValue(path, forKey: VolumeCase.stem(file)) {
        throw CommandError(.invalidInput, "\(other) and \(path) are labels of the same volume; remove one")
      }
    }
    let files = try LabelledSet.names(folder).filter(Volume.hasKnownExtension)
    let (cases, incomplete) = VolumeCase.group(files.map { InputList.join(folder, $0) }, channels: channels)
    failures = incomplete
    for one in cases {
      if let path = labelsOfName.removeValue(forKey: one.name) {
        items.append(Item(volumes: one, labels: path))
      } else {
        failures.append(.init(path: one.paths[0], message: "has no labels \(one.name).nii or .nii.gz in \(labels)"))
      }
    }
    for path in labelsOfName.values.sorted() {
      failures.append(.init(path: path, message: "has no volume in \(folder)"))
    }
  }

  /// Takes the volumes of a list.
  init(_ index: LabelledIndex) {
    items = index.rows.map {
      Item(volumes: VolumeCase(name: VolumeCase.stem($0.inputs[0]), paths: $0.inputs), labels: $0.truthPath)
    }
  }
}
