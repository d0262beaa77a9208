import Devices
import JSONValues
import Threads

/// What `/` shows: numbers each second, pictures as fast as they are drawn, and the last words of the service.
///
/// Nothing here is waited for by an inference: those who look get the newest, and less of it where they are slow.
package final class PageFeed: Sendable {
  /// How much a page may show.
  package struct Limits: Equatable, Sendable {
    /// Pages at a time.
    package var eventClientCount = 32
    /// Clients at a time that look at pictures, for each of the two forms.
    package var pictureClientCount = 16
    /// The time from one report to the next.
    package var interval = Duration.seconds(1)
    /// Reports whose numbers a page gets when it opens.
    package var historyCount = 60

    /// Makes the usual limits.
    package init() {}
  }

  private struct State {
    var samples: [PageSample] = []
    /// What was read last: reading may take a moment, and a page that opens should not wait for it.
    var readings: PageReadings?
    var history: [[Double?]] = []
    /// The last line of the log that was sent.
    var lastLine = 0
  }

  /// The words.
  package let log: EventLog
  /// The runs that somebody wants to see; `nil` where no pictures are shown.
  package let desk: PictureDesk?
  private let limits: Limits
  private let events: StreamGroup
  private let start = Moment.now
  private let readings: @Sendable () -> PageReadings
  private let state = Guarded(State())
  private let isOver = Monitor(false)
  private let thread = Guarded<OwnThread?>(nil)

  /// The parts of a stream of pictures begin with this line.
  static let boundary = "dpu-picture"

  /// Makes a view that reports nothing yet.
  ///
  /// - Parameters:
  ///   - showsPictures: Whether clients may see what other clients send.
  ///   - readings: What lies outside the service; called once a second.
  package init(
    _ log: EventLog, showsPictures: Bool, limits: Limits = Limits(), readings: @escaping @Sendable () -> PageReadings
  ) {
    self.log = log
    self.limits = limits
    self.readings = readings
    desk = showsPictures ? PictureDesk(clientCount: limits.pictureClientCount) : nil
    events = StreamGroup("numbers", limit: limits.eventClientCount, depth: 8)
  }

  /// Pictures that viewers were too slow for, by kind of stream.
  var droppedFrames: [(source: String, count: Int)] {
    desk.map { [("pictures", $0.pictures.leftOutCount), ("frames", $0.frames.leftOutCount)] } ?? []
  }

  /// Begins to report.
  ///
  /// - Throws: `.failed` where the system gives no thread.
  package func start(_ service: InferenceService) throws(ServingError) {
    do throws(DeviceError) {
      let (isOver, interval) = (isOver, limits.interval)
      let thread = try OwnThread { [weak self, weak service] in
        repeat {
          guard let self, let service else { return }
          report(service)
        } while isOver.wait(timeLimit: interval, until: { $0 ? true : nil }) == nil
      }
      self.thread.withLock { $0 = thread }
    } catch {
      throw ServingError(.failed, error.message)
    }
  }

  /// Ends all that goes on.
  package func stop() {
    isOver.update { $0 = true }
    events.finish()
    desk?.finish()
    let thread = thread.withLock { thread in
      defer { thread = nil }
      return thread
    }
    thread?.join()
  }

  /// Lets a client look.
  func open(_ stream: PageStream, of service: InferenceService) throws(ServingError) -> HTTPResponse {
    switch stream {
    case .events:
      let first = event(report(of: service, isFirst: true), "hello")
      return PageFeed.response(try events.open(first: first), "text/event-stream; charset=utf-8")
    case .pictures(let model):
      let kind = "multipart/x-mixed-replace; boundary=\(PageFeed.boundary)"
      return PageFeed.response(
        try open(\.pictures, model, of: service, first: "--\(PageFeed.boundary)\r\n"), kind)
    case .frames(let model):
      return PageFeed.response(try open(\.frames, model, of: service), "application/octet-stream")
    }
  }

  private func open(
    _ group: KeyPath<PictureDesk, StreamGroup>, _ model: String?, of service: InferenceService, first: String = ""
  ) throws(ServingError) -> HTTPStream {
    guard let desk else { throw ServingError(.notFound, "this service shows no pictures of what it answers") }
    if let model {
      let entry = try service.repository.find(Route.Target(model: model))
      guard entry.model.showsPictures else {
        throw ServingError(
          .notFound, "\"\(model)\" shows no pictures: it has no card that says what its input is a picture of")
      }
    }
    return try desk[keyPath: group].open(model: model, first: Array(first.utf8))
  }

  private static func response(_ stream: HTTPStream, _ kind: String) -> HTTPResponse {
    var headers = LivePage.guards
    headers.add("Content-Type", kind)
    headers.add("Cache-Control", "no-store")
    // Proxies would keep what is to be seen at once.
    headers.add("X-Accel-Buffering", "no")
    return HTTPResponse(stream, headers: headers)
  }

  /// Takes a sample, and tells all who look.
  private func report(_ service: InferenceService) {
    let report = report(of: service, isFirst: false)
    if events.count > 0 { events.send(event(report, "now")) }
  }

  private func report(of service: InferenceService, isFirst: Bool) -> JSONValue {
    let now = Moment.now
    let known = isFirst ? state.withLock { $0.readings } : nil
    // What was read before the first model tells nothing.
    let readings = known.flatMap { $0.device == nil ? nil : $0 } ?? readings()
    let entries = service.repository.loaded
    let sample = PageSample(entries, readings.schedule, at: now)
    let latency = PageReport.latency(of: entries, at: now)
    return state.withLock { state in
      let change = state.samples.first.map { sample.change(since: $0) } ?? PageSample.Change()
      let (lines, last) = log.lines(after: isFirst ? 0 : state.lastLine)
      let report = PageReport(
        service: service, readings: readings, change: change, now: now, start: start,
        watcherCounts: (events.count, desk?.watcherCount ?? 0), drawsPictures: desk != nil, lines: lines,
        latency: latency)
      guard !isFirst else { return report.json(history: state.history) }
      state.lastLine = last
      state.readings = readings
      // Rates are of two intervals: one alone makes them jump where few requests come.
      state.samples.append(sample)
      if state.samples.count > 2 { state.samples.removeFirst() }
      state.history.append(report.point)
      if state.history.count > limits.historyCount { state.history.removeFirst() }
      return report.json(history: nil)
    }
  }

  private func event(_ value: JSONValue, _ name: String) -> [UInt8] {
    Array("event: \(name)\ndata: \(value.compactText)\n\n".utf8)
  }
}
