import Boards
import Devices
import Glibc
import Vision
import XModel
import XRTDPU

/// The program `dpu`: finds the subcommand, runs it and turns errors into one line and an exit code.
package enum DPUProgram {
  /// The version of the program.
  package static let version = "0.1.0"
  /// The file of the running program, beside which catalogue and samples may lie.
  static var path: String { SystemFiles().link("/proc/self/exe") ?? "" }

  /// The subcommands, in the order of the help.
  static var commands: [any Command.Type] {
    [
      RunCommand.self, LiveCommand.self, BenchCommand.self, EvaluateCommand.self, InspectCommand.self,
      DigestCommand.self, VerifyCommand.self, DisasmCommand.self, PredictCommand.self, OverlayCommand.self,
      PowerCommand.self, DevicesCommand.self, DoctorCommand.self, SelftestCommand.self, TopCommand.self,
      ServeCommand.self, CompletionCommand.self, HelpCommand.self,
    ]
  }

  /// Runs the program.
  ///
  /// - Parameter arguments: The arguments behind the program's name.
  /// - Returns: The exit code.
  package static func run(_ arguments: [String]) -> ExitCode {
    // A file beyond the limit that the shell sets is a failed write with a reason, not the end of the program.
    signal(SIGXFSZ, SIG_IGN)
    var console = Console(Arguments())
    do {
      guard let verb = arguments.first, verb != "--help", verb != "-h" else {
        try console.print(HelpCommand.overview(width: console.width))
        return .success
      }
      if verb == "--version" {
        try console.print("dpu \(version)")
        return .success
      }
      let command = try find(verb)
      let parsed = try ArgumentReader.read(Array(arguments.dropFirst()), by: command.table)
      console = Console(parsed)
      if parsed.flag("help") {
        try console.print(HelpText.make(command.table, width: console.width))
        return .success
      }
      return try command.run(parsed, console)
    } catch let error as CommandError {
      console.complain(error.message)
      return error.code
    } catch let error as XModelError {
      return fail(CommandError(error), console)
    } catch let error as VisionError {
      return fail(CommandError(error), console)
    } catch let error as DeviceError {
      return fail(CommandError(error), console)
    } catch let error as BoardError {
      return fail(CommandError(error), console)
    } catch {
      return fail(CommandError(.invalidInput, "\(error)"), console)
    }
  }

  /// Finds a subcommand by name.
  ///
  /// - Throws: An error of usage with the name that may have been meant.
  static func find(_ verb: String) throws(CommandError) -> any Command.Type {
    if let command = commands.first(where: { $0.table.name == verb }) { return command }
    let near = NearMiss.find(verb, among: commands.map { $0.table.name }).map { "; did you mean '\($0)'?" } ?? ""
    let kind = verb.hasPrefix("-") ? "option" : "command"
    throw CommandError(.usage, "unknown \(kind) '\(verb)'\(near) (see 'dpu help')")
  }

  private static func fail(_ error: CommandError, _ console: Console) -> ExitCode {
    let origin = XRTLibrary.hasOpenedFake ? "; device: \(DeviceDescription.fakeBoard.line)" : ""
    console.complain(error.message + origin)
    return error.code
  }
}
