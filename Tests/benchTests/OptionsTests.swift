import Testing
import bench

@Suite struct OptionsTests {
  @Test func optionsAndModelsMayComeInAnyOrder() throws {
    let options = try Options(
      parsing: ["a.xmodel", "--threads", "2", "--json", "b.xmodel", "--isa", "portable", "--seconds", "0.5"])
    #expect(options.models == ["a.xmodel", "b.xmodel"])
    #expect(options.threadCount == 2)
    #expect(options.isJSON)
    #expect(options.instructionSet == "portable")
    #expect(options.duration == .milliseconds(500))
  }

  @Test(arguments: DeviceKind.allCases)
  func withoutOptionsTheBestKernelsRunOnOneThread(device: DeviceKind) throws {
    let options = try Options(parsing: ["--device", device.rawValue, "a.xmodel"])
    #expect(options.device == device)
    #expect(options.instructionSet == device.bestInstructionSet)
    #expect(options.threadCount == 1)
    #expect(options.runCount == (device == .simulated ? 15 : nil))
    #expect(try Options(parsing: ["a.xmodel"]).device == .software)
  }

  @Test func runsAreCountedOrTimed() throws {
    #expect(try Options(parsing: ["--runs", "4", "a.xmodel"]).runCount == 4)
    let timed = try Options(parsing: ["--device", "simulated", "--seconds", "2", "a.xmodel"])
    #expect(timed.runCount == nil)
    #expect(timed.duration == .seconds(2))
  }

  @Test(arguments: Options.Mode.allCases)
  func theSchedulerIsMeasuredWithoutModels(mode: Options.Mode) throws {
    let options = try Options(parsing: [mode.rawValue, "--json", "--seconds", "2"])
    #expect(options.mode == mode && options.isJSON && options.duration == .seconds(2))
    #expect(try Options(parsing: ["a.xmodel", mode.rawValue]).mode == nil)
  }

  @Test func helpNeedsNoModel() throws {
    #expect(try Options(parsing: ["--help"]).wantsHelp)
  }

  @Test(arguments: [
    (arguments: [], words: "no model"),
    (arguments: ["--thread", "2", "a"], words: "--thread"),
    (arguments: ["a", "--threads"], words: "--threads needs a value"),
    (arguments: ["a", "--threads", "0"], words: "--threads 0"),
    (arguments: ["a", "--threads", "1.5"], words: "--threads 1.5"),
    (arguments: ["a", "--seconds", "nan"], words: "--seconds nan"),
    (arguments: ["a", "--seed", "-1"], words: "--seed -1"),
    (arguments: ["a", "--isa", "sse"], words: "--isa sse"),
    (arguments: ["a", "--runs", "0"], words: "--runs 0"),
    (arguments: ["a", "--runs", "3", "--seconds", "1"], words: "--seconds and --runs"),
    (arguments: ["a", "--device", "board"], words: "--device board: software or simulated"),
    (arguments: ["a", "--device", "simulated", "--threads", "2"], words: "takes one thread"),
    (arguments: ["a", "--device", "simulated", "--isa", "sse"], words: "--isa sse"),
    (arguments: ["--driven", "a", "b"], words: "one model, not 2"),
    (arguments: ["a", "--batch", "0"], words: "--batch 0"),
    (arguments: ["a", "--device", "simulated", "--batch", "2"], words: "holds one frame"),
    (arguments: ["paced", "a"], words: "paced takes no model"),
  ])
  func wrongArgumentsAreNamed(arguments: [String], words: String) {
    do throws(UsageError) {
      _ = try Options(parsing: arguments)
      Issue.record("\(arguments) were taken")
    } catch {
      #expect(error.message.contains(words))
    }
  }
}
