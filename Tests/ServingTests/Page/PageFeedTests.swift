import Devices
import Foundation
import Inference
import JSONValues
import Serving
import Tensors
import TestSupport
import Testing
import Threads

/// What is behind the page.
@Suite struct PageFeedTests {
  /// A model that gives back what it gets.
  struct Same: ServableModel {
    let inputs = [ServedTensor(name: "in", shape: Shape([1, 2, 2, 1]), fixPoint: FixPoint(0))]
    let outputs = [ServedTensor(name: "out", shape: Shape([1, 2, 2, 1]), fixPoint: FixPoint(0))]
    let labels: [String] = []
    let jobCount = 1
    let showsPictures: Bool

    func run(_ inputs: [InputTensor], outputs: [Int], _ options: JobOptions) async throws(ServingError) -> ModelRun {
      var bytes = [UInt8](repeating: 0, count: 4)
      let losses = bytes.withUnsafeMutableBytes { inputs[0].fill($0) }
      guard bytes != [9, 9, 9, 9] else { throw ServingError(.failed, "core 0 broke off") }
      return ModelRun(tensors: outputs.map { _ in bytes }, losses: losses, times: RunTimes())
    }
  }

  static func bench(
    showsPictures: Bool = true, tokens: BearerTokens? = nil, page: Bool = true
  ) async throws -> (service: InferenceService, view: PageFeed) {
    let source = ModelRepository.Source(
      list: { () throws(ServingError) in ["a": ["1"], "b": ["1"]] },
      open: { (name, _) throws(ServingError) in Same(showsPictures: name == "a") })
    let repository = try ModelRepository(source)
    let view = PageFeed(EventLog { 1234 }, showsPictures: showsPictures) {
      var readings = PageReadings()
      readings.device = DeviceDescription(kind: "simulated", detail: "B4096")
      readings.reservation = "times are this computer's"
      readings.watts = 2.5
      readings.sensor = "SOM"
      return readings
    }
    var surroundings = InferenceService.Surroundings(version: "1.2.3", clock: { 1234 })
    if page { surroundings.live = view }
    let service = InferenceService(repository, tokens: tokens, surroundings: surroundings)
    try await repository.load("a")
    try await repository.load("b")
    service.phase = .serving
    return (service, view)
  }

  static func ask(
    _ service: InferenceService, _ target: String, _ body: String = "", headers: HTTPHeaders = [:]
  ) async -> HTTPResponse {
    let head = HTTPRequestHead(method: body.isEmpty ? "GET" : "POST", target: target, headers: headers)
    if let refusal = service.refusal(of: head) { return refusal }
    return await service.answer(HTTPRequest(head, body: Array(body.utf8), deadline: .now + .seconds(20)))
  }

  static func status(_ service: InferenceService, _ target: String, _ body: String = "") async -> Int {
    await ask(service, target, body).status
  }

  static func stream(
    _ service: InferenceService, _ target: String, headers: HTTPHeaders = [:]
  ) async throws -> HTTPStream {
    let answer = await ask(service, target, headers: headers)
    return try #require(answer.stream)
  }

  /// The status of an inference of four equal numbers.
  static func infer(_ service: InferenceService, _ number: Int) async -> Int {
    let data = "[\(number),\(number),\(number),\(number)]"
    return await ask(
      service, "/v2/models/a/infer",
      #"{"inputs":[{"name":"in","shape":[1,2,2,1],"datatype":"FP32","data":\#(data)}]}"#,
      headers: ["Content-Length": "1"]
    ).status
  }

  /// The first thing that a page hears.
  static func hello(_ service: InferenceService) async throws -> [String: Any] {
    let stream = try await stream(service, "/live/events")
    let text = String(decoding: stream.waitingBytes, as: UTF8.self)
    #expect(text.hasPrefix("event: hello\ndata: {") && text.hasSuffix("}\n\n"))
    let data = Data(text.dropFirst("event: hello\ndata: ".count).utf8)
    let object = try JSONSerialization.jsonObject(with: data)
    return try #require(object as? [String: Any])
  }

  @Test("/ is the page, with a policy that lets it do nothing else, and needs no token")
  func page() async throws {
    let (service, _) = try await Self.bench(tokens: BearerTokens(["0123456789abcdef"]))
    let answer = await Self.ask(service, "/")
    #expect(answer.status == 200)
    #expect(answer.headers.values("Content-Type") == ["text/html; charset=utf-8"])
    #expect(answer.headers.values("Content-Security-Policy") == [LivePage.policy])
    #expect(String(decoding: answer.body, as: UTF8.self) == LivePage.text)
    for path in ["/live/events", "/live/pictures", "/live/frames/a"] {
      #expect(await Self.status(service, path) == 401)
      let headers: HTTPHeaders = ["Authorization": "Bearer 0123456789abcdef"]
      _ = try await Self.stream(service, path, headers: headers)
    }
  }

  @Test("a page hears of service, device, rates, power, models, and the last words")
  func report() async throws {
    let (service, view) = try await Self.bench()
    view.log.add(.note, "listening")
    for _ in 0..<5 { #expect(await Self.infer(service, 1) == 200) }
    #expect(await Self.infer(service, 9) == 500)
    let report = try await Self.hello(service)
    #expect(report["schema"] as? String == "dpu.page/1")
    #expect((report["service"] as? [String: Any])?["ready"] as? Bool == true)
    let device = try #require(report["device"] as? [String: Any])
    #expect(device["kind"] as? String == "simulated")
    #expect(device["reservation"] as? String == "times are this computer's")
    #expect((report["power"] as? [String: Any])?["watts"] as? Double == 2.5)
    let latency = try #require(report["latency"] as? [String: Any])
    let (median, late) = (try #require(latency["p50_ms"] as? Double), try #require(latency["p99_ms"] as? Double))
    #expect(median > 0 && median <= late)
    let models = try #require(report["models"] as? [[String: Any]])
    #expect(models.map { $0["name"] as? String } == ["a", "b"])
    #expect(models.map { $0["shows_pictures"] as? Bool } == [true, false])
    #expect(models[0]["frames"] as? Int == 5)
    let requests = try #require(models[0]["requests"] as? [String: Int])
    #expect(requests["success"] == 5 && requests["failed"] == 1)
    let words = try #require(report["log"] as? [[String: Any]]).map { $0["text"] as? String }
    #expect(words == ["listening", "core 0 broke off"])
  }

  @Test("rates and stages are those of the last moment, and reach a page that is open")
  func rates() throws {
    // A thread of its own: other tests may keep those that all tasks share busy for longer than a moment.
    try TaskThread.run { () async throws in
      let (service, view) = try await Self.bench()
      let stream = try await Self.stream(service, "/live/events")
      _ = stream.waitingBytes
      try view.start(service)
      defer { view.stop() }
      for _ in 0..<400 {
        #expect(await Self.infer(service, 1) == 200)
        try await Task.sleep(for: .milliseconds(20))
        let text = String(decoding: stream.waitingBytes, as: UTF8.self)
        guard let line = text.components(separatedBy: "\n").last(where: { $0.hasPrefix("data: ") }) else { continue }
        let object = try JSONSerialization.jsonObject(with: Data(line.dropFirst(6).utf8))
        let report = try #require(object as? [String: Any])
        guard let rate = (report["rates"] as? [String: Any])?["frames_per_second"] as? Double, rate > 0 else {
          continue
        }
        let stages = try #require(report["stages"] as? [[String: Any]])
        #expect(stages.map { $0["name"] as? String } == ["reading", "queue", "input", "device", "output"])
        #expect((stages[0]["ms"] as? Double ?? 0) > 0)
        let perJoule = try #require((report["power"] as? [String: Any])?["frames_per_joule"] as? Double)
        #expect(abs(perJoule - rate / 2.5) < 0.01)
        return
      }
      Issue.record("no report had a rate")
    }
  }

  @Test("pictures are refused in words where there are none")
  func refusals() async throws {
    let (service, _) = try await Self.bench()
    #expect(await Self.status(service, "/live/frames/b") == 404)
    #expect(await Self.status(service, "/live/frames/other") == 404)
    #expect(await Self.status(service, "/live/other") == 404)
    #expect(await Self.status(service, "/live/events/a") == 404)
    #expect(await Self.status(service, "/live/pictures", "x") == 405)
    let (numbers, _) = try await Self.bench(showsPictures: false)
    #expect(await Self.status(numbers, "/live/frames/a") == 404)
    _ = try await Self.stream(numbers, "/live/events")
    let (none, _) = try await Self.bench(page: false)
    #expect(await Self.status(none, "/") == 404)
  }

  @Test("the desk keeps the newest run of each model, and wants none where nobody looks")
  func desk() async throws {
    let (service, view) = try await Self.bench()
    let desk = try #require(view.desk)
    #expect(!desk.wants("a"))
    let stream = try await Self.stream(service, "/live/frames/a")
    #expect(desk.wants("a") && !desk.wants("b"))
    for number in 1...3 { desk.offer([], [UInt8(number)], of: "a") }
    desk.offer([], [7], of: "b")
    let first = try #require(desk.next())
    #expect(first.output == [3] && first.number == 3)
    #expect(desk.next()?.output == [7])
    desk.show(words: Array("{}".utf8), picture: [1, 2, 3], labels: [4], of: "a")
    desk.show(words: Array("{}".utf8), picture: [9], labels: [], of: "b")
    #expect(stream.waitingBytes == [2, 0, 0, 0, 3, 0, 0, 0, 1, 0, 0, 0] + Array("{}".utf8) + [1, 2, 3, 4])
    for number in 1...3 { desk.show(words: [], picture: [UInt8(number)], labels: [], of: "a") }
    let dropped = MetricFamily.page(service.metrics)
    #expect(dropped.contains(#"dpu_frames_dropped_total{source="frames"} 2"#))
    #expect(dropped.contains(#"dpu_frames_dropped_total{source="pictures"} 0"#))
    view.stop()
    #expect(desk.next() == nil)
    #expect(!desk.wants("a"))
  }

  @Test("pictures for other programs stand between lines that viewers know")
  func motionJPEG() async throws {
    let (service, view) = try await Self.bench()
    let answer = await Self.ask(service, "/live/pictures")
    let stream = try #require(answer.stream)
    #expect(answer.headers.values("Content-Type") == ["multipart/x-mixed-replace; boundary=dpu-picture"])
    view.desk?.show(picture: Array("JPEG".utf8), of: "a")
    #expect(
      String(decoding: stream.waitingBytes, as: UTF8.self)
        == "--dpu-picture\r\nContent-Type: image/jpeg\r\nContent-Length: 4\r\n\r\nJPEG\r\n--dpu-picture\r\n")
  }

  @Test("the log keeps the last lines, counts what is repeated, and shows where lines are missing")
  func log() {
    let log = EventLog(capacity: 3) { 5 }
    for text in ["a", "b", "b", "c", "d"] { log.add(.note, text) }
    let (lines, last) = log.lines(after: 0)
    #expect(lines.map(\.text) == ["b", "c", "d"])
    #expect(lines.map(\.count) == [2, 1, 1])
    #expect(lines.map(\.number) == [3, 4, 5] && last == 5)
    #expect(log.lines(after: 4).lines.map(\.text) == ["d"])
  }

  @Test("percentiles are those of the nearest rank, and of requests after a moment")
  func percentiles() {
    var recent = RecentRequests(capacity: 4)
    let now = Moment.now
    for index in 1...6 { recent.add(.milliseconds(index), at: now + .seconds(index)) }
    #expect(recent.durations(after: now).sorted() == [3_000_000, 4_000_000, 5_000_000, 6_000_000])
    #expect(recent.durations(after: now + .seconds(5)) == [6_000_000])
    #expect(RecentRequests.percentiles([0.5, 0.99], of: [5, 1, 3, 2]) == [2, 5])
    #expect(RecentRequests.percentiles([0.5], of: []) == nil)
  }
}
