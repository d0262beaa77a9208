import Commands
import Glibc

exit(DPUProgram.run(Array(CommandLine.arguments.dropFirst())).rawValue)
