import Foundation
import TestSupport
import Tensors
import Testing
import Vision

/// Volumes made of the sample's pictures, for the built program.
enum SampleVolumes {
  /// A NIfTI-1 file of bytes: `values[i + width * (j + height * k)]`, with a matrix that gives each axis a direction.
  static func file(
    _ values: [UInt8], extents: [Int], matrix: [Float] = [-2, 0, 0, 100, 0, -3, 0, 200, 0, 0, 4, -50]
  ) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: 352)
    func put<T: BitwiseCopyable>(_ offset: Int, _ value: T) {
      withUnsafeBytes(of: value) { for (index, byte) in $0.enumerated() { bytes[offset + index] = byte } }
    }
    put(0, Int32(348))
    put(40, Int16(extents.count))
    for axis in 0..<7 { put(42 + 2 * axis, Int16(axis < extents.count ? extents[axis] : 1)) }
    put(70, Int16(2))
    put(72, Int16(8))
    for (index, step) in [Float(1), 2, 3, 4].enumerated() { put(76 + 4 * index, step) }
    put(108, Float(352))
    bytes[123] = 2
    put(254, Int16(1))
    for (index, value) in matrix.enumerated() { put(280 + 4 * index, value) }
    for (index, byte) in "n+1".utf8.enumerated() { bytes[344 + index] = byte }
    return bytes + values
  }

  /// The first sample pictures, or their label maps, as slices: rows along the first axis, columns along the second.
  static func slices(_ count: Int, of folder: String) throws -> [UInt8] {
    try (1...count).flatMap { number -> [UInt8] in
      let path = "sample/\(folder)/slice-0\(number).png"
      let map = try LabelMap(contentsOf: Repository.root.appendingPathComponent(path).path)
      // The first axis is the fastest in the file.
      return (0..<map.width).flatMap { column in (0..<map.height).map { map.labels[$0 * map.width + column] } }
    }
  }

  /// Writes a file and gives its path.
  static func write(_ bytes: [UInt8], _ name: String, in folder: URL) throws -> String {
    let url = folder.appendingPathComponent(name)
    try FileManager.default.createDirectory(at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
    try Data(bytes).write(to: url)
    return url.path
  }
}

@Suite struct VolumeRunTests {
  struct Report: Decodable {
    struct Result: Decodable {
      let path: String
      let volumes: [String]
      let extents: [Int]
      let slices: Int
      let voxels: [Int]
      let millilitres: [Double]
      let lost: [String: Int]
      let files: [String: String]
    }
    let schema: String
    let frames: Int
    let results: [Result]
    let failures: [RunTests.Report.Failure]
  }

  static func report(_ outcome: BuiltProgram.Outcome) throws -> Report {
    try JSONDecoder().decode(Report.self, from: Data(outcome.output.utf8))
  }

  /// The label maps of the sample's first pictures, as the program gives them for pictures.
  static func maps(_ count: Int, in folder: URL) throws -> [LabelMap] {
    let output = folder.appendingPathComponent("of-pictures").path
    let pictures = (1...count).map { "\(RunTests.pictures)/slice-0\($0).png" }
    #expect(try BuiltProgram.run(["run", RunTests.model] + pictures + ["-o", output, "-q"]).code == 0)
    return try (1...count).map { try LabelMap(contentsOf: "\(output)/slice-0\($0).labels.npy") }
  }

  /// The place of a slice's pixel in a file of 128x128 voxels a slice: the first axis, that of the rows, is the fastest.
  static func voxel(_ pixel: Int, inSlice slice: Int) -> Int {
    let (row, column) = (pixel / 128, pixel % 128)
    return row + 128 * (column + 128 * slice)
  }

  /// The same voxels of two slices stored with the slices along the first axis, both others backwards.
  static func turned(_ straight: [UInt8]) -> [UInt8] {
    var turned = [UInt8](repeating: 0, count: straight.count)
    for row in 0..<128 {
      for column in 0..<128 {
        let backwards = (127 - column) + 128 * (127 - row)
        for slice in 0..<2 {
          turned[slice + 2 * backwards] = straight[row + 128 * (column + 128 * slice)]
        }
      }
    }
    return turned
  }

  @Test("labels each slice as the same picture would be, in the shape and at the place of the volume")
  func slices() throws {
    try TemporaryFolder.with { folder in
      let file = SampleVolumes.file(try SampleVolumes.slices(3, of: "pictures"), extents: [128, 128, 3])
      let path = try SampleVolumes.write(file, "scan.nii", in: folder)
      let output = folder.appendingPathComponent("out").path
      let outcome = try BuiltProgram.run(["run", RunTests.model, path, "-o", output, "--json"])
      #expect(outcome.code == 0, "\(outcome.messages)")
      let report = try Self.report(outcome)
      let result = try #require(report.results.first)
      #expect(report.schema == "dpu.run/1" && report.frames == 3 && report.failures.isEmpty)
      #expect(result.path == path && result.extents == [128, 128, 3] && result.slices == 3)
      #expect(result.files == ["labels": "\(output)/scan.nii"])
      let volume = try Volume(contentsOf: "\(output)/scan.nii")
      let labels = try volume.labels()
      let maps = try Self.maps(3, in: folder)
      for (slice, map) in maps.enumerated() {
        let found: [UInt8] = map.labels.indices.map { pixel in labels[Self.voxel(pixel, inSlice: slice)] }
        #expect(found == map.labels, "slice \(slice)")
      }
      let counts = maps.reduce([Int](repeating: 0, count: 5)) { sum, map in
        zip(sum, map.pixelCounts(classCount: 5)).map(+)
      }
      #expect(result.voxels == counts)
      for (count, millilitres) in zip(counts, result.millilitres) {
        let expected = Double(count) * 0.024
        #expect(abs(millilitres - expected) < 1e-9)
      }
      let source = try Volume(contentsOf: path)
      #expect(volume.geometry == source.geometry)
      let description = String(decoding: try FileContent.read("\(output)/scan.nii")[148..<228], as: UTF8.self)
      #expect(description.hasPrefix("dpu 0.1.0 phantom-ct.xmodel sha256 "))
    }
  }

  @Test("turns slices as the card asks, and labels back")
  func orientation() throws {
    try TemporaryFolder.with { folder in
      let straight = try SampleVolumes.slices(2, of: "pictures")
      let turned = Self.turned(straight)
      let plain = try SampleVolumes.write(SampleVolumes.file(straight, extents: [128, 128, 2]), "a.nii", in: folder)
      // Rows run to the back and columns to the left: the second stored axis runs right, the third to the front.
      let matrix: [Float] = [0, 3, 0, 0, 0, 0, 2, 0, 4, 0, 0, 0]
      let other = try SampleVolumes.write(
        SampleVolumes.file(turned, extents: [2, 128, 128], matrix: matrix), "b.nii", in: folder)
      let text = String(decoding: try FileContent.read(Self.sampleCard), as: UTF8.self)
      let card = folder.appendingPathComponent("card.json").path
      let key = "\"task\": \"segmentation\","
      #expect(text.contains(key))
      try Data(
        text.replacingOccurrences(of: key, with: key + " \"volumes\": {\"rows\": \"P\", \"columns\": \"L\"},").utf8
      ).write(to: URL(fileURLWithPath: card))
      let output = folder.appendingPathComponent("out").path
      #expect(try BuiltProgram.run(["run", RunTests.model, plain, "-o", output]).code == 0)
      #expect(try BuiltProgram.run(["run", RunTests.model, other, "-o", output, "--card", card]).code == 0)
      let expected = try Volume(contentsOf: "\(output)/a.nii").labels()
      let found = try Volume(contentsOf: "\(output)/b.nii").labels()
      #expect(Set(expected).count > 2)
      #expect(found == Self.turned(expected))
    }
  }

  static let sampleCard = Repository.root.appendingPathComponent("sample/model/phantom-ct.card.json").path

  @Test("gives labels in the volume's own size, nearest where the network's differs")
  func size() throws {
    try TemporaryFolder.with { folder in
      let slice = try Picture(contentsOf: "\(RunTests.pictures)/slice-01.png").resized(width: 70, height: 90)
      let values = (0..<70).flatMap { column in (0..<90).map { slice.samples[$0 * 70 + column] } }
      let path = try SampleVolumes.write(SampleVolumes.file(values, extents: [90, 70]), "flat.nii.gz", in: folder)
      let output = folder.appendingPathComponent("labels.nii.gz").path
      #expect(try BuiltProgram.run(["run", RunTests.model, path, "-o", output]).code == 0)
      let volume = try Volume(contentsOf: output)
      #expect(volume.header.dimensions == [90, 70])
      #expect(Set(try volume.labels()).isSubset(of: [0, 1, 2, 3, 4]))
    }
  }

  @Test("runs a folder of volumes, and takes the number of the only channel off the name")
  func folder() throws {
    try TemporaryFolder.with { folder in
      let file = SampleVolumes.file(try SampleVolumes.slices(1, of: "pictures"), extents: [128, 128])
      for name in ["in/b_0000.nii.gz", "in/a.nii", "in/c_0001.nii"] {
        _ = try SampleVolumes.write(file, name, in: folder)
      }
      let output = folder.appendingPathComponent("out").path
      let outcome = try BuiltProgram.run(["run", RunTests.model, "\(folder.path)/in", "-o", output])
      #expect(outcome.code == 0, "\(outcome.messages)")
      #expect(
        try FileManager.default.contentsOfDirectory(atPath: output).sorted() == ["a.nii", "b.nii.gz", "c_0001.nii"])
      #expect(outcome.output.split(separator: "\n").count == 3)
      #expect(outcome.output.contains("/in/a.nii: 1 slice of 128x128; background "))
      #expect(outcome.output.contains(" ml)"))
    }
  }

  @Test("names what is wrong with a volume, runs the others; exit code 3")
  func badVolumes() throws {
    try TemporaryFolder.with { folder in
      let good = SampleVolumes.file(try SampleVolumes.slices(1, of: "pictures"), extents: [128, 128, 1])
      var lie = good
      (lie[44], lie[45]) = (0xFF, 0xFF)
      let packed = try VolumeRunTests.gzip(good, in: folder)
      let series = SampleVolumes.file(try SampleVolumes.slices(2, of: "pictures"), extents: [128, 128, 1, 2])
      let files: [(name: String, bytes: [UInt8], words: String)] = [
        ("text.nii", Array("not a volume".utf8), "it begins with 6e 6f 74 20 61 20 76 6f"),
        ("cut.nii", Array(good.dropLast(10)), "ask for 16736 bytes, found 16726"),
        ("cut.nii.gz", Array(packed.dropLast(10)), "is cut off: its gzip data ends after"),
        ("lie.nii", lie, "has NIfTI field `dim[2]` -1, expected 1 or more"),
        (
          "series.nii", series,
          "holds 2 numbers at each place (NIfTI field `dim` [128, 128, 1, 2], uint8), the model takes 1"
        ),
        ("good.nii", good, ""),
      ]
      let paths = try files.map { try SampleVolumes.write($0.bytes, $0.name, in: folder) }
      let output = folder.appendingPathComponent("out").path
      let missing = folder.appendingPathComponent("missing.nii").path
      let outcome = try BuiltProgram.run(["run", RunTests.model] + paths + [missing, "-o", output, "-q"])
      #expect(outcome.code == 3)
      let lines = outcome.messages.split(separator: "\n").map(String.init)
      #expect(lines.count == 6)
      for (path, file) in zip(paths, files).dropLast() {
        #expect(lines.contains { $0.hasPrefix("dpu: error: \(path): ") && $0.contains(file.words) }, "\(path)")
      }
      #expect(lines.contains { $0.hasPrefix("dpu: error: \(missing): cannot open the file") })
      #expect(try FileManager.default.contentsOfDirectory(atPath: output) == ["good.nii"])
      let loud = try BuiltProgram.run(["run", RunTests.model] + paths)
      #expect(loud.messages.contains("\n5 inputs skipped, named above\n"))
    }
  }

  static func gzip(_ bytes: [UInt8], in folder: URL) throws -> [UInt8] {
    let path = try SampleVolumes.write(bytes, "to-pack", in: folder)
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = ["gzip", "-n", path]
    try process.run()
    process.waitUntilExit()
    return try FileContent.read("\(path).gz")
  }

  @Test("counts NaN, which becomes the network's 0")
  func notANumber() throws {
    try TemporaryFolder.with { folder in
      var file = SampleVolumes.file([], extents: [128, 128, 1])
      (file[70], file[72]) = (16, 32)
      for voxel in 0..<128 * 128 {
        let value: Float = voxel < 9 ? .nan : 40
        withUnsafeBytes(of: value) { file += $0 }
      }
      let path = try SampleVolumes.write(file, "holes.nii", in: folder)
      let outcome = try BuiltProgram.run(["run", RunTests.model, path, "--json"])
      let report = try Self.report(outcome)
      #expect(outcome.code == 0 && report.results.first?.lost["nan"] == 9)
      #expect(outcome.messages.contains("dpu: warning: \(path): 9 NaN became 0\n"))
    }
  }

  @Test("refuses what can't go together before anything runs")
  func usage() throws {
    try TemporaryFolder.with { folder in
      let file = SampleVolumes.file(try SampleVolumes.slices(1, of: "pictures"), extents: [128, 128])
      let paths = try ["a/x.nii", "b/x.nii"].map { try SampleVolumes.write(file, $0, in: folder) }
      let output = folder.appendingPathComponent("o").path
      let picture = "\(RunTests.pictures)/slice-01.png"
      let cases: [(arguments: [String], code: Int32, words: String)] = [
        ([paths[0], picture], 2, "\(picture) is no volume, other inputs are"),
        (paths + ["-o", output], 2, "would be written under the same name"),
        (paths + ["-o", "\(output).nii"], 2, "takes the label map of one volume, there are 2"),
        ([paths[0], "-o", "\(output).hdr"], 2, "label maps are single files"),
        ([paths[0], "-o", folder.appendingPathComponent("a").path], 2, "the label map would overwrite its volume"),
        ([paths[0], "-o", paths[0]], 2, "the label map would overwrite its volume"),
        ([paths[0], "--cores", "2"], 2, "option '--cores' is not for volumes"),
        ([paths[0], "--in-flight", "auto"], 2, "option '--in-flight' is not for volumes"),
        ([paths[0], "--tensors"], 3, "runs on volumes are segmentations through a card"),
      ]
      for (arguments, code, words) in cases {
        let outcome = try BuiltProgram.run(["run", RunTests.model] + arguments)
        #expect(outcome.code == code && outcome.messages.contains(words), "\(arguments): \(outcome.messages)")
        #expect(outcome.output.isEmpty)
      }
      #expect(try FileContent.read(paths[0]) == file)
      let bare = folder.appendingPathComponent("bare.xmodel").path
      try FileManager.default.copyItem(atPath: RunTests.model, toPath: bare)
      let noCard = try BuiltProgram.run(["run", bare, paths[0]])
      #expect(noCard.code == 3 && noCard.messages.contains("there is no card"))
    }
  }

  @Test("stops where the result can't be written, with the system's reason")
  func unwritable() throws {
    try TemporaryFolder.with { folder in
      let file = SampleVolumes.file(try SampleVolumes.slices(1, of: "pictures"), extents: [128, 128])
      let paths = try ["a.nii", "b.nii"].map { try SampleVolumes.write(file, $0, in: folder) }
      let outcome = try BuiltProgram.run(["run", RunTests.model] + paths + ["-o", "/proc", "-q"])
      #expect(outcome.code == 3)
      #expect(outcome.messages == "dpu: error: /proc/a.nii: cannot create the file: No such file or directory\n")
    }
  }
}

@Suite struct VolumeEvaluateTests {
  @Test("scores volumes slice by slice: the pictures' own scores, in folders, nnU-Net's folders and lists")
  func forms() throws {
    try TemporaryFolder.with { folder in
      let pictures = SampleVolumes.file(try SampleVolumes.slices(4, of: "pictures"), extents: [128, 128, 4])
      let labels = SampleVolumes.file(try SampleVolumes.slices(4, of: "labels"), extents: [128, 128, 4])
      for name in ["one/volumes/p.nii", "two/imagesTr/p_0000.nii", "three/q.nii"] {
        _ = try SampleVolumes.write(pictures, name, in: folder)
      }
      for name in ["one/labels/p.nii", "two/labelsTr/p.nii", "three/truth.nii"] {
        _ = try SampleVolumes.write(labels, name, in: folder)
      }
      let list = try SampleVolumes.write(Array("image,label\nq.nii,truth.nii\n".utf8), "three/list.csv", in: folder)
      for name in ["a", "b"] {
        for number in 1...4 where name == "a" || number == 1 {
          for kind in ["pictures", "labels"] {
            let source = Repository.root.appendingPathComponent("sample/\(kind)/slice-0\(number).png")
            _ = try SampleVolumes.write(
              [UInt8](Data(contentsOf: source)), "\(name)/\(kind)/slice-0\(number).png", in: folder)
          }
        }
      }
      func report(_ place: String) throws -> EvaluateTests.Report {
        let outcome = try BuiltProgram.run(["evaluate", RunTests.model, place, "--json"])
        #expect(outcome.code == 0, "\(outcome.messages)")
        return try JSONDecoder().decode(EvaluateTests.Report.self, from: Data(outcome.output.utf8))
      }
      let expected = try report(folder.appendingPathComponent("a").path)
      for place in ["one", "two"].map({ folder.appendingPathComponent($0).path }) + [list] {
        let found = try report(place)
        #expect(found.pictures == 1 && found.confusion == expected.confusion, "\(place)")
        #expect(
          found.weighted_dice == expected.weighted_dice && found.mean_foreground_dice == expected.mean_foreground_dice)
      }
      let text = try BuiltProgram.run(["evaluate", RunTests.model, folder.appendingPathComponent("one").path])
      #expect(text.output.contains("\n1 volume: mean foreground Dice 0.9") && text.output.contains("Dice of each case"))
    }
  }

  @Test("names labels in another place or shape, that are no classes, or missing; exit code 3")
  func mismatches() throws {
    try TemporaryFolder.with { folder in
      let volume = SampleVolumes.file(try SampleVolumes.slices(1, of: "pictures"), extents: [128, 128])
      let voxels = try SampleVolumes.slices(1, of: "labels")
      let moved: [Float] = [-2, 0, 0, 100.5, 0, -3, 0, 200, 0, 0, 4, -50]
      let labels: [(name: String, bytes: [UInt8], words: String)] = [
        ("moved", SampleVolumes.file(voxels, extents: [128, 128], matrix: moved), "lies elsewhere"),
        (
          "shape", SampleVolumes.file(voxels, extents: [64, 256]),
          "has NIfTI field `dim` 64x256x1, expected 128x128x1 as in"
        ),
        (
          "class", SampleVolumes.file([9] + voxels.dropFirst(), extents: [128, 128]),
          "holds the label 9, which is none of"
        ),
        ("good", SampleVolumes.file(voxels, extents: [128, 128]), ""),
      ]
      for (name, bytes, _) in labels {
        _ = try SampleVolumes.write(volume, "volumes/\(name).nii", in: folder)
        _ = try SampleVolumes.write(bytes, "labels/\(name).nii", in: folder)
      }
      _ = try SampleVolumes.write(volume, "volumes/alone.nii", in: folder)
      _ = try SampleVolumes.write(volume, "labels/lonely.nii", in: folder)
      let outcome = try BuiltProgram.run(["evaluate", RunTests.model, folder.path, "--json"])
      #expect(outcome.code == 3)
      let report = try JSONDecoder().decode(EvaluateTests.Report.self, from: Data(outcome.output.utf8))
      #expect(report.pictures == 1 && report.failures.count == 5)
      for (name, _, words) in labels.dropLast() {
        #expect(
          report.failures.contains { $0.path.hasSuffix("/labels/\(name).nii") && $0.message.contains(words) }, "\(name)"
        )
      }
      #expect(
        report.failures.contains { $0.path.hasSuffix("alone.nii") && $0.message.hasPrefix("has no labels alone.nii") })
      #expect(report.failures.contains { $0.path.hasSuffix("lonely.nii") && $0.message.hasPrefix("has no volume in") })
      #expect(outcome.messages.contains("5 inputs skipped, named above"))
      _ = try SampleVolumes.write([0], "volumes/x.png", in: folder)
      let mixed = try BuiltProgram.run(["evaluate", RunTests.model, folder.path])
      #expect(mixed.code == 3 && mixed.messages.contains("holds volumes and pictures; score them apart"))
    }
  }

  @Test("reads lists of pictures with quotes and absolute names, and says which line is wrong")
  func lists() throws {
    try TemporaryFolder.with { folder in
      let sample = Repository.root.appendingPathComponent("sample").path
      let good = "image,label\r\n\"\(sample)/pictures/slice-01.png\",\(sample)/labels/slice-01.png\r\n\r\n"
      let path = try SampleVolumes.write(Array(good.utf8), "a.csv", in: folder)
      let outcome = try BuiltProgram.run(["evaluate", RunTests.model, path, "--json"])
      #expect(outcome.code == 0, "\(outcome.messages)")
      let cases: [(text: String, words: String)] = [
        ("a.png,b.png\n", "line 1 has to name the columns, files first and `label` or `target` last"),
        ("image,label\n", "the list names nothing to score"),
        ("image,label\na.png\n", "line 2 has 1 filled cells, expected 2"),
        ("image,label\na.png,\n", "line 2 has 1 filled cells"),
        ("image,label\n\"a.png,b\n", "line 2 has a quote that does not end"),
        ("a,b,label\nx.png,y.png,z.png\n", "names 2 files to run on each line"),
        ("image,label\na.nii,b.nii\nc.png,d.png\n", "score them apart"),
      ]
      for (text, words) in cases {
        let list = try SampleVolumes.write(Array(text.utf8), "bad.csv", in: folder)
        let bad = try BuiltProgram.run(["evaluate", RunTests.model, list])
        #expect(bad.code == 3 && bad.messages.contains(words), "\(text): \(bad.messages)")
        #expect(bad.messages.hasPrefix("dpu: error: \(list): "))
      }
    }
  }
}

/// The label map of a real CT, seen by nibabel.
@Suite(.enabled(if: Shared.isPresent, Comment(rawValue: Shared.absence)))
struct SharedVolumeRunTests {
  struct Opinion: Decodable {
    let kind: [String]
    let shape: [[Int]]
    let affine: [[[Double]]]
    let type: String
    let differing: [String: String]
    let counts: [Int]
    let extensions: Int
  }

  static let volumes = [
    "totalsegmentator/example_ct_sm.nii.gz", "totalsegmentator/example_mr_sm.nii.gz", "nibabel/anatomical.nii",
    "nifti-rs/zstat1.nii.gz", "nifti-rs/minimal.hdr.gz",
  ]

  @Test(
    "has the shape, matrix and header of its volume, as nibabel reads both",
    .enabled(if: PythonOracle.isPresent, Comment(rawValue: PythonOracle.absence)), arguments: volumes)
  func nibabel(name: String) throws {
    try TemporaryFolder.with { folder in
      let path = try Shared.url("data/volumes/\(name)").path
      let labels = folder.appendingPathComponent("labels.nii.gz").path
      let outcome = try BuiltProgram.run([
        "run", Shared.url("models/nerone/ctorg.xmodel").path, path, "-o", labels, "--json",
      ])
      #expect(outcome.code == 0, "\(outcome.messages)")
      let opinion = try PythonOracle.ask("nifti_nibabel.py", ["compare", path, labels], for: Opinion.self)
      #expect(opinion.shape[0] == opinion.shape[1] && opinion.affine[0] == opinion.affine[1])
      #expect(opinion.type == "uint8" && opinion.extensions == 0)
      #expect(opinion.kind[1].hasPrefix(opinion.kind[0].prefix(6)) && opinion.kind[1].hasSuffix("Image"))
      let allowed: Set = [
        "datatype", "bitpix", "vox_offset", "scl_slope", "scl_inter", "cal_max", "cal_min", "intent_code", "intent_p1",
        "intent_p2", "intent_p3", "intent_name", "descrip", "magic",
      ]
      #expect(Set(opinion.differing.keys).isSubset(of: allowed), "\(opinion.differing)")
      #expect(opinion.differing["intent_code"] == "1002")
      let result = try #require(try VolumeRunTests.report(outcome).results.first)
      #expect(Array(opinion.counts.prefix(6)) == result.voxels && opinion.counts.dropFirst(6).allSatisfy { $0 == 0 })
    }
  }

  @Test("finds the liver of a real CT; channels of a case are told by their numbers")
  func realModels() throws {
    try TemporaryFolder.with { folder in
      let outcome = try BuiltProgram.run([
        "run", Shared.url("models/nerone/ctorg.xmodel").path,
        Shared.url("data/volumes/totalsegmentator/example_ct_sm.nii.gz").path, "-o", folder.path,
      ])
      #expect(outcome.code == 0)
      let found = try Volume(contentsOf: folder.appendingPathComponent("example_ct_sm.nii.gz").path).labels()
      let truth = try Volume(
        contentsOf: Shared.url("data/volumes/totalsegmentator/example_seg_fast/liver.nii.gz").path
      ).labels()
      var matrix = ConfusionMatrix(classCount: 2)
      try matrix.add(truth: truth.map { $0 == 0 ? 0 : 1 }, prediction: found.map { $0 == 1 ? 1 : 0 })
      #expect(try #require(matrix.dice(1)) > 0.8)

      let brats = try Shared.url("models/nerone/brats.xmodel").path
      let one = try SampleVolumes.slices(1, of: "pictures")
      func file(_ change: Int) -> [UInt8] { SampleVolumes.file(one.map { $0 &+ UInt8(change) }, extents: [128, 128]) }
      for number in 0..<4 { _ = try SampleVolumes.write(file(number), "in/case_000\(number).nii", in: folder) }
      _ = try SampleVolumes.write(file(0), "in/half_0000.nii", in: folder)
      _ = try SampleVolumes.write(file(0), "in/single.nii", in: folder)
      _ = try SampleVolumes.write(
        SampleVolumes.file((0..<4).flatMap { number in one.map { $0 &+ UInt8(number) } }, extents: [128, 128, 1, 4]),
        "in/whole.nii", in: folder)
      let output = folder.appendingPathComponent("out").path
      let channels = try BuiltProgram.run(["run", brats, "\(folder.path)/in", "-o", output, "--json"])
      #expect(channels.code == 3)
      let report = try VolumeRunTests.report(channels)
      #expect(report.results.map(\.volumes.count) == [4, 1] && report.results[0].voxels == report.results[1].voxels)
      #expect(report.failures.count == 2)
      #expect(
        report.failures.contains {
          $0.message.contains("case half has the channels 0, the model takes half_0000 to half_0003")
        })
      #expect(report.failures.contains { $0.message.contains("the model takes 4 channels: name the files CASE_0000") })
    }
  }
}
