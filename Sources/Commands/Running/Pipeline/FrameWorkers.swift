import Glibc

/// The threads of a pipeline.
enum FrameWorkers {
  /// How many threads read, and how many finish: either may have all processors, and some may wait for the disk.
  static var count: Int { min(16, ModelDevices.processorCount + 2) }

  /// Lets the threads that keep the device busy go first: they need little time, but need it at once.
  static func yieldToDevice() {
    // On Linux this is about the calling thread alone, and anyone may do it.
    let thread = __priority_which_t(PRIO_PROCESS.rawValue)
    setpriority(thread, 0, getpriority(thread, 0) + 4)
  }
}
