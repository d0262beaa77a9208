extension Volume {
  /// What the voxels of a slice mean, scaled as the header says.
  ///
  /// - Parameter voxels: Numbers of voxels in space, as a plan of slices gives them.
  /// - Shape: `[voxels, channels]` Float
  /// - Throws: `unsupported` for complex numbers.
  package func values(of voxels: [Int]) throws(VisionError) -> [Float] {
    guard !header.datatype.isComplex else {
      throw VisionError(
        .unsupported, "holds complex numbers (NIfTI field `datatype` \(header.datatype.rawValue)), expected real ones")
    }
    let channels = channelCount
    var values = [Float](repeating: 0, count: voxels.count * channels)
    let perVoxel = header.datatype.componentCount
    for channel in 0..<channels {
      // Colours stand side by side in a voxel, further volumes one behind the other.
      let first = (channel / perVoxel) * voxelCount * perVoxel + channel % perVoxel
      fill(&values, channel, channels, elements: { first + voxels[$0] * perVoxel }, voxels.count)
    }
    return values
  }

  /// The voxels as labels.
  ///
  /// - Shape: one for each voxel in space, the first axis fastest
  /// - Throws: `mismatch` for several channels, and for a voxel that is no whole number from 0 to 255, naming it.
  package func labels() throws(VisionError) -> [UInt8] {
    guard channelCount == 1 else {
      throw VisionError(
        .mismatch,
        "holds \(channelCount) numbers at each place, NIfTI field `dim` \(header.dimensions) of "
          + "\(header.datatype.name), expected one label")
    }
    if header.datatype == .uint8, header.scaling == nil { return bytes }
    let values = try values(of: Array(0..<voxelCount))
    var labels: [UInt8] = []
    labels.reserveCapacity(values.count)
    for (voxel, value) in values.enumerated() {
      guard let label = UInt8(exactly: value) else {
        let (x, y) = (voxel % extents[0], voxel / extents[0] % extents[1])
        throw VisionError(
          .mismatch,
          "is no label map: voxel (\(x), \(y), \(voxel / (extents[0] * extents[1]))) holds \(value), expected a whole"
            + " number from 0 to 255")
      }
      labels.append(label)
    }
    return labels
  }

  /// Converts one channel; the arithmetic is in double precision, as nibabel's.
  private func fill(
    _ values: inout [Float], _ channel: Int, _ channels: Int, elements: (Int) -> Int, _ count: Int
  ) {
    let (slope, intercept) = header.scaling ?? (1, 0)
    func convert<T: BitwiseCopyable>(_: T.Type, _ number: (T) -> Double) {
      bytes.withUnsafeBytes { bytes in
        for index in 0..<count {
          let offset = elements(index) * MemoryLayout<T>.size
          let value = number(bytes.loadUnaligned(fromByteOffset: offset, as: T.self))
          values[index * channels + channel] = Float(value * slope + intercept)
        }
      }
    }
    switch header.datatype.element {
    case .uint8, .bool: convert(UInt8.self) { Double($0) }
    case .int8: convert(Int8.self) { Double($0) }
    case .int16: convert(Int16.self) { Double($0) }
    case .uint16: convert(UInt16.self) { Double($0) }
    case .int32: convert(Int32.self) { Double($0) }
    case .uint32: convert(UInt32.self) { Double($0) }
    case .int64: convert(Int64.self) { Double($0) }
    case .uint64: convert(UInt64.self) { Double($0) }
    case .float16, .float32: convert(Float.self) { Double($0) }
    case .float64: convert(Double.self) { $0 }
    }
  }
}
