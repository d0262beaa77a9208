import Foundation
import TestSupport
import Testing

/// `--device xrt`: what is said without a board, and everything over a board in a library.
@Suite struct BoardDeviceTests {
  /// A fake board for a run of the program: an xclbin in a folder, and a variable that sets the board up.
  struct Board {
    let options: [String]
    var environment: [String: String]

    init(in folder: URL, fingerprint: String, cores: Int = 1, json: String = "") throws {
      var image = SmallImage()
      image.cores = (1...cores).map { .init("DPUCZDX8G:DPUCZDX8G_\($0)", base: 0x8000_0000 + UInt64($0) << 16) }
      let file = folder.appendingPathComponent("dpu.xclbin")
      try Data(image.bytes).write(to: file)
      options = ["--device", "xrt", "--xrt-library", FakeBoard.libraryPath, "--xclbin", file.path]
      environment = ["FAKE_XRT_BOARD": #"{"fingerprints": ["\#(fingerprint)"]\#(json)}"#]
    }

    /// The options as a command takes them: those that look at boards only let no device be chosen.
    func options(for command: String) -> [String] {
      ["devices", "doctor"].contains(command) ? Array(options.dropFirst(2)) : options
    }
  }

  static let model = "sample/compiled/b4096.xmodel"
  /// The core of the model.
  static let fingerprint = "0x1000020f6014407"

  /// The commands that run models on devices, each with arguments that let it do so.
  private static func arguments(of command: String, in folder: URL) throws -> [String] {
    let card = folder.appendingPathComponent("model.card.json")
    try Data(
      #"""
      {"name": "nothing", "task": "segmentation", "colors": "rgb",
       "resize": {"width": 8, "height": 8, "method": "bilinear"}, "values": {"mapping": "scale", "divisor": 255}}
      """#.utf8
    ).write(to: card)
    return switch command {
    case "run": ["run", model, RunTests.pictures, "--card", card.path]
    case "live": ["live", model, "--folder", RunTests.pictures, "--frames", "3", "--card", card.path]
    case "bench": ["bench", model, "--tensors", "--duration", "0.1", "--warm-up", "0"]
    case "evaluate": ["evaluate", model, "sample", "--card", card.path]
    case "digest": ["digest", model, "--seed", "1"]
    case "verify": ["verify", model]
    default: [command]
    }
  }

  /// Every command that takes a library of XRT's.
  private static func commands() throws -> [String] {
    let overview = try BuiltProgram.run(["help"]).output
    let words = overview.split(separator: "\n").filter { $0.hasPrefix("  ") }.compactMap {
      $0.split(separator: " ").first.map(String.init)
    }
    return try Set(words).sorted().filter { word in
      let help = try BuiltProgram.run(["help", word])
      return help.code == 0 && help.output.contains("--xrt-library")
    }
  }

  @Test("every command that runs on a fake board says so, as text and as JSON")
  func fakeIsNamed() throws {
    let commands = try Self.commands()
    #expect(
      commands == ["bench", "devices", "digest", "doctor", "evaluate", "live", "run", "selftest", "serve", "verify"])
    // What lists several devices names each, and what serves has no end: see their own tests.
    for command in commands where command != "devices" && command != "serve" {
      try TemporaryFolder.with { folder in
        let board = try Board(in: folder, fingerprint: Self.fingerprint)
        let arguments = try Self.arguments(of: command, in: folder) + board.options(for: command)
        // `digest` prints nothing but JSON.
        if command != "digest" {
          let text = try BuiltProgram.run(arguments, environment: board.environment)
          #expect(text.code == 0, "\(command): \(text.messages)")
          let words = text.output + text.messages
          #expect(words.contains("device: simulated (fake libxrt)"), "\(command): \(words)")
          #expect(words.contains("a board in a library: everything here is simulated"), "\(command)")
          #expect(!words.contains("xrt ("), "\(command)")
          // What is kept of the standard output says so as well, however quiet the command is.
          for output in [text.output, try BuiltProgram.run(arguments + ["-q"], environment: board.environment).output] {
            #expect(output.hasPrefix("device: simulated (fake libxrt)\n"), "\(command): \(output)")
          }
        }
        let report = try BuiltProgram.run(arguments + ["--json"], environment: board.environment)
        #expect(report.code == 0, "\(command): \(report.messages)")
        let object = try JSONSerialization.jsonObject(with: Data(report.output.utf8)) as? [String: Any]
        let device = object?["device"] as? [String: String]
        #expect(device == ["kind": "simulated", "detail": "fake libxrt"], "\(command)")
      }
    }
  }

  @Test(
    "without a board, the device is refused with what is missing and what to use instead",
    .enabled(if: !FileManager.default.fileExists(atPath: "/dev/dri"), "this machine has a render node"))
  func noBoard() throws {
    for extra in [[], ["--xclbin", "/nowhere"], ["--xrt-library", "/usr/lib/x86_64-linux-gnu/libxrt_core.so.2"]] {
      let outcome = try BuiltProgram.run(["run", Self.model, RunTests.pictures, "--device", "xrt"] + extra)
      #expect(outcome.code == 4)
      #expect(outcome.output.isEmpty)
      #expect(
        outcome.messages
          == "dpu: error: no board here: there is no render node, and the kernel module zocl is not loaded: it comes with "
          + "PYNQ's, Kria's and AMD's kernels, not with Debian's; on other machines use --device software or --device "
          + "simulated\n")
    }
    let digest = try BuiltProgram.run(["digest", Self.model, "--seed", "1"])
    #expect(digest.output.contains(#""kind": "software""#), "the device where nothing is chosen")
  }

  @Test(
    "an option of the board is nothing for other devices",
    arguments: [
      ["--xclbin", "x"], ["--xrt-library", "x"], ["--root", "x"], ["--assume-programmed"],
    ])
  func optionsOfTheBoard(option: [String]) throws {
    let outcome = try BuiltProgram.run(["digest", Self.model, "--seed", "1", "--device", "simulated"] + option)
    #expect(outcome.code == 2)
    #expect(outcome.messages == "dpu: error: option '\(option[0])' is for --device xrt, not for simulated\n")
  }

  @Test("files of another board are for a board in a library only, so that no real one is opened on their word")
  func rootOfARealBoard() throws {
    let tree = try ReconstructedTree()
    try tree.addRenderNode()
    let outcome = try BuiltProgram.run(["digest", Self.model, "--seed", "1", "--root", tree.folder.path])
    #expect(outcome.code == 2)
    #expect(
      outcome.messages
        == "dpu: error: option '--root' is for a board in a library; a real one needs the machine's own files\n")
  }

  @Test("the board is taken where its driver has a device and nothing is chosen, and said to be")
  func usualDevice() throws {
    try TemporaryFolder.with { folder in
      let board = try Board(in: folder, fingerprint: Self.fingerprint)
      let tree = try ReconstructedTree()
      try tree.addRenderNode("renderD128", driver: "lima")
      let arguments = ["digest", Self.model, "--seed", "1", "--root", tree.folder.path, "--assume-programmed"]
      func run() throws -> BuiltProgram.Outcome {
        try BuiltProgram.run(arguments + board.options.dropFirst(2), environment: board.environment)
      }
      // Another driver's node is no board: the software device is taken, for which the options are nothing.
      #expect(try run().messages.hasSuffix("is for --device xrt, not for software\n"))
      try tree.addRenderNode("renderD129")
      try tree.write("operating\n", to: "/sys/class/fpga_manager/fpga0/state")
      let outcome = try run()
      #expect(outcome.code == 0, "\(outcome.messages)")
      #expect(outcome.output.contains(#""detail": "fake libxrt""#))
    }
  }

  @Test("what the PL holds has to be known before the xclbin reaches the driver")
  func unknownLogic() throws {
    try TemporaryFolder.with { folder in
      let board = try Board(in: folder, fingerprint: Self.fingerprint)
      let tree = try ReconstructedTree()
      try tree.addRenderNode()
      func run(_ extra: String...) throws -> BuiltProgram.Outcome {
        try BuiltProgram.run(
          ["digest", Self.model, "--seed", "1", "--root", tree.folder.path] + board.options + extra,
          environment: board.environment)
      }
      let absent = try run("--assume-programmed")
      #expect(absent.code == 4)
      #expect(absent.messages.contains("no DPU can run here: no fpga_manager"))
      try tree.write("unknown\n", to: "/sys/class/fpga_manager/fpga0/state")
      let empty = try run("--assume-programmed")
      #expect(empty.code == 4)
      #expect(empty.messages.contains("the PL is not programmed (fpga_manager: unknown); load the overlay"))
      try tree.write("operating\n", to: "/sys/class/fpga_manager/fpga0/state")
      let unknown = try run()
      #expect(unknown.code == 4)
      #expect(unknown.messages.contains("it was not loaded by 'dpu overlay load'; load the overlay"))
      #expect(unknown.messages.contains("or say --assume-programmed"))
      #expect(unknown.messages.split(separator: "\n").count == 1)
      let assumed = try run("--assume-programmed")
      #expect(assumed.code == 0)
      #expect(assumed.messages.contains("it is assumed to hold the design of xclbin"))
    }
  }

  @Test("contiguous memory that is too small for a model is told with what there is and how to get more")
  func memory() throws {
    try TemporaryFolder.with { folder in
      let board = try Board(in: folder, fingerprint: Self.fingerprint)
      let tree = try ReconstructedTree()
      try tree.addRenderNode()
      try tree.write("operating\n", to: "/sys/class/fpga_manager/fpga0/state")
      try tree.write("CmaTotal:             16 kB\nCmaFree:              16 kB\n", to: "/proc/meminfo")
      let outcome = try BuiltProgram.run(
        ["digest", Self.model, "--seed", "1", "--root", tree.folder.path, "--assume-programmed", "-q"] + board.options,
        environment: board.environment)
      #expect(outcome.code == 5)
      #expect(outcome.messages.contains("(CMA) has 16384 bytes, 16384 of them free"))
      #expect(outcome.messages.contains("cma=512M"))
    }
  }

  @Test("an xclbin that is not there, damaged, or without a DPU is named")
  func wrongXclbin() throws {
    try TemporaryFolder.with { folder in
      let board = try Board(in: folder, fingerprint: Self.fingerprint)
      func messages(_ xclbin: URL) throws -> String {
        let outcome = try BuiltProgram.run(
          ["digest", Self.model, "--seed", "1"] + board.options + ["--xclbin", xclbin.path],
          environment: board.environment)
        #expect(outcome.code == 3)
        return outcome.messages
      }
      let absent = folder.appendingPathComponent("absent")
      #expect(
        try messages(absent)
          == "dpu: error: \(absent.path): cannot open: No such file or directory (given by --xclbin); name the xclbin of "
          + "the overlay that is loaded with --xclbin\n")
      #expect(try messages(URL(fileURLWithPath: "/dev/zero")).contains("/dev/zero: is a folder, a pipe or a device"))
      var image = SmallImage()
      image.cores[0].name = "vadd:vadd_1"
      let other = folder.appendingPathComponent("other.xclbin")
      try Data(image.bytes).write(to: other)
      #expect(try messages(other).contains("other.xclbin: the xclbin has no DPU core, only vadd:vadd_1"))
      try Data(image.bytes.prefix(500)).write(to: other)
      #expect(try messages(other).hasPrefix("dpu: error: \(other.path): "))
    }
  }

  @Test("a model for another core is refused with both in words")
  func wrongCore() throws {
    try TemporaryFolder.with { folder in
      let board = try Board(in: folder, fingerprint: "0x101000056010407")
      let outcome = try BuiltProgram.run(
        ["digest", Self.model, "--seed", "1"] + board.options, environment: board.environment)
      #expect(outcome.code == 3)
      #expect(outcome.messages.contains("the model needs DPUCZDX8G ISA0 B4096"))
      #expect(outcome.messages.contains("the device has DPUCZDX8G ISA1 B4096"))
    }
  }
}

@Suite(.enabled(if: Shared.isPresent, Comment(rawValue: Shared.absence)))
struct SharedBoardDeviceTests {
  /// The boards: as plain as can be, and with everything changed that must not matter.
  private static let setups: [(cores: Int, json: String)] = [
    (1, ""), (2, #", "indices": [1, 0], "memoryBase": "0x104b91000""#),
  ]

  @Test(
    "runs every model to the software device's bytes, on one core, and on two in swapped order above 4 GiB",
    arguments: SharedSimulatedDeviceTests.models)
  func sameAsSoftware(model: URL) throws {
    try TemporaryFolder.with { folder in
      let inputs = try SharedSimulatedDeviceTests.inputs(of: model.path, seed: 22, in: folder)
      let digest = try BuiltProgram.run(["inspect", model.path, "--json"]).output
      let value = try #require(digest.firstMatch(of: /"value": "(0x[0-9a-f]+)"/)?.1)
      func run(_ options: [String], _ environment: [String: String] = [:]) throws -> (
        code: Int32, files: [String: Data]
      ) {
        let output = folder.appendingPathComponent(UUID().uuidString)
        let outcome = try BuiltProgram.run(
          ["run", model.path] + inputs + ["--tensors", "-o", output.path] + options, environment: environment)
        var files: [String: Data] = [:]
        for name in (try? FileManager.default.contentsOfDirectory(atPath: output.path)) ?? [] {
          files[name] = try Data(contentsOf: output.appendingPathComponent(name))
        }
        return (outcome.code, files)
      }
      let expected = try run(["--device", "software"])
      #expect((expected.code == 0) == !expected.files.isEmpty)
      for setup in Self.setups {
        let board = try BoardDeviceTests.Board(
          in: folder, fingerprint: String(value), cores: setup.cores, json: setup.json)
        let found = try run(board.options, board.environment)
        #expect(found.code == expected.code, "\(model.lastPathComponent) on \(setup)")
        #expect(found.files == expected.files, "\(model.lastPathComponent) on \(setup), seed 22")
      }
    }
  }
}
