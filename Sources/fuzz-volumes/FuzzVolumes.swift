import Vision

/// Gives one input of the fuzzer to the reader of volumes, and does with it what running a model does.
///
/// Errors are answers; a trap, a read outside the input, an endless loop or a label map that can't be read again is a find.
func fuzzVolumes(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let bytes = [UInt8](UnsafeBufferPointer(start: start, count: count))
  attempt { () throws(VisionError) in try use(Volume(decoding: bytes)) }
  // The same bytes as the voxels of a header that stands alone.
  attempt { () throws(VisionError) in try use(Volume(decoding: Array(bytes.prefix(348)), image: bytes)) }
  return 0
}

private func use(_ volume: Volume) throws(VisionError) {
  attempt { () throws(VisionError) in _ = try volume.labels() }
  precondition(!volume.geometry.text.isEmpty && !volume.summary.isEmpty, "a volume without words")
  for (rows, columns) in [("P", "L"), ("A", "S"), ("I", "R")] {
    attempt { () throws(VisionError) in
      guard let rows = VolumeGeometry.Direction(rawValue: rows),
        let columns = VolumeGeometry.Direction(rawValue: columns)
      else { preconditionFailure("a direction of our own is none") }
      try cut(volume, SlicePlan.Orientation(rows: rows, columns: columns))
    }
  }
  try cut(volume, nil)
}

private func cut(_ volume: Volume, _ orientation: SlicePlan.Orientation?) throws(VisionError) {
  let plan = try SlicePlan(volume, orientation: orientation)
  precondition(plan.width * plan.height * plan.count == volume.voxelCount, "slices that miss voxels")
  var labels = LabelVolume(like: volume)
  let voxels = plan.voxels(ofSlice: plan.count - 1)
  labels.set(
    voxels,
    to: LabelMap(width: plan.width, height: plan.height, labels: [UInt8](repeating: 7, count: voxels.count)))
  let again = reread(labels.encoded(description: "the fuzzer"))
  precondition(again.extents == volume.extents, "a label map of another shape")
  precondition(
    again.geometry.text == volume.geometry.text, "a label map in another place")
  _ = try volume.values(of: voxels)
}

private func reread(_ bytes: [UInt8]) -> Volume {
  do throws(VisionError) {
    return try Volume(decoding: bytes)
  } catch {
    preconditionFailure("a label map that we wrote can't be read: \(error)")
  }
}

private func attempt(_ body: () throws(VisionError) -> Void) {
  do throws(VisionError) {
    try body()
  } catch {
    precondition(!error.description.isEmpty, "an error without words")
  }
}
