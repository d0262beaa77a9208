import Devices
import Inference
import Tensors
import Threads
import Vision

/// Runs a segmentation on volumes, slice by slice, and times each stage.
final class VolumeRunner {
  /// What a model says of a case.
  struct Prediction {
    let labels: LabelVolume
    let plan: SlicePlan
    let lost: ConversionReport
  }

  let loaded: LoadedModel
  /// The time of each stage so far.
  var times = StageTimes()
  private let preprocessor: Preprocessor
  private let job: SessionJob

  /// Counts the slices for those who look in, where there are such.
  var statistics: RunStatistics?

  /// Channels of the model's input.
  var channelCount: Int { preprocessor.frameShape[2] }

  /// Makes the buffers.
  ///
  /// - Throws: An error where the model or what is asked of it is not for volumes.
  init(_ loaded: LoadedModel) throws {
    func refuse(_ reason: String) -> CommandError {
      CommandError(.invalidInput, "\(loaded.path): runs on volumes are segmentations through a card; \(reason)")
    }
    guard loaded.task == .segmentation else {
      throw refuse("\(loaded.card == nil ? "there is no card" : "this one is for \(loaded.task.rawValue)")")
    }
    guard let card = loaded.card else { throw refuse("there is no card") }
    guard loaded.feeders.count == 1, case .fixedPoint(let preprocessor)? = loaded.feeders.first else {
      throw refuse("the model has \(loaded.feeders.count) inputs, or one that is not int8 (card \"\(card.card.name)\")")
    }
    self.loaded = loaded
    self.preprocessor = preprocessor
    job = try loaded.session.makeJob()
  }

  /// Reads the volumes of a case and checks that they lie at the same place.
  func read(_ one: VolumeCase) throws -> [Volume] {
    try times.measure(.decode) {
      let volumes = try one.paths.map { try Volume(contentsOf: $0) }
      for index in volumes.indices.dropFirst() {
        try volumes[index].checkGeometry(path: one.paths[index], agreesWith: volumes[0], of: one.paths[0])
      }
      let found = volumes.reduce(0) { $0 + $1.channelCount }
      guard found == channelCount else {
        let dimensions = volumes[0].header.dimensions
        throw VisionError(
          .mismatch,
          "holds \(found) number\(found == 1 ? "" : "s") at each place (NIfTI field `dim` \(dimensions), "
            + "\(volumes[0].header.datatype.name)), the model takes \(channelCount) channel\(channelCount == 1 ? "" : "s")"
            + (channelCount > 1 && found == 1 ? ": name the files CASE_0000, CASE_0001 and so on" : ""),
          path: one.paths[0])
      }
      return volumes
    }
  }

  /// Runs every slice of a case.
  ///
  /// - Parameters:
  ///   - willRun: Hears of each slice before it runs: its number and how many there are.
  ///   - didRun: Hears of each slice's voxels and labels.
  /// - Returns: `nil` where a signal came: a label map with holes helps nobody.
  func run(
    _ volumes: [Volume], _ one: VolumeCase, willRun: (Int, Int) -> Void = { _, _ in },
    didRun: ([Int], LabelMap) throws -> Void = { _, _ in }
  ) throws -> Prediction? {
    let plan: SlicePlan
    do throws(VisionError) {
      plan = try SlicePlan(volumes[0], orientation: loaded.card?.card.volumes)
    } catch {
      throw error.inFile(one.paths[0])
    }
    var labels = LabelVolume(like: volumes[0])
    var lost = ConversionReport()
    for slice in 0..<plan.count {
      if Interruption.exitCode != nil { return nil }
      willRun(slice, plan.count)
      let voxels = plan.voxels(ofSlice: slice)
      lost += try times.measure(.preprocess) { try fill(volumes, one, voxels, plan) }
      let begin = Moment.now
      try times.measure(.device) {
        do throws(DeviceError) { try job.run() } catch { throw error.during("slice \(slice + 1) of \(plan.count)") }
      }
      statistics?.frameEnded(latency: .now - begin)
      let map = try times.measure(.postprocess) {
        let map = try job.labelMap(ofOutput: 0, loaded.session.outputs[0])
          .resized(width: plan.width, height: plan.height)
        labels.set(voxels, to: map)
        return map
      }
      try didRun(voxels, map)
    }
    return Prediction(labels: labels, plan: plan, lost: lost)
  }

  private func fill(
    _ volumes: [Volume], _ one: VolumeCase, _ voxels: [Int], _ plan: SlicePlan
  ) throws -> ConversionReport {
    let parts = try zip(volumes, one.paths).map { volume, path throws(VisionError) in
      do throws(VisionError) {
        return try volume.values(of: voxels)
      } catch {
        throw error.inFile(path)
      }
    }
    // Channels side by side; each of several volumes holds one or more of them.
    let values =
      parts.count == 1
      ? parts[0]
      : voxels.indices.flatMap { pixel in
        parts.flatMap { part in
          let channels = part.count / voxels.count
          return part[pixel * channels..<(pixel + 1) * channels]
        }
      }
    let shape = Shape([plan.height, plan.width, channelCount])
    let report = job.withInput(0) { buffer in
      Result { () throws(VisionError) in
        try preprocessor.fill(buffer.bindMemory(to: Int8.self), fromSlice: values, shape: shape)
      }
    }
    do throws(VisionError) {
      return try report.get()
    } catch {
      throw error.inFile(one.paths[0])
    }
  }
}
