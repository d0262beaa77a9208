import Inference

/// What became of a frame of `dpu run` that was handed to the device.
enum RunFrame: Sendable {
  /// Its results are there.
  case finished(FinishedFrame)
  /// Its job has failed as often as it is tried; where a core is left, the other frames go on.
  case failed(InputList.Failure, isCoreLeft: Bool)

  /// Says why a frame has no results; `nil` where that is nothing that happens to single frames.
  init?(_ frame: PipelineFrame, after error: InferenceError) {
    switch error.code {
    case .noCoreLeft: break
    case .deviceFailed: guard error.cause?.isOfTheDevice == true else { return nil }
    case .deadlinePassed, .cancelled, .busy, .closed, .skipped: return nil
    }
    var title = ""
    FinishedFrame.appendTitle(frame.paths[0], frame.number, to: &title)
    self = .failed(
      InputList.Failure(path: frame.paths[0], message: error.message, frame: frame.number ?? 0, title: title),
      isCoreLeft: error.code != .noCoreLeft)
  }
}
