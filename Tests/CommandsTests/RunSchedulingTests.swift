import Foundation
import TestSupport
import Tensors
import Testing
import Vision
import XModel

@Suite struct RunSchedulingTests {
  @Test(
    "gives the same frames in the same order, whatever the cores and the frames in flight",
    arguments: [["--cores", "2", "--in-flight", "3"], ["--in-flight", "1"], ["--cores", "3", "--in-flight", "auto"]])
  func order(options: [String]) throws {
    let plain = try RunTests.report(BuiltProgram.run(["run", RunTests.model, RunTests.pictures, "--json"]))
    let outcome = try BuiltProgram.run(["run", RunTests.model, RunTests.pictures, "--json", "-t", "2"] + options)
    #expect(outcome.code == 0)
    let report = try RunTests.report(outcome)
    #expect(report.results.map(\.path) == plain.results.map(\.path))
    #expect(report.results.map(\.pixels) == plain.results.map(\.pixels))
  }

  @Test(
    "keeps as many frames in flight as memory holds, where more are asked for",
    .disabled(if: Sanitizer.isInUse || Repository.isEmulated, "a sanitizer or an emulator needs more addresses itself"))
  func littleMemory() throws {
    let plain = try RunTests.report(BuiltProgram.run(["run", RunTests.model, RunTests.pictures, "--json"]))
    // 1024 jobs of the sample model take 1 GiB.
    let outcome = try BuiltProgram.run(
      ["run", RunTests.model, RunTests.pictures, "--json", "-t", "1", "--in-flight", "1024", "--no-power"],
      // Else every thread sets 64 MiB of addresses apart for what it allocates.
      environment: ["MALLOC_ARENA_MAX": "1"],
      launcher: ["/bin/sh", "-c", "ulimit -s 1024; ulimit -v 1000000; exec \"$0\" \"$@\""])
    #expect(outcome.code == 0, "\(outcome.messages)")
    #expect(try RunTests.report(outcome).results.map(\.pixels) == plain.results.map(\.pixels))
  }

  @Test("the simulated device has as many cores as are asked for")
  func simulated() throws {
    let model = Repository.root.appendingPathComponent("sample/compiled/b1024.xmodel").path
    try TemporaryFolder.with { folder in
      let file = try Model(path: model)
      let shape = file.graph.operations[try #require(file.inputs.first)].output.shape
      let path = try RunTests.write(
        NumpyArray(shape: shape, int8: [Int8](repeating: 5, count: shape.elementCount)), "frame.npy", in: folder)
      let outcome = try BuiltProgram.run(["run", model, path, "-d", "simulated", "--cores", "2", "--tensors"])
      #expect(outcome.code == 0)
      #expect(outcome.messages.contains("2 cores, executes mc_code"))
    }
  }

  @Test(
    "refuses what is no number of cores or frames",
    arguments: [["--cores", "0"], ["--in-flight", "0"], ["--in-flight", "some"], ["--in-flight", "1025"]])
  func usage(options: [String]) throws {
    let outcome = try BuiltProgram.run(["run", RunTests.model, RunTests.pictures] + options)
    #expect(outcome.code == 2)
    #expect(outcome.messages.contains("'\(options[0])' needs a"))
  }
}
