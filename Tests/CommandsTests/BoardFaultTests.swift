import Foundation
import TestSupport
import Testing

/// What a person reads when something is wrong with a board: one line each, from the built program.
@Suite struct BoardFaultTests {
  /// A fault of a board in a library, and what the program makes of it.
  struct Fault: Sendable, CustomStringConvertible {
    let description: String
    /// Members of the board's configuration.
    let json: String
    let code: Int32
    /// What was found, and what to do.
    let words: [String]
  }

  private static let faults = [
    Fault(
      description: "another core", json: #""fingerprints": ["0x101000056010407"]"#, code: 3,
      words: ["the model needs DPUCZDX8G ISA0 B4096", "the device has DPUCZDX8G ISA1 B4096", "arch.json"]),
    Fault(
      description: "a core that the driver does not know", json: #""missingCores": ["DPUCZDX8G:DPUCZDX8G_1"]"#, code: 4,
      words: ["the driver has no core DPUCZDX8G:DPUCZDX8G_1", "libxrt and zocl are of different releases"]),
    Fault(
      description: "a context that is refused", json: #""contextErrno": 16"#, code: 4,
      words: ["EBUSY", "another process may own the DPU"]),
    Fault(
      description: "a driver that kept another image",
      json: #""keptUUID": "ffffffffffffffffffffffffffffffff", "grantsWrongUUID": true"#, code: 5,
      words: ["EINVAL", "another xclbin was loaded meanwhile; start again"]),
    Fault(
      description: "memory that runs out", json: #""allocationLimit": 8192"#, code: 5,
      words: ["xclAllocBO gave no buffer of", "close other programs that use the DPU"]),
    Fault(
      description: "a sync that is refused", json: #""refusedSyncs": [0]"#, code: 5,
      words: ["xclSyncBO failed with EIO"]),
    Fault(
      description: "a driver that has given up", json: #""jobs": [{"job": 0, "errno": 35}]"#, code: 4,
      words: ["EDEADLK", "until the overlay is loaded again"]),
    Fault(
      description: "a job that ends in another state", json: #""jobs": [{"job": 0, "state": 5}]"#, code: 5,
      words: ["state 5 (ERROR)"]),
    Fault(
      description: "a job that never ends", json: #""jobs": [{"job": 0, "hangs": true}]"#, code: 5,
      words: ["did not end its job within 0.2 s", "no instruction was started", "load another xclbin"]),
  ]

  private static let model = "sample/compiled/b4096.xmodel"
  private static let fingerprint = "0x1000020f6014407"

  private func run(
    _ board: BoardDeviceTests.Board, _ environment: [String: String] = [:], options: [String]? = nil
  ) throws -> BuiltProgram.Outcome {
    try BuiltProgram.run(
      ["digest", Self.model, "--seed", "1", "-q"] + (options ?? board.options),
      environment: board.environment.merging(environment) { $1 })
  }

  @Test("each fault is one line with what was found and what to do, and says that the board is none", arguments: faults)
  func fault(fault: Fault) throws {
    try TemporaryFolder.with { folder in
      var board = try BoardDeviceTests.Board(in: folder, fingerprint: Self.fingerprint)
      let known = fault.json.contains("fingerprints") ? "" : #""fingerprints": ["\#(Self.fingerprint)"], "#
      board.environment = [
        "FAKE_XRT_BOARD": "{\(known)\(fault.json)}", "XLNX_DPU_TIMEOUT": fault.json.contains("hangs") ? "200" : "60000",
      ]
      let outcome = try run(board)
      #expect(outcome.code == fault.code)
      #expect(outcome.output.isEmpty)
      #expect(outcome.messages.split(separator: "\n").count == 1)
      #expect(outcome.messages.hasPrefix("dpu: error: "))
      #expect(outcome.messages.hasSuffix("; device: simulated (fake libxrt)\n"))
      for words in fault.words { #expect(outcome.messages.contains(words), "\(outcome.messages)") }
    }
  }

  @Test("a library without a function is refused by the function's name")
  func incompleteLibrary() throws {
    try TemporaryFolder.with { folder in
      let board = try BoardDeviceTests.Board(in: folder, fingerprint: Self.fingerprint)
      // The loader finds a function by its name: another letter, and it is gone.
      var library = try Data(contentsOf: URL(fileURLWithPath: FakeBoard.libraryPath))
      let name = Data([0] + "xclExecWait".utf8 + [0])
      let place = try #require(library.range(of: name))
      library.replaceSubrange(place, with: Data([0] + "xclExecWaif".utf8 + [0]))
      let file = folder.appendingPathComponent("libxrt_core.so.2")
      try library.write(to: file)
      let outcome = try run(board, options: board.options + ["--xrt-library", file.path])
      #expect(outcome.code == 4)
      #expect(outcome.messages.contains("libxrt_core.so.2 has no function xclExecWait, so it can't drive a board"))
      #expect(outcome.messages.contains("install the board's own XRT"))
    }
  }

  @Test("a library is a file here where it has no slash")
  func libraryWithoutSlash() throws {
    try TemporaryFolder.with { folder in
      let board = try BoardDeviceTests.Board(in: folder, fingerprint: Self.fingerprint)
      let library = URL(fileURLWithPath: FakeBoard.libraryPath)
      let outcome = try BuiltProgram.run(
        ["digest", Repository.root.appendingPathComponent(Self.model).path, "--seed", "1"] + board.options
          + ["--xrt-library", library.lastPathComponent], environment: board.environment,
        in: library.deletingLastPathComponent())
      #expect(outcome.code == 0, "\(outcome.messages)")
      #expect(outcome.output.contains(#""detail": "fake libxrt""#))
    }
  }

  @Test("a time limit that is none is refused", arguments: ["soon", "0", "-1", "1e3", "99999999999999999999"])
  func timeLimit(text: String) throws {
    try TemporaryFolder.with { folder in
      let board = try BoardDeviceTests.Board(in: folder, fingerprint: Self.fingerprint)
      let outcome = try run(board, ["XLNX_DPU_TIMEOUT": text])
      #expect(outcome.code == 2)
      #expect(
        outcome.messages.hasPrefix(
          "dpu: error: the variable XLNX_DPU_TIMEOUT is '\(text)', expected milliseconds from 1 to 86400000"))
    }
  }

  @Test("which xclbin is taken follows the order of the places, and is said")
  func xclbinPlaces() throws {
    try TemporaryFolder.with { folder in
      let board = try BoardDeviceTests.Board(in: folder, fingerprint: Self.fingerprint)
      let tree = try ReconstructedTree()
      try tree.addRenderNode()
      try tree.write("operating\n", to: "/sys/class/fpga_manager/fpga0/state")
      let usual = Array(board.options.prefix(4)) + ["--root", tree.folder.path, "--assume-programmed"]
      func notes(_ environment: [String: String] = [:], _ options: [String] = []) throws -> String {
        try BuiltProgram.run(
          ["digest", Self.model, "--seed", "1"] + usual + options,
          environment: board.environment.merging(environment) { $1 }
        ).messages
      }
      #expect(try notes().contains("no xclbin: none was given"))
      let image = try Data(contentsOf: folder.appendingPathComponent("dpu.xclbin"))
      func put(_ path: String) throws -> String {
        try tree.write("", to: path)
        let file = tree.folder.appendingPathComponent(path)
        try image.write(to: file)
        return file.path
      }
      _ = try put("/usr/lib/dpu.xclbin")
      #expect(try notes().contains("/usr/lib/dpu.xclbin, where AMD's runtime looks at last, UUID "))
      _ = try put("/srv/a.xclbin")
      try tree.write("firmware: /srv/a.xclbin\n", to: "/etc/vart.conf")
      #expect(try notes().contains("/srv/a.xclbin, from /etc/vart.conf, UUID "))
      let variable = ["XLNX_VART_FIRMWARE": try put("/srv/b.xclbin")]
      #expect(try notes(variable).contains("/srv/b.xclbin, from the variable XLNX_VART_FIRMWARE, UUID "))
      let given = try notes(variable, ["--xclbin", try put("/srv/c.xclbin")])
      #expect(given.contains("/srv/c.xclbin, given by --xclbin, UUID "))
    }
  }
}
