import JSONValues
import Threads

/// The Open Inference Protocol v2 over a repository of models.
package final class InferenceService: HTTPHandler {
  /// What the service does beside answering.
  package enum Phase: String, Sendable {
    /// Models are being loaded.
    case starting
    case serving
    /// Told to stop: what comes is still answered, but whoever looks for an instance should take another.
    case draining
  }

  /// What lies outside of it.
  package struct Surroundings: Sendable {
    /// The version of the program.
    package var version: String
    /// What keeps the service from being ready; `nil` where nothing does.
    package var fault: @Sendable () -> ServiceHealth.Fault? = { nil }
    /// Further metrics: of cores, memory, power.
    package var metrics: @Sendable () -> [MetricFamily] = { [] }
    /// Milliseconds since 1970.
    package var clock: @Sendable () -> Int
    /// What `/` shows; `nil` for a service without a page.
    package var live: PageFeed?

    /// Makes surroundings of which nothing but the version and the time is known.
    package init(version: String, clock: @escaping @Sendable () -> Int) {
      self.version = version
      self.clock = clock
    }
  }

  /// What the service calls itself.
  package static let name = "swift-dpu"
  /// The kind of models, for clients.
  package static let platform = "vitisai_xmodel"
  /// The extensions of the protocol that it has.
  package static let extensions = [
    "binary_tensor_data", "classification", "model_configuration", "model_repository", "schedule_policy", "statistics",
  ]

  /// The models.
  package let repository: ModelRepository
  private let tokens: Guarded<BearerTokens?>
  private let surroundings: Surroundings
  private let phaseState = Guarded(Phase.starting)
  private let counters = Guarded<[Int: Int]>([:])

  /// Makes a service that is starting.
  ///
  /// - Parameter tokens: Without them, everybody may ask.
  package init(_ repository: ModelRepository, tokens: BearerTokens? = nil, surroundings: Surroundings) {
    self.repository = repository
    self.tokens = Guarded(tokens)
    self.surroundings = surroundings
  }

  /// What the service does beside answering.
  package var phase: Phase {
    get { phaseState.withLock { $0 } }
    set { phaseState.withLock { $0 = newValue } }
  }

  /// Asks for other tokens from now on.
  package func replaceTokens(_ tokens: BearerTokens?) { self.tokens.withLock { $0 = tokens } }

  /// What keeps it from taking requests that could go elsewhere, in words; `nil` where nothing does.
  package var reasonNotReady: String? {
    let phase = phase
    return surroundings.fault()?.words ?? (phase == .serving ? nil : "the service is \(phase.rawValue)")
  }

  /// Looks at a request's head before its body is read.
  package func refusal(of head: HTTPRequestHead) -> HTTPResponse? {
    do throws(ServingError) {
      try checkOrigin(of: head)
      let route = try route(of: head).route
      for coding in head.headers.values("Content-Encoding") where coding.lowercased() != "identity" {
        throw ServingError(
          .unsupportedForm, "the body is coded with \(coding.prefix(40)), expected none: send it as it is")
      }
      if case .infer = route, head.headers.values("Content-Length").isEmpty,
        head.headers.values("Transfer-Encoding").isEmpty
      {
        throw ServingError(.lengthRequired, "an inference needs a body: send the header Content-Length, or chunks")
      }
      return nil
    } catch {
      return count(HTTPResponse(error))
    }
  }

  /// Refuses what a browser sends for the page of another site: without a token, any page that is open on a machine that
  /// reaches this service could load, unload and run models here.
  private func checkOrigin(of head: HTTPRequestHead) throws(ServingError) {
    let host = head.headers.values("Host").first ?? ""
    for origin in head.headers.values("Origin") where !["http://\(host)", "https://\(host)"].contains(origin) {
      throw ServingError(
        .forbidden,
        "the request comes from a page of \(origin.prefix(80)), which is another site than \(host.prefix(80)); let that "
          + "page's server ask, not the browser")
    }
  }

  /// Pictures that viewers of the page were too slow for, by kind.
  var droppedFrames: [(source: String, count: Int)] { surroundings.live?.droppedFrames ?? [] }

  /// Answers a request.
  package func answer(_ request: HTTPRequest) async -> HTTPResponse {
    do throws(ServingError) {
      let (route, client) = try route(of: request.head)
      return count(try await answer(route, client, request))
    } catch {
      if error.status >= 500 { surroundings.live?.log.add(.error, error.message) }
      return count(HTTPResponse(error))
    }
  }

  private func route(of head: HTTPRequestHead) throws(ServingError) -> (route: Route, client: ClientIdentity) {
    let route: Result<Route, ServingError>
    do throws(ServingError) { route = .success(try Route(method: head.method, target: head.target)) } catch {
      route = .failure(error)
    }
    if case .success(let route) = route, route.isOpen { return (route, .peer(head.peer)) }
    // Who has no token is not told either what there is.
    var client = ClientIdentity.peer(head.peer)
    if let tokens = tokens.withLock({ $0 }) { client = .token(try tokens.client(of: head.headers)) }
    return (try route.get(), client)
  }

  private func answer(
    _ route: Route, _ client: ClientIdentity, _ request: HTTPRequest
  ) async throws(ServingError) -> HTTPResponse {
    switch route {
    case .live: return HTTPResponse(json: .object(["live": .bool(true)]))
    case .ready: return ready()
    case .serverMetadata:
      return HTTPResponse(
        json: .object([
          "name": .string(InferenceService.name), "version": .string(surroundings.version),
          "extensions": .strings(InferenceService.extensions),
        ]))
    case .modelMetadata(let target): return HTTPResponse(json: try repository.find(target).metadata)
    case .modelReady(let target):
      let entry = try repository.find(target)
      return HTTPResponse(json: .object(["name": .string(entry.name), "ready": .bool(true)]))
    case .modelStatistics(let target):
      let entries = try target.map { target throws(ServingError) in [try repository.find(target)] } ?? repository.loaded
      let rows = entries.map { $0.statistics.json(model: $0.name, version: $0.version) }
      return HTTPResponse(json: .object(["model_stats": .array(rows)]))
    case .modelConfiguration(let target): return HTTPResponse(json: try repository.find(target).configuration)
    case .infer(let target):
      if let fault = surroundings.fault(), fault.refusesInferences {
        throw ServingError(.unavailable, fault.words)
      }
      return try await repository.find(target).infer(request, of: client, clock: surroundings.clock).get()
    case .repositoryIndex: return try index(request)
    case .load(let model):
      try checkLoading(request)
      try await repository.load(model)
      return HTTPResponse(json: .object([:]))
    case .unload(let model):
      _ = try parameters(of: request)
      try await repository.unload(model)
      return HTTPResponse(json: .object([:]))
    case .metrics:
      let page = MetricFamily.page(metrics + surroundings.metrics())
      return HTTPResponse(
        status: 200, headers: ["Content-Type": "text/plain; version=0.0.4; charset=utf-8"], body: Array(page.utf8))
    case .page:
      _ = try pageFeed()
      return LivePage.response
    case .watch(let stream): return try pageFeed().open(stream, of: self)
    }
  }

  private func pageFeed() throws(ServingError) -> PageFeed {
    guard let live = surroundings.live else { throw ServingError(.notFound, "this service has no page") }
    return live
  }

  private func ready() -> HTTPResponse {
    if let reason = reasonNotReady { return HTTPResponse(ServingError(.unavailable, reason)) }
    return HTTPResponse(json: .object(["ready": .bool(true)]))
  }

  private func index(_ request: HTTPRequest) throws(ServingError) -> HTTPResponse {
    var wantsReady = false
    for (name, value) in try members(of: request) where name == "ready" {
      guard case .bool(let flag) = value else {
        throw ServingError(.badRequest, "ready: found \(value.shown), expected true or false")
      }
      wantsReady = flag
    }
    let rows = try repository.index().filter { !wantsReady || $0.condition == .ready }
    return HTTPResponse(
      json: .array(
        rows.map { row in
          .object([
            "name": .string(row.name), "version": .string(row.version), "state": .string(row.condition.rawValue),
            "reason": .string(row.reason),
          ])
        }))
  }

  /// The models are those of the model directory: nothing comes with a request.
  private func checkLoading(_ request: HTTPRequest) throws(ServingError) {
    for (name, _) in try parameters(of: request) where name == "config" || name.hasPrefix("file:") {
      throw ServingError(
        .notImplemented,
        "parameters.\(name.prefix(80)): models are loaded from the service's own directory, with the configuration that they "
          + "have there")
    }
  }

  private func parameters(of request: HTTPRequest) throws(ServingError) -> [(name: String, value: JSONValue)] {
    for (name, value) in try members(of: request) where name == "parameters" {
      guard case .object(let members) = value else {
        throw ServingError(.badRequest, "parameters: found \(value.shown), expected an object")
      }
      return members.list
    }
    return []
  }

  /// The members of a body that may be empty.
  private func members(of request: HTTPRequest) throws(ServingError) -> [(name: String, value: JSONValue)] {
    guard !request.body.isEmpty else { return [] }
    do throws(JSONError) {
      var limits = JSONReader.Limits()
      limits.treeValueCount = 10_000
      if case .object(let members) = try JSONReader.read(request.body, limits: limits) { return members.list }
    } catch {
      throw ServingError(.badRequest, "the request: \(error)")
    }
    throw ServingError(.badRequest, "the request: expected an object")
  }

  private func count(_ response: HTTPResponse) -> HTTPResponse {
    counters.withLock { $0[response.status, default: 0] += 1 }
    return response
  }

  /// Answers by their status.
  var statusCounts: [(status: Int, count: Int)] {
    counters.withLock { $0.sorted { $0.key < $1.key }.map { ($0.key, $0.value) } }
  }

  var version: String { surroundings.version }
}
