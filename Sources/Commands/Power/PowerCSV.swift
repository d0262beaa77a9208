import Boards
import Glibc

/// A file with a row for each sample.
package struct PowerCSV {
  /// The columns: the time of day in UTC, seconds since the beginning by a clock that nobody sets, and what was read.
  package static let header = "time,seconds,sensor,quantity,unit,value\n"

  /// The file.
  let path: String
  /// How many samples were written.
  private(set) var rowCount = 0
  private let descriptor: Int32
  private var byteCount = 0
  private var place = SamplePlace()
  /// The time of day at the beginning: setting the clock meanwhile must not part the two columns.
  private var start: TimeOfDay?

  /// Makes the file, or empties it.
  ///
  /// - Throws: An error that names the file where it can't be made or written.
  init(_ path: String) throws(CommandError) {
    self.path = path
    descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else {
      throw CommandError(.invalidInput, "\(path): cannot write there: \(String(cString: strerror(errno)))")
    }
    try write(Self.header)
  }

  /// Writes the samples that have come since the last call.
  ///
  /// - Throws: An error that names the file and says how much of it stays.
  mutating func append(from meter: PowerMeter) throws(CommandError) {
    let samples = meter.samples(since: &place)
    guard !samples.isEmpty else { return }
    let start = self.start ?? TimeOfDay.now(minus: ContinuousClock.now - meter.epoch)
    self.start = start
    try write(
      samples.map { sample in
        let (quantity, unit) = Self.words(sample.sensor.quantity)
        let label = sample.sensor.label
        let name = label.contains { $0 == "," || $0 == "\"" || $0.isNewline } ? Self.quoted(label) : label
        return "\(start.text(after: sample.seconds)),\(sample.seconds.formatted(decimals: 6)),\(name),\(quantity),"
          + "\(unit),\(sample.value.formatted(decimals: 6))\n"
      }.joined())
    rowCount += samples.count
  }

  private mutating func write(_ text: String) throws(CommandError) {
    let failure = Terminal.write(text, to: descriptor)
    guard failure == 0 else {
      // The rows of a failed write go, so that the file ends with a whole one.
      ftruncate(descriptor, byteCount)
      throw CommandError(
        .invalidInput,
        "\(path): cannot write: \(String(cString: strerror(failure))); \(ScoreText.count(rowCount, "sample")) before stay"
      )
    }
    byteCount += text.utf8.count
  }

  private static func quoted(_ text: String) -> String {
    "\"" + text.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\"") + "\""
  }

  private static func words(_ quantity: PowerSensor.Quantity) -> (String, String) {
    switch quantity {
    case .power: ("power", "W")
    case .energy: ("energy", "J")
    case .temperature: ("temperature", "°C")
    }
  }
}

/// A time of day in UTC.
package struct TimeOfDay {
  private let microseconds: Int64

  /// Now, less some time.
  static func now(minus duration: Duration) -> TimeOfDay {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    let now = Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1000
    return TimeOfDay(microseconds: now - Int64(duration / .microseconds(1)))
  }

  /// The time so many microseconds after the beginning of 1970.
  package init(microseconds: Int64) { self.microseconds = microseconds }

  /// The time some seconds later, as `2026-11-21T12:05:04.123456Z`.
  package func text(after seconds: Double) -> String {
    let time = microseconds + Int64((seconds * 1e6).rounded())
    var whole = time_t(time / 1_000_000)
    var parts = tm()
    gmtime_r(&whole, &parts)
    func digits(_ number: Int64, _ count: Int) -> String {
      let text = String(number)
      return String(repeating: "0", count: max(0, count - text.count)) + text
    }
    let date = [(Int64(parts.tm_year) + 1900, 4), (Int64(parts.tm_mon) + 1, 2), (Int64(parts.tm_mday), 2)]
    let clock = [Int64(parts.tm_hour), Int64(parts.tm_min), Int64(parts.tm_sec)]
    return date.map { digits($0.0, $0.1) }.joined(separator: "-") + "T"
      + clock.map { digits($0, 2) }.joined(separator: ":") + ".\(digits(time % 1_000_000, 6))Z"
  }
}
