import Foundation
import TestSupport
import Testing

/// First jobs of `--device xrt` over an overlay that was loaded: the tree of one stand-in, the cores of another.
@Suite struct OverlayJobTests {
  /// Runs a model over a bench's tree, with the overlay that is loaded there.
  private func run(_ bench: OverlayBench, _ extra: String...) throws -> BuiltProgram.Outcome {
    try BuiltProgram.run(
      [
        "digest", "sample/compiled/b4096.xmodel", "--seed", "1", "--device", "xrt", "--xrt-library",
        FakeBoard.libraryPath, "--root", bench.kernel.root,
      ] + extra, environment: ["FAKE_XRT_BOARD": "{}"])
  }

  /// Gives a loaded overlay to a closure, on a board with a render node.
  private func withLoaded(_ body: (OverlayBench) throws -> Void) throws {
    try OverlayBench.with { bench in
      try ReconstructedTree(folder: URL(fileURLWithPath: bench.kernel.root)).addRenderNode()
      try bench.load()
      try body(bench)
    }
  }

  private static let widths = "/sys/firmware/devicetree/base/fpga-full/afi0"

  @Test("run on its cores, with its xclbin, and say so")
  func allowed() throws {
    try withLoaded { bench in
      let outcome = try run(bench)
      #expect(outcome.code == 0, "\(outcome)")
      let source = "\(bench.folder.path)/overlay.xclbin, of the overlay that is loaded (/run/dpu/overlay.json)"
      #expect(outcome.messages.contains(source), "\(outcome.messages)")
    }
  }

  @Test(
    "are refused where a port is of another width than the design needs, whoever vouches for it",
    arguments: [[], ["--assume-programmed"]])
  func wrongWidth(extra: [String]) throws {
    try withLoaded { bench in
      let widths = SampleOverlays.usualWidths.enumerated().map { $0.offset == 9 ? 1 : $0.element }
      try bench.kernel.set("\(Self.widths)/config-afi", widths.flatMap { highestByteFirst(Int($0)) })
      let outcome = extra.isEmpty ? try run(bench) : try run(bench, extra[0])
      #expect(outcome.code == 4 && outcome.output.isEmpty, "\(outcome)")
      #expect(outcome.messages.contains("port HP0 is set to read 64 bit, write 128 bit, but the design needs 128 bit"))
    }
  }

  @Test("are refused where nothing tells the width of a port")
  func unknownWidth() throws {
    try withLoaded { bench in
      try bench.kernel.drop(Self.widths)
      let outcome = try run(bench)
      #expect(outcome.code == 4 && outcome.output.isEmpty, "\(outcome)")
      #expect(outcome.messages.contains("the width of port HPC0, which a DPU core uses, is not set"))
    }
  }

  @Test("are refused with the xclbin of another design")
  func otherDesign() throws {
    try withLoaded { bench in
      let other = bench.folder.appendingPathComponent("other")
      try bench.put(uuid: 0x40, in: other)
      let outcome = try run(bench, "--xclbin", other.appendingPathComponent("other.xclbin").path)
      #expect(outcome.code == 4 && outcome.output.isEmpty, "\(outcome)")
      #expect(outcome.messages.contains("40414243-4445-4647-4849-4a4b4c4d4e4f does not belong to the design in the PL"))
    }
  }

  @Test("on a board that is not known come with a warning that widths can't be compared")
  func unknownBoard() throws {
    try withLoaded { bench in
      try bench.kernel.become(model: "Another board", ["vendor,board", "xlnx,zynqmp"])
      let outcome = try run(bench)
      #expect(outcome.code == 0 && outcome.messages.contains("port widths can't be compared"), "\(outcome)")
    }
  }
}
