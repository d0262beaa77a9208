import Foundation
import TestSupport
import Vision

/// NIfTI files made byte by byte, as the standard's headers nifti1.h and nifti2.h lay them out.
struct VolumeSample {
  var version = 1
  var isBigEndian = false
  var magic: [UInt8]?
  var dimensions = [3, 4, 3, 2, 1, 1, 1, 1]
  var datatype = 4
  var bitsPerVoxel = 16
  var steps: [Double] = [1, 2, 3, 4, 0, 0, 0, 0]
  var voxelOffset: Double?
  var scaling = (slope: 0.0, intercept: 0.0)
  var intent = 0
  var rotationCode = 0
  var matrixCode = 0
  var quaternion = [0.0, 0, 0]
  var offset = [0.0, 0, 0]
  var matrix: [Double] = [2, 0, 0, -10, 0, 3, 0, -20, 0, 0, 4, -30]
  var units = 2
  /// Goes to every byte that no field here covers, so that a test sees what is carried on.
  var filler: UInt8 = 0
  /// Stands between the header and the voxels.
  var extensions: [UInt8] = [0, 0, 0, 0]
  var voxels: [UInt8] = []

  /// The header alone.
  var header: [UInt8] {
    var bytes = [UInt8](repeating: filler, count: version == 1 ? 348 : 540)
    func put(_ offset: Int, _ count: Int, _ bits: UInt64) {
      for byte in 0..<count {
        bytes[offset + byte] = UInt8(truncatingIfNeeded: bits >> UInt64(8 * (isBigEndian ? count - 1 - byte : byte)))
      }
    }
    func integer(_ offset: Int, _ count: Int, _ value: Int) { put(offset, count, UInt64(bitPattern: Int64(value))) }
    func number(_ offset: Int, _ value: Double) {
      if version == 1 { put(offset, 4, UInt64(Float(value).bitPattern)) } else { put(offset, 8, value.bitPattern) }
    }
    let isOne = version == 1
    let size = isOne ? 4 : 8
    integer(0, 4, bytes.count)
    let end: [UInt8] = isOne ? [0] : [0, 0x0D, 0x0A, 0x1A, 0x0A]
    for (index, byte) in (magic ?? Array("n+\(version)".utf8) + end).enumerated() {
      bytes[(isOne ? 344 : 4) + index] = byte
    }
    for (index, extent) in dimensions.enumerated() {
      integer((isOne ? 40 : 16) + index * (isOne ? 2 : 8), isOne ? 2 : 8, extent)
    }
    integer(isOne ? 70 : 12, 2, datatype)
    integer(isOne ? 72 : 14, 2, bitsPerVoxel)
    for (index, step) in steps.enumerated() { number((isOne ? 76 : 104) + index * size, step) }
    let start = voxelOffset ?? Double(bytes.count + extensions.count)
    if isOne { number(108, start) } else { integer(168, 8, Int(exactly: start) ?? -1) }
    number(isOne ? 112 : 176, scaling.slope)
    number(isOne ? 116 : 184, scaling.intercept)
    integer(isOne ? 68 : 504, isOne ? 2 : 4, intent)
    integer(isOne ? 252 : 344, isOne ? 2 : 4, rotationCode)
    integer(isOne ? 254 : 348, isOne ? 2 : 4, matrixCode)
    for index in 0..<3 {
      number((isOne ? 256 : 352) + index * size, quaternion[index])
      number((isOne ? 268 : 376) + index * size, offset[index])
    }
    for (index, value) in matrix.enumerated() { number((isOne ? 280 : 400) + index * size, value) }
    integer(isOne ? 123 : 500, isOne ? 1 : 4, units)
    return bytes
  }

  /// The whole file.
  var file: [UInt8] { header + extensions + voxels }

  /// The bytes of numbers in this sample's byte order.
  func bytes<T: FixedWidthInteger>(_ values: [T]) -> [UInt8] {
    values.flatMap { value in
      (0..<T.bitWidth / 8).map { byte in
        UInt8(truncatingIfNeeded: value >> T(8 * (isBigEndian ? T.bitWidth / 8 - 1 - byte : byte)))
      }
    }
  }

  /// A volume of int16 whose voxels are counted up from 0, in either version and byte order.
  static func counted(version: Int = 1, isBigEndian: Bool = false, extents: [Int] = [4, 3, 2]) -> VolumeSample {
    var sample = VolumeSample(version: version, isBigEndian: isBigEndian)
    sample.dimensions = [extents.count] + extents + [Int](repeating: 1, count: 7 - extents.count)
    sample.voxels = sample.bytes((0..<extents.reduce(1, *)).map { Int16($0) })
    return sample
  }
}

/// What the fuzzer of volumes starts from.
enum VolumeSeeds {
  static let folder = Repository.root.appendingPathComponent("Tests/Fixtures/volumes-corpus")

  /// All seeds by name.
  static func all() throws -> [(name: String, bytes: [UInt8])] {
    var scaled = VolumeSample.counted(version: 2, isBigEndian: true)
    scaled.scaling = (0.5, -3)
    (scaled.rotationCode, scaled.quaternion) = (1, [0, 0, 1])
    var colors = VolumeSample()
    (colors.datatype, colors.bitsPerVoxel, colors.matrixCode) = (128, 24, 1)
    colors.voxels = (0..<72).map { UInt8($0) }
    var floats = VolumeSample.counted()
    (floats.datatype, floats.bitsPerVoxel) = (16, 32)
    floats.voxels = floats.bytes((0..<24).map { Float($0).bitPattern } as [UInt32])
    var extended = VolumeSample.counted(extents: [2, 2, 2, 3])
    extended.extensions = [1, 0, 0, 0, 16, 0, 0, 0, 4, 0, 0, 0] + Array("comment.".utf8)
    var pair = VolumeSample.counted()
    (pair.magic, pair.extensions, pair.voxelOffset) = (Array("ni1\0".utf8), [], 0)
    let packed = try gzip(VolumeSample.counted().file)
    return [
      ("one", VolumeSample.counted().file), ("two-big-endian-scaled", scaled.file), ("colours", colors.file),
      ("floats", floats.file), ("four-axes-extension", extended.file), ("pair-header", pair.file), ("packed", packed),
    ]
  }

  /// Packs a file with the system's gzip, so that our own packing is not its own judge.
  static func gzip(_ bytes: [UInt8]) throws -> [UInt8] {
    try TemporaryFolder.with { folder in
      let file = folder.appendingPathComponent("file")
      try Data(bytes).write(to: file)
      let process = Process()
      process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
      process.arguments = ["gzip", "-n", file.path]
      try process.run()
      process.waitUntilExit()
      return try [UInt8](Data(contentsOf: file.appendingPathExtension("gz")))
    }
  }
}
