import Vision

/// The files of one scan: a volume, or one for each channel of the model's input.
struct VolumeCase: Equatable {
  /// The name that results get, without ending: `CASE` of `CASE_0000.nii.gz`.
  let name: String
  /// One file with all channels, or one for each, in the order of the channels.
  let paths: [String]

  /// The name of the label map: that of the volume, without the number of a channel; packed unless the volume is not.
  var fileName: String { name + (paths[0].lowercased().hasSuffix(".nii") ? ".nii" : ".nii.gz") }

  /// Groups files into cases.
  ///
  /// As nnU-Net has it, `CASE_0000`, `CASE_0001` and so on are the channels of one case, for instance modalities. A file
  /// without such a number is a case of its own, and so is each file where the model has one channel.
  ///
  /// - Returns: The cases in the order of their first files, and those that lack a channel.
  static func group(_ files: [String], channels: Int) -> (cases: [VolumeCase], failures: [InputList.Failure]) {
    guard channels > 1 else {
      let cases = files.map { file in
        let isFirst = numbered(file)?.number == 0
        return VolumeCase(name: isFirst ? numbered(file)?.name ?? stem(file) : stem(file), paths: [file])
      }
      return (cases, [])
    }
    var cases: [VolumeCase] = []
    var failures: [InputList.Failure] = []
    var places: [String: Int] = [:]
    var groups: [(name: String, files: [Int: String])] = []
    for file in files {
      guard let (name, number) = numbered(file) else {
        groups.append((stem(file), [0: file]))
        continue
      }
      let key = String(file.dropLast(InputList.fileName(file).count)) + name
      let place = places[key] ?? groups.count
      if place == groups.count {
        places[key] = place
        groups.append((name, [:]))
      }
      if let other = groups[place].files.updateValue(file, forKey: number) {
        failures.append(.init(path: file, message: "is the same channel as \(other); remove one"))
      }
    }
    for group in groups {
      let numbers = group.files.keys.sorted()
      let paths = numbers.compactMap { group.files[$0] }
      // A single file without number may hold all channels; reading it will tell.
      if numbers == Array(0..<channels) || numbered(paths[0]) == nil {
        cases.append(VolumeCase(name: group.name, paths: paths))
      } else {
        failures.append(
          .init(
            path: paths[0],
            message:
              "case \(group.name) has the channels \(numbers.map(String.init).joined(separator: ", ")), the model "
              + "takes \(group.name)_0000 to \(group.name)_\(digits(channels - 1))"))
      }
    }
    return (cases, failures)
  }

  /// The file's name without its folder and ending.
  static func stem(_ path: String) -> String { Volume.stem(InputList.fileName(path)) }

  /// Splits `CASE_0002` into the case and the number of the channel.
  static func numbered(_ path: String) -> (name: String, number: Int)? {
    let stem = stem(path)
    let tail = stem.suffix(5)
    guard stem.count > 5, tail.first == "_", tail.dropFirst().allSatisfy({ "0"..."9" ~= $0 }),
      let number = Int(tail.dropFirst())
    else { return nil }
    return (String(stem.dropLast(5)), number)
  }

  private static func digits(_ number: Int) -> String { String(String(10_000 + number).dropFirst()) }
}
