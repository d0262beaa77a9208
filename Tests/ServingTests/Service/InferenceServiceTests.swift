import Inference
import JSONValues
import Serving
import Tensors
import Testing
import Threads

/// The protocol's behaviour, straight at the handler.
@Suite struct InferenceServiceTests {
  /// A model that adds one to each number of its int8 input.
  struct PlusOne: ServableModel {
    let inputs = [ServedTensor(name: "in", shape: Shape([1, 3]), fixPoint: FixPoint(0))]
    let outputs = [ServedTensor(name: "out", shape: Shape([1, 3]), fixPoint: FixPoint(0))]
    let labels = ["x", "y", "z"]
    let jobCount = 2
    let gate: Monitor<Bool>

    func run(_ inputs: [InputTensor], outputs: [Int], _ options: JobOptions) async throws(ServingError) -> ModelRun {
      var bytes = [UInt8](repeating: 0, count: 3)
      let losses = bytes.withUnsafeMutableBytes { inputs[0].fill($0) }
      while !gate.update({ $0 }) {
        do { try await Task.sleep(for: .milliseconds(2)) } catch {
          throw ServingError(.unavailable, "given up")
        }
      }
      guard bytes != [9, 9, 9] else { throw ServingError(.failed, "core 0 broke off") }
      return ModelRun(tensors: outputs.map { _ in bytes.map { $0 &+ 1 } }, losses: losses, times: RunTimes())
    }
  }

  /// A service with the models `a` (versions 1 and 2), `b`, and `broken`.
  struct Bench {
    let service: InferenceService
    let gate = Monitor(true)

    init(tokens: BearerTokens? = nil) async throws {
      let gate = gate
      let source = ModelRepository.Source(
        list: { () throws(ServingError) in ["a": ["1", "2"], "b": ["1"], "broken": ["1"]] },
        open: { (name, _) throws(ServingError) in
          guard name != "broken" else { throw ServingError(.badRequest, "the file is damaged") }
          return PlusOne(gate: gate)
        })
      let repository = try ModelRepository(source, drainTime: .seconds(10))
      service = InferenceService(
        repository, tokens: tokens, surroundings: .init(version: "1.2.3", clock: { 1234 }))
      try await repository.load("a")
      service.phase = .serving
    }

    func ask(
      _ method: String, _ target: String, _ body: String = "", headers: HTTPHeaders = [:], peer: HTTPPeer = .unknown
    ) async -> (status: Int, body: String) {
      let head = HTTPRequestHead(method: method, target: target, headers: headers, peer: peer)
      if let refusal = service.refusal(of: head) { return (refusal.status, text(refusal)) }
      let response = await service.answer(
        HTTPRequest(head, body: Array(body.utf8), deadline: .now + .seconds(600)))
      return (response.status, text(response))
    }

    func infer(_ numbers: String, model: String = "a", parameters: String = "{}") async -> (status: Int, body: String) {
      await ask(
        "POST", "/v2/models/\(model)/infer",
        #"{"parameters":\#(parameters),"inputs":[{"name":"in","shape":[1,3],"datatype":"FP32","data":\#(numbers)}]}"#,
        headers: ["Content-Length": "1"])
    }

    private func text(_ response: HTTPResponse) -> String { String(decoding: response.body, as: UTF8.self) }
  }

  @Test("tells of itself and of its models")
  func metadata() async throws {
    let bench = try await Bench()
    #expect(await bench.ask("GET", "/v2/health/live") == (200, #"{"live":true}"#))
    #expect(await bench.ask("GET", "/v2/health/ready") == (200, #"{"ready":true}"#))
    #expect(
      await bench.ask("GET", "/v2")
        == (
          200,
          #"{"name":"swift-dpu","version":"1.2.3","extensions":["binary_tensor_data","classification","model_configuration","#
            + #""model_repository","schedule_policy","statistics"]}"#
        ))
    let tensor = #""datatype":"FP32","shape":[1,3],"parameters":{"native_datatype":"INT8","fix_point":0}}"#
    #expect(
      await bench.ask("GET", "/v2/models/a")
        == (
          200,
          #"{"name":"a","versions":["2"],"platform":"vitisai_xmodel","inputs":[{"name":"in",\#(tensor)],"outputs":[{"name":"out",\#(tensor)]}"#
        ))
    #expect(await bench.ask("GET", "/v2/models/a/versions/2/ready") == (200, #"{"name":"a","ready":true}"#))
    #expect(await bench.ask("GET", "/v2/models/a/versions/1").status == 404)
    #expect(await bench.ask("GET", "/v2/models/b/ready").status == 503)
    #expect(await bench.ask("GET", "/v2/models/c/ready").status == 404)
    #expect(await bench.ask("GET", "/v2/models/a/config").body.contains(#""data_type":"TYPE_FP32","dims":[1,3]"#))
  }

  @Test("runs a model and counts what it did")
  func inference() async throws {
    let bench = try await Bench()
    #expect(
      await bench.infer("[1,2,200]")
        == (
          200,
          #"{"model_name":"a","model_version":"2","parameters":{"saturated":1},"outputs":[{"name":"out","datatype":"FP32","shape":[1,3],"data":[2.0,3.0,-128.0]}]}"#
        ))
    #expect(await bench.infer("[1,2]").status == 400)
    #expect(await bench.infer("[9,9,9]") == (500, #"{"error":"core 0 broke off"}"#))
    #expect(await bench.infer("[1,2,3]", model: "b").status == 503)
    #expect(await bench.infer("[1,2,3]", model: "nobody").status == 404)
    let statistics = try JSONReader.read(Array(await bench.ask("GET", "/v2/models/a/stats").body.utf8)).compactText
    #expect(
      statistics.contains(#""name":"a","version":"2","last_inference":1234,"inference_count":1,"execution_count":1"#))
    #expect(statistics.contains(#""success":{"count":1"#) && statistics.contains(#""fail":{"count":2"#))
    let page = await bench.ask("GET", "/metrics").body
    #expect(page.contains(#"dpu_inference_requests_total{model="a",outcome="success"} 1"#))
    #expect(page.contains(#"dpu_inference_requests_total{model="a",outcome="failed"} 1"#))
    #expect(page.contains(#"dpu_inference_requests_total{model="a",outcome="rejected"} 1"#))
    #expect(page.contains(#"dpu_build_info{version="1.2.3"} 1"#))
  }

  @Test("loads and unloads models, and says why one can't be loaded")
  func repository() async throws {
    let bench = try await Bench()
    let row = #"{"name":"a","version":"2","state":"READY","reason":""}"#
    #expect(await bench.ask("POST", "/v2/repository/index", #"{"ready":true}"#) == (200, "[\(row)]"))
    #expect(
      await bench.ask("POST", "/v2/repository/index").body.contains(#""name":"b","version":"1","state":"UNAVAILABLE""#))
    #expect(await bench.ask("POST", "/v2/repository/models/b/load", "{}") == (200, "{}"))
    #expect(await bench.infer("[1,2,3]", model: "b").status == 200)
    #expect(
      await bench.ask("POST", "/v2/repository/models/b/unload", #"{"parameters":{"unload_dependents":false}}"#).status
        == 200)
    #expect(await bench.infer("[1,2,3]", model: "b").status == 503)
    #expect(await bench.ask("POST", "/v2/repository/models/b/unload").status == 404)
    #expect(
      await bench.ask("POST", "/v2/repository/models/broken/load")
        == (400, #"{"error":"cannot load \"broken\": the file is damaged"}"#))
    #expect(await bench.ask("POST", "/v2/repository/index").body.contains(#""reason":"the file is damaged""#))
    #expect(await bench.ask("POST", "/v2/repository/models/nobody/load").status == 404)
    #expect(await bench.ask("POST", "/v2/repository/models/a/load", #"{"parameters":{"config":"{}"}}"#).status == 501)
    #expect(await bench.ask("POST", "/v2/repository/models/a/load", "[1").status == 400)
  }

  @Test("unloading waits for what is under way")
  func draining() async throws {
    let bench = try await Bench()
    bench.gate.update { $0 = false }
    async let answer = bench.infer("[1,2,3]")
    try await Task.sleep(for: .milliseconds(50))
    async let unloaded = bench.ask("POST", "/v2/repository/models/a/unload")
    try await Task.sleep(for: .milliseconds(50))
    #expect(await bench.infer("[1,2,3]") == (503, #"{"error":"the model \"a\" is UNLOADING"}"#))
    bench.gate.update { $0 = true }
    #expect(await answer.status == 200)
    #expect(await unloaded.status == 200)
    #expect(await bench.ask("GET", "/v2/models/a/ready").status == 503)
  }

  @Test("a request whose time is up while it waits is told so, the others are answered")
  func timeout() async throws {
    let bench = try await Bench()
    bench.gate.update { $0 = false }
    async let one = bench.infer("[1,2,3]")
    async let two = bench.infer("[1,2,3]")
    try await Task.sleep(for: .milliseconds(50))
    let late = await bench.infer("[1,2,3]", parameters: #"{"timeout":20000}"#)
    #expect(late.status == 503 && late.body.contains("was up while it waited"))
    bench.gate.update { $0 = true }
    #expect(await one.status == 200)
    #expect(await two.status == 200)
  }

  @Test("a draining or faulty service is not ready, and answers on")
  func phases() async throws {
    let bench = try await Bench()
    bench.service.phase = .draining
    #expect(await bench.ask("GET", "/v2/health/ready") == (503, #"{"error":"the service is draining"}"#))
    #expect(await bench.ask("GET", "/v2/health/live").status == 200)
    #expect(await bench.infer("[1,2,3]").status == 200)
  }

  @Test("wants a token where there are some, but not from those who look after it")
  func tokens() async throws {
    let bench = try await Bench(tokens: BearerTokens(["0123456789abcdef", "fedcba9876543210"]))
    #expect(await bench.ask("GET", "/v2").status == 401)
    #expect(await bench.ask("GET", "/nothing").status == 401, "who has no token is told nothing")
    #expect(await bench.ask("GET", "/metrics", headers: ["Authorization": "Bearer 0123456789abcdeX"]).status == 401)
    #expect(await bench.ask("GET", "/metrics", headers: ["Authorization": "Basic 0123456789abcdef"]).status == 401)
    #expect(await bench.ask("GET", "/v2", headers: ["authorization": "bearer fedcba9876543210"]).status == 200)
    #expect(await bench.ask("GET", "/v2/health/ready").status == 200)
  }

  @Test(
    "who floods a model is refused, and nobody else: a client is its token, else its address or its user",
    arguments: [
      Clients(greedy: [.token(1)], modest: [.token(2)]),
      Clients(greedy: [.token(1), .token(1, at: .address("192.0.2.2"))], modest: [.token(2)]),
      Clients(greedy: [.anybody(at: .address("192.0.2.1"))], modest: [.anybody(at: .address("192.0.2.2"))]),
      Clients(greedy: [.anybody(at: .user(1))], modest: [.anybody(at: .user(2)), .anybody(at: .address("1"))]),
    ])
  func identities(clients: Clients) async throws {
    let tokens = ["0123456789abcdef", "fedcba9876543210"]
    let bench = try await Bench(tokens: clients.haveTokens ? BearerTokens(tokens) : nil)
    bench.gate.update { $0 = false }
    @Sendable func infer(_ client: Client) async -> (status: Int, body: String) {
      var headers: HTTPHeaders = ["Content-Length": "3", "Inference-Header-Content-Length": "0"]
      if let token = client.token { headers.add("Authorization", "Bearer \(tokens[token - 1])") }
      return await bench.ask("POST", "/v2/models/a/infer", "abc", headers: headers, peer: client.peer)
    }
    func waits(for count: Int) async throws -> Bool {
      for _ in 0..<2000 {
        if bench.service.repository.loaded[0].waitingCount == count { return true }
        try await Task.sleep(for: .milliseconds(5))
      }
      return false
    }
    try await withThrowingTaskGroup(of: Int.self) { group in
      // Two are worked at, and as many wait as a client may have waiting.
      for number in 0..<258 {
        let client = clients.greedy[number % clients.greedy.count]
        group.addTask { await infer(client).status }
      }
      #expect(try await waits(for: 256))
      for client in clients.greedy {
        let answer = await infer(client)
        #expect(answer.status == 503 && answer.body.contains("too many requests of this client"))
      }
      for client in clients.modest { group.addTask { await infer(client).status } }
      #expect(try await waits(for: 256 + clients.modest.count), "others are let in")
      bench.gate.update { $0 = true }
      for try await status in group { #expect(status == 200) }
    }
  }

  /// One who asks: with a token or without, from somewhere.
  struct Client {
    let token: Int?
    let peer: HTTPPeer

    static func token(_ number: Int, at peer: HTTPPeer = .address("192.0.2.1")) -> Client {
      Client(token: number, peer: peer)
    }

    static func anybody(at peer: HTTPPeer) -> Client { Client(token: nil, peer: peer) }
  }

  /// Requests that together are one client's, and others.
  struct Clients {
    let greedy: [Client]
    let modest: [Client]

    var haveTokens: Bool { greedy.contains { $0.token != nil } }
  }

  @Test("refuses by the head what it would not read")
  func heads() async throws {
    let bench = try await Bench()
    #expect(await bench.ask("POST", "/v2/models/a/infer").status == 411)
    #expect(
      await bench.ask("POST", "/v2/models/a/infer", headers: ["Content-Length": "3", "Content-Encoding": "gzip"]).status
        == 415)
    #expect(await bench.ask("GET", "/v2/models/a/infer").status == 405)
    let lie: HTTPHeaders = ["Content-Length": "3", "Inference-Header-Content-Length": "-1"]
    #expect(await bench.ask("POST", "/v2/models/a/infer", "{}", headers: lie).status == 400)
  }

  @Test("answers no browser that asks for another site's page")
  func origins() async throws {
    let bench = try await Bench()
    func status(_ origin: String, host: String = "127.0.0.1:8000", _ path: String = "/v2") async -> Int {
      await bench.ask("POST", path, headers: ["Host": host, "Origin": origin]).status
    }
    let unload = "/v2/repository/models/a/unload"
    for origin in ["https://example.org", "http://127.0.0.1:8001", "http://127.0.0.1", "null", ""] {
      #expect(await status(origin, unload) == 403, "\(origin)")
    }
    #expect(await bench.ask("GET", "/v2/models/a/ready").status == 200, "nothing was unloaded")
    #expect(await status("http://127.0.0.1:8000", unload) == 200)
    #expect(await status("https://dpu.example.org", host: "dpu.example.org", "/v2/repository/index") == 200)
    let answer = await bench.ask("GET", "/v2", headers: ["Host": "a", "Origin": "https://example.org"])
    #expect(answer.body.contains("comes from a page of https://example.org, which is another site than a;"))
  }
}
