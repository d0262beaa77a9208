package import Boards
package import Devices
package import Vision
package import XModel

/// The exit codes of the program; `dpu help` lists them.
package enum ExitCode: Int32, Sendable, CaseIterable {
  case success = 0
  /// A comparison or check came out false.
  case checkFailed = 1
  /// The command line makes no sense.
  case usage = 2
  /// A file or model is missing, damaged or not fit for what was asked.
  case invalidInput = 3
  /// There is no such device here, or no permission to use it.
  case noDevice = 4
  /// The device failed or took too long.
  case deviceFailed = 5
  /// Ended by SIGHUP, as when the session is closed.
  case hungUp = 129
  /// Ended by Ctrl-C.
  case interrupted = 130
  /// Ended by SIGTERM.
  case terminated = 143

  /// What the code means, without a full stop.
  package var meaning: String {
    switch self {
    case .success: "all went well"
    case .checkFailed: "a check or comparison failed"
    case .usage: "the command line makes no sense"
    case .invalidInput: "a file or model is missing, damaged or unfit"
    case .noDevice: "no such device, or no permission to use it"
    case .deviceFailed: "the device failed or took too long"
    case .hungUp: "the session was closed"
    case .interrupted: "interrupted (Ctrl-C)"
    case .terminated: "terminated"
    }
  }
}

/// Why a command ended early: the line for the person and the code for the shell.
package struct CommandError: Error, Equatable, Sendable, CustomStringConvertible {
  /// The exit code.
  package let code: ExitCode
  /// One line: what, where, why, what to do.
  package let message: String

  /// Makes an error.
  package init(_ code: ExitCode, _ message: String) {
    self.code = code
    self.message = message
  }

  /// Makes an error of a file that could not be read or understood.
  package init(_ error: XModelError) { self.init(.invalidInput, error.description) }

  /// Makes an error of a picture, array or card that could not be read, used or written.
  package init(_ error: VisionError) { self.init(.invalidInput, error.description) }

  /// Makes an error of a device.
  package init(_ error: DeviceError) {
    switch error.code {
    case .unsupported, .invalidModel, .wrongCore: self.init(.invalidInput, error.description)
    case .unavailable: self.init(.noDevice, error.description)
    case .failed, .timedOut, .busy, .outOfMemory: self.init(.deviceFailed, error.description)
    }
  }

  /// Makes an error of a board, its overlay or a file of one.
  package init(_ error: BoardError) {
    switch error.code {
    case .malformed, .invalid, .inputOutput: self.init(.invalidInput, error.description)
    case .unavailable, .noPermission: self.init(.noDevice, error.description)
    case .refused: self.init(.checkFailed, error.description)
    case .failed: self.init(.deviceFailed, error.description)
    }
  }

  /// The line for the person.
  package var description: String { message }
}
