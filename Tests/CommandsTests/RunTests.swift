import Foundation
import Glibc
import TestSupport
import Tensors
import Testing
import Vision

@Suite struct RunTests {
  static let model = Repository.root.appendingPathComponent("sample/model/phantom-ct.xmodel").path
  static let pictures = Repository.root.appendingPathComponent("sample/pictures").path

  struct Report: Decodable {
    struct Device: Decodable { let kind: String }
    struct Result: Decodable {
      let path: String
      let frame: Int
      let pixels: [Int]?
      let files: [String: String]
      let lost: [String: Int]
    }
    struct Failure: Decodable {
      let path: String
      let message: String
    }
    let schema: String
    let task: String
    let device: Device
    let frames: Int
    let frames_per_second: Double?
    let stage_seconds: [String: Double]
    let results: [Result]
    let failures: [Failure]
  }

  static func report(_ outcome: BuiltProgram.Outcome) throws -> Report {
    try JSONDecoder().decode(Report.self, from: Data(outcome.output.utf8))
  }

  /// Writes an array of the sample model's input, every element the same or a ramp.
  static func write(_ array: NumpyArray, _ name: String, in folder: URL) throws -> String {
    let path = folder.appendingPathComponent(name).path
    try array.write(to: path)
    return path
  }

  @Test("writes a label map as PNG and NPY and an overlay for each picture of a folder")
  func folder() throws {
    try TemporaryFolder.with { folder in
      let output = folder.appendingPathComponent("made/on/demand").path
      let outcome = try BuiltProgram.run(["run", Self.model, Self.pictures, "-o", output, "--json"])
      #expect(outcome.code == 0)
      let report = try Self.report(outcome)
      #expect(report.schema == "dpu.run/1" && report.task == "segmentation" && report.device.kind == "software")
      #expect(report.frames == 20 && report.results.count == 20 && report.failures.isEmpty)
      #expect(try #require(report.frames_per_second) > 0)
      #expect(Set(report.stage_seconds.keys) == ["decode", "preprocess", "device", "postprocess", "write"])
      for result in report.results {
        let map = try LabelMap(contentsOf: try #require(result.files["labels"]))
        #expect(try LabelMap(contentsOf: try #require(result.files["labels_array"])) == map)
        #expect(map.pixelCounts(classCount: 5) == result.pixels)
        let overlay = try Picture(contentsOf: try #require(result.files["overlay"]))
        #expect(overlay.width == 128 && overlay.height == 128 && overlay.layout == .rgb)
        #expect(map.labels.contains { $0 != 0 })
      }
      #expect(try FileManager.default.contentsOfDirectory(atPath: output).count == 60)
    }
  }

  @Test("gives label maps and overlays in the size of the picture, not of the network")
  func pictureSize() throws {
    try TemporaryFolder.with { folder in
      let slice = try Picture(contentsOf: "\(Self.pictures)/slice-02.png").resized(width: 301, height: 200)
      let path = folder.appendingPathComponent("big.png").path
      try slice.writePNG(to: path)
      let outcome = try BuiltProgram.run(["run", Self.model, path, "-o", folder.path, "--json"])
      let files = try #require(try Self.report(outcome).results.first).files
      let map = try LabelMap(contentsOf: try #require(files["labels"]))
      let overlay = try Picture(contentsOf: try #require(files["overlay"]))
      #expect(map.width == 301 && map.height == 200)
      #expect(overlay.width == 301 && overlay.height == 200)
    }
  }

  @Test("says for each picture what is in it, and to a person how fast and on what")
  func text() throws {
    let outcome = try BuiltProgram.run(["run", Self.model, "\(Self.pictures)/slice-01.png", "-t", "1", "-v"])
    #expect(outcome.code == 0)
    #expect(outcome.output.hasPrefix("\(Self.pictures)/slice-01.png: background "))
    #expect(outcome.output.contains(", liver ") && outcome.output.split(separator: "\n").count == 1)
    for words in [
      "card: CT phantom organs (", "device: software (", ", 1 thread)", "memory: ", "1 frame in ",
      " frames/s end-to-end (first input opened to last result written)", "preprocess",
    ] { #expect(outcome.messages.contains(words), "\(words)") }
    #expect(!outcome.messages.contains("\r"), "no moving line where there is no screen")
    let quiet = try BuiltProgram.run(["run", Self.model, "\(Self.pictures)/slice-01.png", "-q"])
    #expect(quiet.messages.isEmpty && quiet.output == outcome.output)
  }

  @Test("gives the same labels with any number of threads, and those of the tensors themselves")
  func tensors() throws {
    try TemporaryFolder.with { folder in
      let input = "\(Self.pictures)/slice-02.png"
      var maps: [LabelMap] = []
      for threads in ["1", "2", "5"] {
        let output = folder.appendingPathComponent(threads).path
        #expect(try BuiltProgram.run(["run", Self.model, input, "-o", output, "-t", threads]).code == 0)
        maps.append(try LabelMap(contentsOf: "\(output)/slice-02.labels.npy"))
      }
      #expect(maps[0] == maps[1] && maps[0] == maps[2])
      #expect(try BuiltProgram.run(["run", Self.model, input, "--tensors", "-o", folder.path]).code == 0)
      let tensor = try NumpyArray(contentsOf: folder.appendingPathComponent("slice-02.output.npy").path)
      #expect(tensor.shape == Shape([1, 128, 128, 5]) && tensor.element == .float32)
      let labels = try tensor.floats.withUnsafeBufferPointer { try LabelMap(argmaxOf: $0, shape: tensor.shape) }
      #expect(labels == maps[0])
    }
  }

  @Test("runs every frame of an array, int8 and floats alike")
  func batch() throws {
    try TemporaryFolder.with { folder in
      var random = SeededGenerator(seed: 11)
      let values = random.int8s(3 * 128 * 128)
      let raw = try Self.write(NumpyArray(shape: Shape([3, 128, 128, 1]), int8: values), "raw.npy", in: folder)
      let scaled = try Self.write(
        NumpyArray(shape: Shape([3, 128, 128, 1]), float32: values.map { Float($0) / 128 }), "scaled.npy", in: folder)
      let outcome = try BuiltProgram.run(["run", Self.model, raw, scaled, "-o", folder.path, "--json"])
      #expect(outcome.code == 0, "\(outcome.messages)")
      let report = try Self.report(outcome)
      #expect(report.results.map(\.frame) == [0, 1, 2, 0, 1, 2])
      #expect(outcome.messages.contains("int8, taken as raw fixed point"))
      #expect(outcome.messages.contains("floats, taken as normalized network values"))
      for frame in 0..<3 {
        let maps = try ["raw", "scaled"].map {
          try LabelMap(contentsOf: folder.appendingPathComponent("\($0).00\(frame).labels.npy").path)
        }
        #expect(maps[0] == maps[1], "seed 11, frame \(frame)")
      }
      #expect(report.results[0].pixels != report.results[1].pixels, "seed 11: frames differ")
    }
  }

  @Test("counts and tells what saturates or is no number")
  func lost() throws {
    try TemporaryFolder.with { folder in
      var values = [Float](repeating: 0.5, count: 128 * 128)
      (values[0], values[1], values[2], values[3]) = (.nan, .infinity, 7, -7)
      let path = try Self.write(NumpyArray(shape: Shape([128, 128, 1]), float32: values), "odd.npy", in: folder)
      let outcome = try BuiltProgram.run(["run", Self.model, path, "--json"])
      #expect(outcome.code == 0)
      #expect(try Self.report(outcome).results.first?.lost == ["saturated": 2, "nan": 1, "infinite": 1])
      #expect(
        outcome.messages.contains(
          "dpu: warning: \(path): 1 NaN became 0, 1 infinite, 2 values beyond the range of int8\n"))
    }
  }

  @Test("names each input that can't be used in one line, runs the others and ends with exit code 3")
  func badInputs() throws {
    try TemporaryFolder.with { folder in
      let text = folder.appendingPathComponent("text.png").path
      try Data("not a picture".utf8).write(to: URL(fileURLWithPath: text))
      let good = "\(Self.pictures)/slice-01.png"
      let cut = folder.appendingPathComponent("cut.png").path
      try Data(contentsOf: URL(fileURLWithPath: good)).prefix(900).write(to: URL(fileURLWithPath: cut))
      let wrong = try Self.write(
        NumpyArray(shape: Shape([5, 5]), int8: [Int8](repeating: 0, count: 25)), "w.npy", in: folder)
      let empty = folder.appendingPathComponent("empty").path
      try FileManager.default.createDirectory(atPath: empty, withIntermediateDirectories: true)
      let output = folder.appendingPathComponent("out").path
      let missing = folder.appendingPathComponent("missing.jpg").path
      let outcome = try BuiltProgram.run([
        "run", Self.model, text, cut, wrong, empty, missing, good, "-q", "-o", output,
      ])
      #expect(outcome.code == 3)
      let lines = outcome.messages.split(separator: "\n").map(String.init)
      #expect(lines.count == 5)
      for path in [text, cut, wrong, empty, missing] {
        #expect(lines.filter { $0.hasPrefix("dpu: error: \(path): ") }.count == 1, "\(path)")
      }
      #expect(outcome.output.hasPrefix(good) && outcome.output.split(separator: "\n").count == 1)
      let written = try FileManager.default.contentsOfDirectory(atPath: output).sorted()
      #expect(written == ["slice-01.labels.npy", "slice-01.labels.png", "slice-01.overlay.png"])
    }
  }

  @Test("runs a folder of pictures of many sizes and kinds past one in the middle that is damaged")
  func mixedFolder() throws {
    try TemporaryFolder.with { folder in
      let inputs = folder.appendingPathComponent("in")
      try FileManager.default.createDirectory(at: inputs, withIntermediateDirectories: true)
      let slice = try Picture(contentsOf: "\(Self.pictures)/slice-01.png")
      let colored = Picture(
        width: 61, height: 47, layout: .rgb, samples: (0..<61 * 47 * 3).map { UInt8(truncatingIfNeeded: $0 * 7) })
      func path(_ name: String) -> String { inputs.appendingPathComponent(name).path }
      try slice.writePNG(to: path("a.png"))
      try FileContent.write(JPEGEncoder.encode(slice.resized(width: 301, height: 200), quality: 90), to: path("b.jpg"))
      try colored.writePNG(to: path("c.png"))
      try FileContent.write(Array(FileContent.read(path("b.jpg")).prefix(200)), to: path("d.jpg"))
      try FileContent.write(JPEGEncoder.encode(colored, quality: 90), to: path("e.jpeg"))
      _ = try Self.write(
        NumpyArray(shape: Shape([2, 128, 128, 1]), int8: [Int8](repeating: 5, count: 2 * 128 * 128)), "f.npy",
        in: inputs)
      try slice.resized(width: 1, height: 1).writePNG(to: path("g.png"))
      let output = folder.appendingPathComponent("out").path
      let outcome = try BuiltProgram.run(["run", Self.model, inputs.path, "-o", output, "--json"])
      #expect(outcome.code == 3)
      let report = try Self.report(outcome)
      #expect(report.failures.map(\.path) == [path("d.jpg")])
      #expect(outcome.messages.contains("\n1 input skipped, named above\n"))
      let sizes = [
        ("a.png", 128, 128), ("b.jpg", 301, 200), ("c.png", 61, 47), ("e.jpeg", 61, 47), ("f.npy", 128, 128),
        ("f.npy", 128, 128), ("g.png", 1, 1),
      ]
      #expect(report.results.map(\.path) == sizes.map { path($0.0) })
      for (result, size) in zip(report.results, sizes) {
        let map = try LabelMap(contentsOf: try #require(result.files["labels"]))
        #expect(map.width == size.1 && map.height == size.2, "\(size)")
        #expect(map.pixelCounts(classCount: 5) == result.pixels)
      }
      #expect(try FileManager.default.contentsOfDirectory(atPath: output).allSatisfy { !$0.hasPrefix("d.") })
    }
  }

  @Test("without a card runs arrays of the model's shape, and says what a picture lacks")
  func noCard() throws {
    try TemporaryFolder.with { folder in
      let model = folder.appendingPathComponent("model.xmodel").path
      try FileManager.default.copyItem(atPath: Self.model, toPath: model)
      let array = try Self.write(
        NumpyArray(shape: Shape([128, 128, 1]), int8: [Int8](repeating: 3, count: 128 * 128)), "a.npy", in: folder)
      let outcome = try BuiltProgram.run(["run", model, array, "\(Self.pictures)/slice-01.png"])
      #expect(outcome.code == 3)
      #expect(outcome.output.hasPrefix("\(array): class 0 "))
      #expect(outcome.messages.contains("card: none found"))
      #expect(
        outcome.messages.contains("dpu: error: \(Self.pictures)/slice-01.png: is a picture of 128 wide x 128 high"))
      let card = Repository.root.appendingPathComponent("sample/model/phantom-ct.card.json").path
      #expect(try BuiltProgram.run(["run", model, "\(Self.pictures)/slice-01.png", "--card", card]).code == 0)
      try Data("{}".utf8).write(to: URL(fileURLWithPath: folder.appendingPathComponent("model.card.json").path))
      let broken = try BuiltProgram.run(["run", model, array])
      #expect(broken.code == 3 && broken.messages.contains("model.card.json: "))
    }
  }

  @Test("refuses outputs that would overwrite each other, and an output folder that is a file")
  func names() throws {
    try TemporaryFolder.with { folder in
      for name in ["a", "b"] {
        let own = folder.appendingPathComponent(name)
        try FileManager.default.createDirectory(at: own, withIntermediateDirectories: true)
        try FileManager.default.copyItem(atPath: "\(Self.pictures)/slice-01.png", toPath: own.path + "/same.png")
      }
      let files = ["a/same.png", "b/same.png"].map { folder.appendingPathComponent($0).path }
      let clash = try BuiltProgram.run(["run", Self.model] + files + ["-o", folder.path])
      #expect(clash.code == 2 && clash.messages.contains("would be written under the same name"))
      let file = try BuiltProgram.run(["run", Self.model, files[0], "-o", files[1]])
      #expect(
        file.code == 3 && file.messages == "dpu: error: \(files[1]): the output folder is there and is no folder\n")
    }
  }

  @Test("stops where the results can't be written, with the system's reason", arguments: ["/proc", "/proc/made/up"])
  func unwritable(folder: String) throws {
    let outcome = try BuiltProgram.run(["run", Self.model, Self.pictures, "-q", "-o", folder])
    #expect(outcome.code == 3)
    #expect(outcome.messages.hasPrefix("dpu: error: \(folder)"))
    #expect(outcome.messages.hasSuffix("No such file or directory\n"))
    #expect(outcome.messages.split(separator: "\n").count == 1)
  }

  @Test("shows a bar on a screen, and takes it away again")
  func progress() throws {
    let outcome = try BuiltProgram.run(
      ["run", Self.model, Self.pictures], environment: ["TERM": "xterm"], onScreen: true)
    #expect(outcome.code == 0)
    let lines = outcome.messages.components(separatedBy: "\r\u{1B}[2K")
    #expect(lines.contains { $0.hasPrefix("[") && $0.contains("/20 \(Self.pictures)/slice-") })
    #expect(lines.allSatisfy { !$0.hasPrefix("[") || $0.count < 100 })
    #expect(try #require(lines.last).hasPrefix("20 frames in "))
    let dumb = try BuiltProgram.run(
      ["run", Self.model, Self.pictures], environment: ["TERM": "dumb"], onScreen: true)
    #expect(!dumb.messages.contains("\u{1B}"))
  }

  @Test("stops between frames when it is interrupted", arguments: [(SIGINT, 130), (SIGTERM, 143)] as [(Int32, Int32)])
  func interruption(signal: Int32, code: Int32) throws {
    let long = [String](repeating: Self.pictures, count: 2000)
    let outcome = try BuiltProgram.run(
      ["run", Self.model] + long, signal: (signal, Repository.isEmulated ? 15 : 1.5))
    #expect(outcome.code == code)
    #expect(outcome.messages.contains("dpu: error: stopped by a signal after "))
    #expect(outcome.messages.contains("frames/s end-to-end"))
  }
}

@Suite(.enabled(if: Shared.isPresent, Comment(rawValue: Shared.absence)))
struct SharedRunTests {
  @Test("classifies real photographs")
  func classification() throws {
    let outcome = try BuiltProgram.run([
      "run", Shared.url("models/nerone/bccd.xmodel").path, Shared.url("data/bccd/LYMPHOCYTE").path, "--quiet",
    ])
    #expect(outcome.code == 0)
    let lines = outcome.output.split(separator: "\n")
    #expect(lines.count == 6)
    #expect(lines.allSatisfy { $0.contains(": ") && $0.hasSuffix(" %") })
    #expect(lines.filter { $0.contains(": LYMPHOCYTE ") }.count >= 4)
  }

  @Test("says what the built-in card assumes")
  func assumptions() throws {
    let outcome = try BuiltProgram.run([
      "run", Shared.url("models/nerone/bccd.xmodel").path, Shared.url("data/bccd/LYMPHOCYTE/_0_3975.jpeg").path,
    ])
    #expect(outcome.messages.contains("card: BCCD blood cells (built in, bccd"))
    #expect(outcome.messages.contains("  assumed: labels: the classes stand in alphabetical order"))
  }

  @Test("takes or refuses every odd picture, and never breaks off")
  func oddPictures() throws {
    let folder = try Shared.url("data/images")
    let files = try #require(FileManager.default.enumerator(atPath: folder.path)).compactMap { $0 as? String }
      .filter { name in [".png", ".jpg", ".jpeg"].contains { name.lowercased().hasSuffix($0) } }.sorted()
    #expect(files.count > 100)
    let paths = files.map { folder.appendingPathComponent($0).path }
    let outcome = try BuiltProgram.run(["run", RunTests.model, "--json"] + paths, within: 300)
    #expect(outcome.code == 3)
    let report = try RunTests.report(outcome)
    #expect(Set(report.results.map(\.path)).union(report.failures.map(\.path)) == Set(paths))
    #expect(report.results.count + report.failures.count == paths.count)
    #expect(report.results.count > report.failures.count)
  }

  @Test(
    "runs models of several subgraphs from the first input to the last output",
    arguments: [
      ("sp_net", [1, 224, 128, 3], [1, 28]), ("zdce", [1, 512, 512, 3], [1, 512, 512, 3]),
      ("ganmodel", [1, 128], [1, 32, 32, 1]),
    ])
  func severalSubgraphs(name: String, input: [Int], output: [Int]) throws {
    try TemporaryFolder.with { folder in
      var random = SeededGenerator(seed: 5)
      let shape = Shape(input)
      let path = try RunTests.write(
        NumpyArray(shape: shape, int8: random.int8s(shape.elementCount)), "in.npy", in: folder)
      let outcome = try BuiltProgram.run([
        "run", Shared.url("models/more/\(name).xmodel").path, path, "-o", folder.path,
      ])
      #expect(outcome.code == 0, "\(outcome.messages)")
      let result = try NumpyArray(contentsOf: folder.appendingPathComponent("in.output.npy").path)
      #expect(result.shape == Shape(output) && result.element == .float32)
      #expect(Set(result.floats).count > 1, "seed 5: an answer that is not all the same")
    }
  }

  @Test("names an unknown custom operation and what could still run")
  func customOperation() throws {
    let outcome = try BuiltProgram.run([
      "run", Shared.url("models/more/tf2_custom_op.ISA1B4096_vai2.5.0.xmodel").path, "any.npy",
    ])
    #expect(outcome.code == 3)
    #expect(outcome.messages.contains("Mylayer"))
    #expect(outcome.messages.split(separator: "\n").count == 1)
  }

  @Test("says that a quantized file must be compiled first")
  func quantized() throws {
    let outcome = try BuiltProgram.run(["run", Shared.url("models/quantized/CNN_int.xmodel").path, "any.npy"])
    #expect(outcome.code == 3)
    #expect(outcome.messages.contains("not compiled"))
  }
}
