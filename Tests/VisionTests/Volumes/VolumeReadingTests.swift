import Foundation
import TestSupport
import Tensors
import Testing
import Vision

@Suite struct VolumeReadingTests {
  static let forms: [(version: Int, isBigEndian: Bool)] = [(1, false), (1, true), (2, false), (2, true)]

  @Test("reads both versions in both byte orders, packed and not", arguments: forms)
  func bothVersions(version: Int, isBigEndian: Bool) throws {
    let sample = VolumeSample.counted(version: version, isBigEndian: isBigEndian)
    for file in [sample.file, try VolumeSeeds.gzip(sample.file)] {
      let volume = try Volume(decoding: file)
      #expect(volume.header.version == version && volume.header.isBigEndian == isBigEndian)
      #expect(volume.extents == [4, 3, 2] && volume.channelCount == 1 && volume.trailingByteCount == 0)
      #expect(try volume.values(of: Array(0..<24)) == (0..<24).map { Float($0) })
    }
  }

  @Test("reads gzip data of several members as one, wherever they are parted")
  func members() throws {
    let file = VolumeSample.counted().file
    let nothing = try VolumeSeeds.gzip([])
    for part in [1, 200, file.count - 5] {
      let joined = try VolumeSeeds.gzip(Array(file[..<part])) + nothing + VolumeSeeds.gzip(Array(file[part...]))
      let volume = try Volume(decoding: joined)
      #expect(try volume.values(of: Array(0..<24)) == (0..<24).map { Float($0) }, "parted at \(part)")
      #expect(volume.trailingByteCount == 0)
    }
  }

  /// Code, bits, the stored voxels in little endian, what they mean.
  static let types: [(code: Int, bits: Int, bytes: [UInt8], value: Float)] = [
    (2, 8, [200], 200), (256, 8, [0x80], -128), (4, 16, [0xFE, 0xFF], -2), (512, 16, [0xFE, 0xFF], 65534),
    (8, 32, [0xFF, 0xFF, 0xFF, 0xFF], -1), (768, 32, [0, 0, 0, 0x80], 0x1p31),
    (1024, 64, [0xFD, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF], -3), (1280, 64, [0, 0, 0, 0, 0, 0, 0, 0x80], 0x1p63),
    (16, 32, [0, 0, 0x20, 0xC0], -2.5), (64, 64, [0, 0, 0, 0, 0, 0, 4, 0x40], 2.5),
  ]

  @Test("reads every type of real numbers", arguments: types)
  func everyType(code: Int, bits: Int, bytes: [UInt8], value: Float) throws {
    for isBigEndian in [false, true] {
      var sample = VolumeSample(isBigEndian: isBigEndian)
      (sample.datatype, sample.bitsPerVoxel, sample.dimensions) = (code, bits, [1, 1, 1, 1, 1, 1, 1, 1])
      sample.voxels = isBigEndian ? bytes.reversed() : bytes
      #expect(
        try Volume(decoding: sample.file).values(of: [0]) == [value], "datatype \(code), big endian \(isBigEndian)")
      sample.scaling = (-0.5, 10)
      #expect(try Volume(decoding: sample.file).values(of: [0]) == [Float(Double(value) * -0.5 + 10)])
    }
  }

  @Test("takes a slope of 0, NaN or infinity as no scaling")
  func noScaling() throws {
    for slope in [0, Double.nan, .infinity] {
      var sample = VolumeSample.counted()
      sample.scaling = (slope, 7)
      #expect(try Volume(decoding: sample.file).values(of: [5]) == [5])
    }
    var sample = VolumeSample.counted()
    sample.scaling = (2, .nan)
    expectError(.damaged, containing: "field `scl_inter` nan, expected a finite number") {
      try Volume(decoding: sample.file)
    }
  }

  @Test("gives colours and further volumes as channels")
  func channels() throws {
    var colors = VolumeSample()
    (colors.datatype, colors.bitsPerVoxel, colors.dimensions) = (128, 24, [4, 2, 1, 1, 2, 1, 1, 1])
    // Two volumes of two voxels of red, green and blue.
    colors.voxels = (0..<12).map { UInt8($0) }
    colors.scaling = (2, 0)
    let volume = try Volume(decoding: colors.file)
    #expect(volume.channelCount == 6)
    #expect(try volume.values(of: [1, 0]) == [3, 4, 5, 9, 10, 11, 0, 1, 2, 6, 7, 8])
    let series = try Volume(decoding: VolumeSample.counted(extents: [2, 1, 1, 3]).file)
    #expect(try series.channelCount == 3 && series.values(of: [1]) == [1, 3, 5])
    var complex = VolumeSample()
    (complex.datatype, complex.dimensions, complex.voxels) = (
      32, [1, 1, 1, 1, 1, 1, 1, 1], [UInt8](repeating: 0, count: 8)
    )
    expectError(.unsupported, containing: "complex numbers (NIfTI field `datatype` 32)") {
      try Volume(decoding: complex.file).values(of: [0])
    }
  }

  @Test("reads a pair of header and voxels, packed or not, by either name")
  func pair() throws {
    try TemporaryFolder.with { folder in
      var sample = VolumeSample.counted()
      (sample.magic, sample.voxelOffset) = (Array("ni1\0".utf8), 0)
      let stem = folder.appendingPathComponent("a").path
      try Data(sample.header).write(to: URL(fileURLWithPath: "\(stem).hdr"))
      expectError(.cannotRead, containing: "\(stem).hdr: is the header of a pair, and there is neither \(stem).img nor")
      {
        try Volume(contentsOf: "\(stem).hdr")
      }
      try Data(VolumeSeeds.gzip(sample.voxels)).write(to: URL(fileURLWithPath: "\(stem).img.gz"))
      for name in ["\(stem).hdr", "\(stem).img.gz"] {
        #expect(try Volume(contentsOf: name).values(of: [23]) == [23], "\(name)")
      }
      try Data(sample.voxels.dropLast()).write(to: URL(fileURLWithPath: "\(stem).img"))
      expectError(.damaged, containing: "\(stem).img: is cut off") { try Volume(contentsOf: "\(stem).hdr") }
      expectError(.cannotRead, containing: "b.img: holds voxels without a header") {
        try Volume(contentsOf: folder.appendingPathComponent("b.img").path)
      }
    }
  }

  @Test("leaves out extensions, and counts bytes behind the voxels")
  func extensions() throws {
    var sample = VolumeSample.counted()
    sample.extensions = [1, 0, 0, 0, 16, 0, 0, 0, 4, 0, 0, 0] + Array("patients".utf8)
    sample.voxels += [1, 2, 3]
    for file in [sample.file, try VolumeSeeds.gzip(sample.file)] {
      let volume = try Volume(decoding: file)
      #expect(try volume.values(of: [23]) == [23] && volume.trailingByteCount == 3)
      let map = LabelVolume(like: volume).encoded(description: "")
      #expect(!String(decoding: map, as: UTF8.self).contains("patients"))
    }
  }

  @Test("knows volumes by their names")
  func names() {
    #expect(["a.nii", "b.NII.GZ", "c.hdr", "d.hdr.gz"].allSatisfy(Volume.hasKnownExtension))
    #expect(!["a.img", "b.img.gz", "c.gz", "d.png", "nii"].contains(where: Volume.hasKnownExtension))
    #expect(
      Volume.stem("x/case.1.nii.gz") == "x/case.1" && Volume.stem("y.Hdr") == "y" && Volume.stem("z.png") == "z.png")
  }
}

@Suite struct BadVolumeTests {
  /// What is wrong, a change of a good file's header, the code and the words.
  static let lies: [(change: @Sendable (inout VolumeSample) -> Void, code: VisionError.Code, words: String)] = [
    ({ $0.dimensions[0] = 0 }, .damaged, "field `dim[0]` 0, expected 1 to 7 axes"),
    ({ $0.dimensions[0] = 8 }, .damaged, "field `dim[0]` 8, expected 1 to 7 axes"),
    ({ $0.dimensions[2] = -3 }, .damaged, "field `dim[2]` -3, expected 1 or more"),
    ({ $0.dimensions[3] = 0 }, .damaged, "field `dim[3]` 0, expected 1 or more"),
    ({ $0.dimensions = [7] + [Int](repeating: 32767, count: 7) }, .tooLarge, "[32767, 32767, 32767, 32767, 32767"),
    ({ $0.dimensions[3] = 3 }, .damaged, "ask for 424 bytes, found 400"),
    (
      { $0.datatype = 77 }, .unsupported,
      "field `datatype` 77 (none of the standard's types), expected one of 2 (uint8)"
    ),
    ({ $0.datatype = 1536 }, .unsupported, "field `datatype` 1536 (float128)"),
    ({ $0.datatype = 8 }, .damaged, "`datatype` 8 (int32) and `vox_offset` 352 ask for 448 bytes, found 400"),
    ({ $0.voxelOffset = 4 }, .damaged, "field `vox_offset` 4.0, expected a whole number from 352 on"),
    ({ $0.voxelOffset = .nan }, .damaged, "field `vox_offset` nan"),
    ({ $0.voxelOffset = 1e30 }, .damaged, "field `vox_offset` 1"),
    ({ $0.voxelOffset = 352.5 }, .damaged, "field `vox_offset` 352.5"),
    ({ $0.voxelOffset = 1e6 }, .damaged, "ask for 1000048 bytes, found 400"),
    (
      { $0.magic = [0, 0, 0, 0] }, .unknownFormat,
      "is an ANALYZE 7.5 header or damaged: field `magic` holds 00 00 00 00"
    ),
    (
      { $0.magic = Array("abcd".utf8) }, .unknownFormat, "is no NIfTI-1 file: field `magic` holds 61 62 63 64, expected"
    ),
    ({ $0.intent = 3001 }, .unsupported, "is a CIFTI matrix (NIfTI field `intent_code` 3001)"),
  ]

  @Test("names the field that lies, what it holds and what was expected", arguments: lies.indices)
  func lyingField(index: Int) throws {
    let lie = Self.lies[index]
    var sample = VolumeSample.counted()
    lie.change(&sample)
    expectError(lie.code, containing: lie.words) { try Volume(decoding: sample.file) }
    // Packed, the same is found.
    expectError(lie.code, containing: lie.words) { try Volume(decoding: VolumeSeeds.gzip(sample.file)) }
  }

  @Test("finds counts of voxels that overflow in the 64 bits of version 2")
  func overflow() {
    for extents in [[Int.max, 2, 1], [1 << 32, 1 << 32, 1], [1 << 31, 1, 2]] {
      var sample = VolumeSample(version: 2)
      sample.dimensions = [3] + extents + [1, 1, 1, 1]
      expectError(.tooLarge, containing: "field `dim` \(extents)") { try Volume(decoding: sample.file) }
    }
    var negative = VolumeSample(version: 2)
    negative.dimensions[1] = Int.min
    expectError(.damaged, containing: "`dim[1]` -9223372036854775808") { try Volume(decoding: negative.file) }
  }

  @Test("says what a file is that is no volume")
  func otherFiles() {
    let dicom =
      [0x5C, 1, 0, 0] + [UInt8](repeating: 0, count: 124) + Array("DICM".utf8) + [UInt8](repeating: 0, count: 300)
    let cases: [(bytes: [UInt8], words: String)] = [
      ([0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A], "it is a PNG file"), (dicom, "it is a DICOM file"),
      ([0, 0, 0, 1] + [UInt8](repeating: 0, count: 300), "FreeSurfer MGH"),
      ([], "it begins with nothing, the file is empty"),
      ([1, 2, 3], "it begins with 01 02 03"), ([0x5C, 1, 0, 0, 9], "is cut off in its NIfTI-1 header: 5 of 348 bytes"),
    ]
    for (bytes, words) in cases {
      expectError(bytes.count == 5 ? .damaged : .unknownFormat, containing: words) { try Volume(decoding: bytes) }
    }
  }

  @Test("finds gzip data that is cut off or damaged, wherever")
  func gzip() throws {
    let whole = try VolumeSeeds.gzip(VolumeSample.counted().file)
    for count in 2..<whole.count {
      #expect(throws: VisionError.self, "cut at \(count)") { try Volume(decoding: Array(whole[..<count])) }
    }
    expectError(.damaged, containing: "is cut off: its gzip data ends after") {
      try Volume(decoding: Array(whole.dropLast(1)))
    }
    var flipped = whole
    // The checksum stands eight bytes before the end.
    flipped[whole.count - 8] ^= 1
    expectError(.damaged, containing: "has damaged gzip data (incorrect data check)") { try Volume(decoding: flipped) }
  }

  @Test("refuses labels that are none, naming the voxel")
  func labels() throws {
    var sample = VolumeSample.counted()
    sample.voxels = sample.bytes((0..<24).map { Int16($0 == 17 ? 300 : $0) })
    expectError(.mismatch, containing: "voxel (1, 1, 1) holds 300.0, expected a whole number from 0 to 255") {
      try Volume(decoding: sample.file).labels()
    }
    sample.scaling = (0.5, 0)
    expectError(.mismatch, containing: "voxel (1, 0, 0) holds 0.5") { try Volume(decoding: sample.file).labels() }
    expectError(.mismatch, containing: "holds 3 numbers at each place") {
      try Volume(decoding: VolumeSample.counted(extents: [2, 1, 1, 3]).file).labels()
    }
    sample.scaling = (2, 4)
    sample.voxels = sample.bytes((0..<24).map { Int16($0) })
    #expect(try Volume(decoding: sample.file).labels() == (0..<24).map { UInt8(2 * $0 + 4) })
  }

  @Test("flipped bits give an error or another good volume, never a crash")
  func bitFlips() throws {
    let seed: UInt64 = 20_261_121
    var random = SeededGenerator(seed: seed)
    var errors = 0
    for (_, original) in try VolumeSeeds.all() {
      for bit in 0..<original.count * 8 {
        var bytes = original
        bytes[bit / 8] ^= 1 << (bit % 8)
        errors += outcome(of: bytes)
      }
      for _ in 0..<2000 {
        var bytes = original
        for _ in 0..<Int.random(in: 2...8, using: &random) {
          bytes[Int.random(in: bytes.indices, using: &random)] = UInt8.random(in: 0...255, using: &random)
        }
        errors += outcome(of: bytes)
      }
    }
    #expect(errors > 1000, "seed \(seed)")
  }

  @Test("the fuzzer's corpus, with every input that ever made it stop, reads or fails in order")
  func corpus() throws {
    let files = try FileManager.default.contentsOfDirectory(at: VolumeSeeds.folder, includingPropertiesForKeys: nil)
    #expect(try files.count >= VolumeSeeds.all().count)
    for file in files { _ = outcome(of: [UInt8](try Data(contentsOf: file))) }
  }

  @Test("the fuzzer's seeds are what the tests build; DPU_UPDATE_FIXTURES writes them")
  func seeds() throws {
    for (name, bytes) in try VolumeSeeds.all() {
      let file = VolumeSeeds.folder.appendingPathComponent("seed-\(name)")
      if ProcessInfo.processInfo.environment["DPU_UPDATE_FIXTURES"] != nil {
        try FileManager.default.createDirectory(at: VolumeSeeds.folder, withIntermediateDirectories: true)
        try Data(bytes).write(to: file)
      }
      // What gzip writes depends on its version: the seed is compared by what it holds.
      let found = try [UInt8](Data(contentsOf: file))
      guard name == "packed" else {
        #expect(found == bytes, "\(name)")
        continue
      }
      let labels = try Volume(decoding: found).labels()
      #expect(try Volume(decoding: bytes).labels() == labels)
    }
  }

  /// Does with bytes what the fuzzer does.
  ///
  /// - Returns: 1 for an error, 0 for a good volume.
  private func outcome(of bytes: [UInt8]) -> Int {
    do throws(VisionError) {
      let volume = try Volume(decoding: bytes)
      let plan = try SlicePlan(volume, orientation: nil)
      let map = LabelVolume(like: volume).encoded(description: "a test")
      let again = try Volume(decoding: map)
      if again.extents != volume.extents {
        Issue.record("a label map of \(volume.extents) came back as \(again.extents)")
      }
      if plan.count > 0, !volume.header.datatype.isComplex { _ = try volume.values(of: plan.voxels(ofSlice: 0)) }
      return 0
    } catch {
      #expect(!error.description.isEmpty)
      return 1
    }
  }
}
