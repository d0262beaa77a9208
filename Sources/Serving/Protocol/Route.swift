/// What a path of the Open Inference Protocol v2 asks for.
///
/// | method | path | asks for |
/// |---|---|---|
/// | GET | `/v2/health/live`, `/v2/health/ready` | health |
/// | GET | `/v2` | the server's metadata |
/// | GET | `/v2/models/M[/versions/V]` | a model's metadata |
/// | GET | … `/ready`, `/stats`, `/config` | its state, counts, configuration |
/// | POST | … `/infer` | an inference |
/// | GET | `/v2/models/stats` | the counts of all models |
/// | POST | `/v2/repository/index` | all models and their states |
/// | POST | `/v2/repository/models/M/load`, `/unload` | loading, unloading |
/// | GET | `/metrics` | figures for Prometheus |
///
/// - Source: github.com/kserve/open-inference-protocol, and the extensions of the Triton Inference Server's documents.
package enum Route: Equatable, Sendable {
  /// A model, and one of its versions where that is asked for.
  package struct Target: Equatable, Sendable {
    /// The model's name.
    package let model: String
    /// The version; `nil` is the newest that is loaded.
    package let version: String?

    /// Makes a target.
    package init(model: String, version: String? = nil) {
      self.model = model
      self.version = version
    }
  }

  case live
  case ready
  case serverMetadata
  case modelMetadata(Target)
  case modelReady(Target)
  case modelStatistics(Target?)
  case modelConfiguration(Target)
  case infer(Target)
  case repositoryIndex
  case load(model: String)
  case unload(model: String)
  case metrics
  case page
  case watch(PageStream)

  /// Whether anybody may ask, with or without a token: for those who look after the service.
  /// The page tells nothing before it is given a token.
  package var isOpen: Bool { self == .live || self == .ready || self == .page }

  /// Whether a body belongs to it.
  package var takesBody: Bool {
    switch self {
    case .infer, .repositoryIndex, .load, .unload: true
    default: false
    }
  }

  /// Finds what a request asks for.
  ///
  /// - Throws: `.notFound`, `.methodNotAllowed`, `.notImplemented`; `.badRequest` for a target that is none.
  package init(method: String, target: String) throws(ServingError) {
    let segments = try Route.segments(of: target)
    let route = try Route.find(segments, target)
    let allowed = route.takesBody ? "POST" : "GET"
    guard method == allowed || (method == "HEAD" && allowed == "GET") else {
      throw ServingError(
        .methodNotAllowed(allowed), "\(target.prefix(200)) is asked with \(allowed), not with \(method)")
    }
    self = route
  }

  private static func find(_ segments: [String], _ target: String) throws(ServingError) -> Route {
    switch segments.first {
    case nil: return .page
    case "metrics" where segments.count == 1: return .metrics
    case "live":
      if let stream = PageStream(Array(segments.dropFirst())) { return .watch(stream) }
    case "v2":
      let rest = Array(segments.dropFirst())
      switch rest.first {
      case nil: return .serverMetadata
      case "health" where rest == ["health", "live"]: return .live
      case "health" where rest == ["health", "ready"]: return .ready
      case "models" where rest == ["models", "stats"]: return .modelStatistics(nil)
      case "models" where rest.count > 1:
        if let route = model(Array(rest.dropFirst())) { return route }
      case "repository":
        if let route = repository(Array(rest.dropFirst())) { return route }
      case "systemsharedmemory", "cudasharedmemory", "trace", "logging":
        throw ServingError(
          .notImplemented,
          "\(target.prefix(200)) belongs to an extension that this service does not have; GET /v2 lists those that it has"
        )
      default: break
      }
    default: break
    }
    throw ServingError(
      .notFound,
      "there is nothing at \(target.prefix(200)); the paths are those of the Open Inference Protocol v2, and / is a "
        + "page for browsers")
  }

  private static func model(_ segments: [String]) -> Route? {
    var rest = segments.dropFirst()
    var version: String?
    if rest.first == "versions" {
      version = rest.dropFirst().first
      guard version?.isEmpty == false else { return nil }
      rest = rest.dropFirst(2)
    }
    let target = Target(model: segments[0], version: version)
    guard !target.model.isEmpty, rest.count <= 1 else { return nil }
    switch rest.first {
    case nil: return .modelMetadata(target)
    case "ready": return .modelReady(target)
    case "stats": return .modelStatistics(target)
    case "config": return .modelConfiguration(target)
    case "infer": return .infer(target)
    default: return nil
    }
  }

  private static func repository(_ segments: [String]) -> Route? {
    if segments == ["index"] { return .repositoryIndex }
    guard segments.count == 3, segments[0] == "models", !segments[1].isEmpty else { return nil }
    switch segments[2] {
    case "load": return .load(model: segments[1])
    case "unload": return .unload(model: segments[1])
    default: return nil
    }
  }

  /// The parts of a path, `%` unfolded within each; the query is left out.
  private static func segments(of target: String) throws(ServingError) -> [String] {
    let path = target.utf8.prefix { $0 != UInt8(ascii: "?") && $0 != UInt8(ascii: "#") }
    guard path.first == UInt8(ascii: "/") else {
      throw ServingError(.badRequest, "the target \"\(target.prefix(200))\" does not begin with /")
    }
    var segments: [String] = []
    for part in path.dropFirst().split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false) {
      guard let bytes = unfolded(Array(part)), let text = String(validating: bytes, as: UTF8.self) else {
        throw ServingError(
          .badRequest, "the target \"\(target.prefix(200))\" holds a % without two digits, or no UTF-8")
      }
      segments.append(text)
    }
    // A slash at the end changes nothing.
    if segments.last == "" { segments.removeLast() }
    return segments
  }

  private static func unfolded(_ bytes: [UInt8]) -> [UInt8]? {
    var result: [UInt8] = []
    var index = 0
    while index < bytes.count {
      if bytes[index] == UInt8(ascii: "%") {
        guard index + 2 < bytes.count, let high = digit(bytes[index + 1]), let low = digit(bytes[index + 2]) else {
          return nil
        }
        result.append(high << 4 | low)
        index += 3
      } else {
        result.append(bytes[index])
        index += 1
      }
    }
    return result
  }

  private static func digit(_ byte: UInt8) -> UInt8? {
    Unicode.Scalar(byte).properties.isASCIIHexDigit ? hexadecimal(byte) : nil
  }

  private static func hexadecimal(_ byte: UInt8) -> UInt8 {
    byte <= UInt8(ascii: "9") ? byte - UInt8(ascii: "0") : (byte | 0x20) - UInt8(ascii: "a") + 10
  }
}
