import TestSupport
import Testing
import Vision

@Suite struct VolumeGeometryTests {
  static func volume(_ change: (inout VolumeSample) -> Void) throws -> Volume {
    var sample = VolumeSample.counted()
    change(&sample)
    return try Volume(decoding: sample.file)
  }

  @Test("takes the matrix, else the rotation, else the steps")
  func sources() throws {
    let both = try Self.volume { ($0.matrixCode, $0.rotationCode) = (2, 1) }
    #expect(both.geometry.source == .matrix)
    #expect(both.geometry.matrix == [[2, 0, 0, -10], [0, 3, 0, -20], [0, 0, 4, -30]])
    // A quarter turn about the third axis: the first runs to the front, the second to the left.
    let half = 0.5.squareRoot()
    let turned = try Self.volume {
      ($0.rotationCode, $0.quaternion, $0.offset, $0.version) = (1, [0, 0, half], [5, 6, 7], 2)
      $0.voxels = $0.bytes((0..<24).map { Int16($0) })
      $0.steps[0] = -1
    }
    #expect(turned.geometry.source == .rotation)
    let expected = [[0.0, -3, 0, 5], [2, 0, 0, 6], [0, 0, -4, 7]]
    for (row, wanted) in zip(turned.geometry.matrix, expected) {
      for (value, want) in zip(row, wanted) { #expect(abs(value - want) < 1e-12) }
    }
    #expect(turned.geometry.directions == [.anterior, .left, .inferior])
    // Nothing is known but the steps: from the middle, the first axis to the left.
    let plain = try Self.volume { _ in }
    #expect(plain.geometry.source == .steps)
    #expect(plain.geometry.matrix == [[-2, 0, 0, 3], [0, 3, 0, -3], [0, 0, 4, -2]])
    #expect(plain.geometry.directions == [.left, .anterior, .superior])
  }

  @Test("takes half turns whose parts are rounded to a little more than 1")
  func halfTurn() throws {
    let turned = try Self.volume { ($0.rotationCode, $0.quaternion) = (1, [0, 1.0000001, 0]) }
    #expect(turned.geometry.directions == [.left, .anterior, .inferior])
    #expect(abs(turned.geometry.matrix[0][0] + 2) < 1e-6)
  }

  @Test("finds the nearest directions of oblique axes, no two the same")
  func oblique() throws {
    let volume = try Self.volume {
      $0.matrixCode = 1
      $0.matrix = [0.6, -0.7, 0.1, 0, -0.5, -0.6, 0.2, 0, 0.1, 0.3, -0.9, 0]
    }
    // The first axis is as much right as the second is left; together the sum is greatest so.
    #expect(
      volume.geometry.directions == [.right, .posterior, .inferior]
        || volume.geometry.directions == [.posterior, .left, .inferior])
    let flat = try Self.volume { ($0.matrixCode, $0.matrix) = (1, [Double](repeating: 0, count: 12)) }
    #expect(flat.geometry.directions == nil)
    expectError(.mismatch, containing: "gives its axes no direction; the card asks for rows to P and columns to L") {
      try SlicePlan(flat, orientation: SlicePlan.Orientation(rows: .posterior, columns: .left))
    }
  }

  @Test("compares places in millimetres, and says both where they differ")
  func agreement() throws {
    let one = try Self.volume { $0.matrixCode = 1 }
    let near = try Self.volume { ($0.matrixCode, $0.matrix[3]) = (1, -10.00005) }
    try near.checkGeometry(path: "near", agreesWith: one, of: "one")
    let far = try Self.volume { ($0.matrixCode, $0.matrix[3]) = (1, -10.01) }
    expectError(.mismatch, containing: "far: lies elsewhere: its matrix, from srow (sform), is [2.0, 0.0, 0.0, -10.01;")
    {
      try far.checkGeometry(path: "far", agreesWith: one, of: "one")
    }
    let unknown = try Self.volume { _ in }
    expectError(.mismatch, containing: "from pixdim alone; sform_code and qform_code are 0") {
      try unknown.checkGeometry(path: "unknown", agreesWith: one, of: "one")
    }
    let nothing = try Self.volume { ($0.matrixCode, $0.matrix[3]) = (1, .nan) }
    expectError(.mismatch, containing: "the greatest difference is inf") {
      try nothing.checkGeometry(path: "nothing", agreesWith: one, of: "one")
    }
    let flat = try Volume(decoding: VolumeSample.counted(extents: [4, 3]).file)
    expectError(.mismatch, containing: "flat: has NIfTI field `dim` 4x3x1, expected 4x3x2 as in one") {
      try flat.checkGeometry(path: "flat", agreesWith: one, of: "one")
    }
  }

  @Test("gives the volume of a voxel in the file's units", arguments: [(2, 24.0), (1, 24e9), (3, 24e-9), (0, 24.0)])
  func units(code: Int, expected: Double) throws {
    let volume = try Self.volume { $0.units = code }
    #expect(abs(volume.geometry.voxelCubicMillimetres - expected) <= 1e-9 * expected)
  }
}

@Suite struct SlicePlanTests {
  @Test("without an orientation cuts along the third stored axis, rows along the first")
  func stored() throws {
    let volume = try Volume(decoding: VolumeSample.counted().file)
    let plan = try SlicePlan(volume, orientation: nil)
    #expect(plan.height == 4 && plan.width == 3 && plan.count == 2)
    // Voxel (i, j, k) is i + 4 j + 12 k.
    #expect(plan.voxels(ofSlice: 1) == [12, 16, 20, 13, 17, 21, 14, 18, 22, 15, 19, 23])
  }

  static let directions = VolumeGeometry.Direction.allCases

  @Test("turns slices of any stored order to the same picture", arguments: directions, directions)
  func turned(rows: VolumeGeometry.Direction, columns: VolumeGeometry.Direction) throws {
    guard let orientation = SlicePlan.Orientation(rows: rows, columns: columns) else {
      #expect(rows == columns || [rows, columns].contains(Self.opposite(rows)))
      return
    }
    // Each axis stored forwards or backwards: the value of a voxel is its place in space, 100 R + 10 A + S.
    for signs in [[1.0, 1, 1], [-1, 1, 1], [1, -1, -1]] {
      var sample = VolumeSample.counted()
      sample.matrixCode = 1
      sample.matrix = [0, 0, signs[2], 0, signs[0], 0, 0, 0, 0, signs[1], 0, 0]
      func place(_ number: Int, _ extent: Int, _ sign: Double) -> Int { sign > 0 ? number : extent - 1 - number }
      sample.voxels = sample.bytes(
        (0..<24).map { voxel in
          let (i, j, k) = (voxel % 4, voxel / 4 % 3, voxel / 12)
          return Int16(100 * place(k, 2, signs[2]) + 10 * place(i, 4, signs[0]) + place(j, 3, signs[1]))
        })
      let volume = try Volume(decoding: sample.file)
      let plan = try SlicePlan(volume, orientation: orientation)
      let extents = ["R": 2, "L": 2, "A": 4, "P": 4, "S": 3, "I": 3]
      #expect(plan.height == extents[rows.rawValue] && plan.width == extents[columns.rawValue])
      let values = try volume.values(of: plan.voxels(ofSlice: 0))
      let steps = ["R": 100, "L": -100, "A": 10, "P": -10, "S": 1, "I": -1]
      let (down, right) = (steps[rows.rawValue] ?? 0, steps[columns.rawValue] ?? 0)
      for row in 0..<plan.height {
        for column in 0..<plan.width {
          let expected = values[0] + Float(down * row + right * column)
          #expect(values[row * plan.width + column] == expected, "signs \(signs), row \(row), column \(column)")
        }
      }
    }
  }

  @Test("covers every voxel once")
  func cover() throws {
    let volume = try Volume(decoding: VolumeSample.counted().file)
    for orientation in [nil, SlicePlan.Orientation(rows: .inferior, columns: .right)] {
      let plan = try SlicePlan(volume, orientation: orientation)
      #expect((0..<plan.count).flatMap(plan.voxels).sorted() == Array(0..<24))
    }
  }

  private static func opposite(_ direction: VolumeGeometry.Direction) -> VolumeGeometry.Direction {
    switch direction {
    case .right: .left
    case .left: .right
    case .anterior: .posterior
    case .posterior: .anterior
    case .superior: .inferior
    case .inferior: .superior
    }
  }
}

@Suite struct LabelVolumeTests {
  @Test("carries the header on, bit by bit but for what labels change", arguments: VolumeReadingTests.forms)
  func header(version: Int, isBigEndian: Bool) throws {
    var sample = VolumeSample.counted(version: version, isBigEndian: isBigEndian)
    (sample.filler, sample.matrixCode, sample.rotationCode, sample.scaling) = (0xA5, 1, 1, (2, 3))
    sample.extensions = [1, 0, 0, 0] + [UInt8](repeating: 7, count: 16)
    let volume = try Volume(decoding: sample.file)
    var labels = LabelVolume(like: volume)
    let plan = try SlicePlan(volume, orientation: nil)
    let map = LabelMap(width: 3, height: 4, labels: (1...12).map { UInt8($0) })
    labels.set(plan.voxels(ofSlice: 1), to: map)
    let file = labels.encoded(description: "a test " + String(repeating: "x", count: 100))

    // The same header made field by field.
    var expected = sample
    (expected.datatype, expected.bitsPerVoxel, expected.scaling, expected.intent) = (2, 8, (1, 0), 1002)
    expected.extensions = [0, 0, 0, 0]
    var header = expected.header
    func fill(_ start: Int, _ bytes: [UInt8]) {
      for (index, byte) in bytes.enumerated() { header[start + index] = byte }
    }
    let isOne = version == 1
    fill(isOne ? 124 : 192, [UInt8](repeating: 0, count: isOne ? 8 : 16))  // cal_max, cal_min
    fill(isOne ? 56 : 80, [UInt8](repeating: 0, count: isOne ? 12 : 24))  // intent_p1 to intent_p3
    fill(isOne ? 328 : 508, [UInt8](repeating: 0, count: 16))  // intent_name
    fill(isOne ? 148 : 240, Array("a test ".utf8) + [UInt8](repeating: 120, count: 72) + [0])  // descrip
    #expect(Array(file.prefix(header.count)) == header)
    #expect(Array(file.dropFirst(header.count).prefix(4)) == [0, 0, 0, 0])
    let voxels = Array(file.dropFirst(header.count + 4))
    #expect(voxels == [UInt8](repeating: 0, count: 12) + [1, 4, 7, 10, 2, 5, 8, 11, 3, 6, 9, 12])
    #expect(try Volume(decoding: file).geometry == volume.geometry)
  }

  @Test("drops the axes behind the third, and keeps the number of those that are fewer")
  func axes() throws {
    for (extents, expected) in [([2, 3, 4, 2], [2, 3, 4]), ([2, 3], [2, 3]), ([5], [5])] {
      let volume = try Volume(decoding: VolumeSample.counted(extents: extents).file)
      let again = try Volume(decoding: LabelVolume(like: volume).encoded(description: ""))
      #expect(again.header.dimensions == expected && again.header.datatype == .uint8)
    }
  }

  @Test("packs where the name ends so, and the same bytes each time")
  func packing() throws {
    try TemporaryFolder.with { folder in
      let volume = try Volume(decoding: VolumeSample.counted().file)
      let labels = LabelVolume(like: volume)
      let paths = ["a.nii", "b.nii.gz", "c.NII.GZ"].map { folder.appendingPathComponent($0).path }
      for path in paths { try labels.write(to: path, description: "x") }
      let files = try paths.map { try FileContent.read($0) }
      #expect(files[0] == labels.encoded(description: "x"))
      #expect(files[1].prefix(2) == [0x1F, 0x8B] && files[1] == files[2])
      for path in paths { #expect(try Volume(contentsOf: path).labels() == [UInt8](repeating: 0, count: 24)) }
    }
  }
}
