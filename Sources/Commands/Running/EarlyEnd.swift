import Devices

/// Why a command ended before the last of its inputs; what was done by then is kept and reported.
enum EarlyEnd {
  /// A result could not be written, and the next ones would fare no better.
  case unwritable
  /// Every core has failed.
  case noCoreLeft
  /// A job failed where it is not tried on another core.
  case deviceFailed
  /// A signal came.
  case signal(ExitCode)

  /// The end of a command that nothing else has ended before its last input.
  init?(after end: EarlyEnd?) {
    guard let end = end ?? Interruption.exitCode.map(EarlyEnd.signal) else { return nil }
    self = end
  }

  /// What happened, as the end of a sentence.
  var words: String {
    switch self {
    case .unwritable: "a result could not be written"
    case .noCoreLeft: "no core was left to run on"
    case .deviceFailed: "the device failed"
    case .signal: "a signal came"
    }
  }
  /// The exit code of a command that ended so.
  var exitCode: ExitCode {
    switch self {
    case .unwritable: .invalidInput
    case .noCoreLeft, .deviceFailed: .deviceFailed
    case .signal(let code): code
    }
  }

  /// Says how much was done, in one line.
  ///
  /// - Parameter done: The number of frames or volumes with their noun.
  func tell(_ console: Console, done: String) {
    if case .signal = self {
      console.complain("stopped by a signal after \(done)")
    } else {
      console.note("stopped where \(words); \(done) kept")
    }
  }
}

extension DeviceError {
  /// Whether it came upon the device, not upon the model, which would fail in every frame.
  var isOfTheDevice: Bool { CommandError(self).code != .invalidInput }
}
