#if canImport(Glibc)
  import Glibc
#endif

/// What a fuzzer feeds: bytes and their number; gives 0.
package typealias FuzzTarget = @convention(c) (UnsafePointer<UInt8>?, Int) -> CInt

@_silgen_name("LLVMFuzzerRunDriver")
private func runDriver(
  _ count: UnsafeMutablePointer<CInt>,
  _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>>, _ target: FuzzTarget
) -> CInt

/// Runs libFuzzer with the program's arguments, and ends the program with its exit code.
///
/// The fuzzer's own main function gives way to the program's, since the package manager renames main functions.
package func runFuzzer(_ target: FuzzTarget) -> Never {
  var count = CommandLine.argc
  var arguments = CommandLine.unsafeArgv
  exit(runDriver(&count, &arguments, target))
}
