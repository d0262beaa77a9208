/// A subcommand of the program.
package protocol Command {
  /// What it is called and takes.
  static var table: CommandTable { get }

  /// Does the work.
  ///
  /// - Returns: The exit code.
  /// - Throws: A `CommandError`, or an error of the module that failed, which the program turns into one.
  static func run(_ arguments: Arguments, _ console: Console) throws -> ExitCode
}
