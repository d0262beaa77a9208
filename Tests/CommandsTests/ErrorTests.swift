import TestSupport
import Testing

@Suite struct ErrorTests {
  /// Command lines whose errors are kept word for word.
  static let lines: [[String]] = [
    ["inspekt"], ["--frobnicate"], ["serve"], ["run"], ["run", "sample/model/phantom-ct.xmodel"],
    ["run", "sample/model/phantom-ct.xmodel", "a", "--device", "gpu"],
    ["run", "sample/model/phantom-ct.xmodel", "a", "--device", "simulatd"],
    ["run", "sample/model/phantom-ct.xmodel", "sample/pictures", "--device", "simulated"],
    ["digest", "sample/model/phantom-ct.xmodel", "--seed", "1", "--device", "simulated"],
    ["run", "sample/model/phantom-ct.xmodel", "a", "--order-seed", "1"],
    ["run", "sample/model/phantom-ct.xmodel", "a", "--threads", "many"],
    ["run", "sample/model/phantom-ct.xmodel", "a", "--rounding", "up"], ["run", "LICENSE", "sample/pictures"],
    ["run", "sample/model/phantom-ct.xmodel", "sample/pictures", "--card", "/nowhere.json"],
    ["run", "sample/model/phantom-ct.xmodel", "scripts", "-q"],
    ["evaluate", "sample/model/phantom-ct.xmodel"], ["evaluate", "sample/model/phantom-ct.xmodel", "scripts"],
    ["digest", "sample/model/phantom-ct.xmodel"],
    ["digest", "sample/model/phantom-ct.xmodel", "sample/pictures/slice-01.png"],
    ["disasm", "sample/model/phantom-ct.xmodel"], ["disasm", "LICENSE"],
    ["disasm", "sample/compiled/b1024.xmodel", "--subgraph", "1"],
    ["disasm", "sample/compiled/b1024.xmodel", "--superlayer", "subgraph_frist"],
    ["disasm", "sample/compiled/b1024.xmodel", "--superlayer", "nothing"],
    ["disasm", "sample/compiled/b1024.xmodel", "--superlayer", "subgraph_first", "--subgraph", "0"],
    ["disasm", "sample/model/phantom-ct.xmodel", "--superlayer", "first"],
    ["verify", "sample/model/phantom-ct.xmodel"], ["verify", "sample/compiled/b1024.xmodel", "--device", "software"],
    ["verify", "sample/compiled/b1024.xmodel", "--seed", "1", "a.npy"],
    ["verify", "sample/compiled/b1024.xmodel", "--subgraph", "3"],
    ["verify", "sample/compiled/b1024.xmodel", "nowhere.npy", "-q"],
    ["verify", "sample/compiled/b1024.xmodel", "sample/pictures/slice-01.png", "-q"],
    ["predict"],
    ["predict", "sample/compiled/b4096.xmodel"],
    ["predict", "sample/compiled/b4096.xmodel", "--board", "zcu102"],
    ["predict", "sample/compiled/b4096.xmodel", "--board", "ultra96v2"],
    ["predict", "sample/compiled/b4096.xmodel", "--board", "zcu104", "--clock", "fast"],
    ["predict", "sample/compiled/b4096.xmodel", "--board", "zcu104", "--clock=nan"],
    ["predict", "sample/compiled/b4096.xmodel", "--board", "zcu104", "--cores", "0"],
    ["predict", "sample/compiled/b1024.xmodel", "--board", "zcu104"],
    ["predict", "sample/model/phantom-ct.xmodel", "--board", "zcu104"],
    ["predict", "LICENSE", "--board", "zcu104"],
    ["overlay"], ["overlay", "lod"], ["overlay", "load"], ["overlay", "status", "zcu104"],
    ["overlay", "load", "zcu105"], ["overlay", "load", "/nowhere"], ["overlay", "load", "/dev"],
    ["overlay", "list", "--boards", "/nowhere"],
    ["help", "inspet"], ["inspect"],
    ["inspect", "--jsno", "a"],
    ["inspect", "a", "b"], ["inspect", "--color", "sometimes", "a"], ["inspect", "/nowhere/model.xmodel"],
    ["inspect", "Sources"], ["inspect", "LICENSE"], ["inspect", "/dev/null"],
  ]

  @Test("says each problem in one line on the standard error, as kept")
  func snapshots() throws {
    var text = ""
    for line in Self.lines {
      let outcome = try BuiltProgram.run(line)
      text += "$ dpu \(line.joined(separator: " "))\n\(outcome.messages)[exit code \(outcome.code)]\n\n"
      #expect(outcome.output.isEmpty, "\(line)")
      #expect(outcome.messages.split(separator: "\n").count == 1, "\(line): \(outcome.messages)")
      #expect(outcome.messages.hasPrefix("dpu: error: "), "\(line)")
    }
    if let kept = try Snapshot.kept("errors.txt", writing: text) { #expect(text == kept) }
  }

  @Test("tells of a standard output that takes nothing")
  func fullDisk() throws {
    let outcome = try BuiltProgram.run(["help"], standardOutput: "/dev/full")
    #expect(outcome.code == 3)
    #expect(outcome.messages == "dpu: error: cannot write to the standard output: No space left on device\n")
  }
}
