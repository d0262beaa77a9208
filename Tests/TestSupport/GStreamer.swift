/// GStreamer's program, for tests of sources.
package enum GStreamer {
  /// The program, `nil` where it is not installed.
  package static let program = OutsideProgram("/usr/bin/gst-launch-1.0")
  /// Whether tests of it run: where it is, and where it has to be.
  package static var isTested: Bool { program != nil || OutsideProgram.areExpected }
  /// Whether tests of video files run: where one can be made and read, and where it has to be.
  package static let hasVideoFiles: Bool = {
    guard let inspect = OutsideProgram("/usr/bin/gst-inspect-1.0"), program != nil else { return isTested }
    let isComplete = ["jpegenc", "avimux", "avidemux", "jpegdec"].allSatisfy { element in
      (try? TemporaryFolder.with { try inspect.run(["--exists", element], in: $0).code }) == 0
    }
    return isComplete || OutsideProgram.areExpected
  }()
  /// Why a test of video files is skipped.
  package static let videoAbsence: String = "needs jpegenc, avimux, avidemux and jpegdec of gstreamer1.0-plugins-good"
  /// Why such a test is skipped.
  package static let absence: String = "needs gst-launch-1.0: scripts/setup --all"
}
