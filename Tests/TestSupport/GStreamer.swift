/// GStreamer's program, for tests of sources.
package enum GStreamer {
  /// The program, `nil` where it is not installed.
  package static let program = OutsideProgram("/usr/bin/gst-launch-1.0")
  /// Whether tests of it run: where it is, and where it has to be.
  package static var isTested: Bool { program != nil || OutsideProgram.areExpected }
  /// Why such a test is skipped.
  package static let absence: String = "needs gst-launch-1.0: scripts/setup --all"
}
