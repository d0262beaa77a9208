import Glibc

/// The package's benchmark: `swift run -c release bench MODEL…`.
@main
enum Bench {
  static func main() {
    do {
      let options = try Options(parsing: Array(CommandLine.arguments.dropFirst()))
      if options.wantsHelp {
        print(Options.usage)
        return
      }
      warnOfDebugBuild()
      var isReached = true
      switch options.mode {
      case .handoff: isReached = try HandoffBench(isJSON: options.isJSON).report()
      case .paced: isReached = try PacedBench(isJSON: options.isJSON, duration: options.duration).report()
      case .conversions where options.isDriven: try DrivenHostWork().serve()
      case .conversions: isReached = try ConversionBench(isJSON: options.isJSON).report()
      case nil where options.isDriven: try DrivenMode(options).serve()
      case nil: try NetworkBench(options).report()
      }
      guard isReached else { fail("not all reached what is aimed at", exitCode: 1) }
    } catch let error as UsageError {
      fail("\(error.message); bench --help says what there is", exitCode: 2)
    } catch {
      fail("\(error)", exitCode: 1)
    }
  }

  private static func warnOfDebugBuild() {
    guard MachineRecord.configuration != "release" else { return }
    tell("warning: this is a debug build, its times mean nothing; use -c release")
  }

  private static func fail(_ message: String, exitCode: Int32) -> Never {
    tell("error: \(message)")
    exit(exitCode)
  }

  private static func tell(_ message: String) {
    let line = Array("bench: \(message)\n".utf8)
    _ = line.withUnsafeBytes { write(STDERR_FILENO, $0.baseAddress, $0.count) }
  }
}
