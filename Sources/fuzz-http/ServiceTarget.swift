import Devices
import Inference
import JSONValues
import Serving
import Tensors
import Threads

/// A service over a small model that the fuzzer asks as clients do.
///
/// An input is a request as text: a first line with method and target, headers, an empty line, the body. What cannot be a
/// head is none, and gives nothing.
struct ServiceTarget: Sendable {
  /// A model that gives back what it got.
  private struct Echo: ServableModel {
    let inputs = [ServedTensor(name: "a", shape: Shape([1, 3]), fixPoint: FixPoint(4))]
    let outputs = [ServedTensor(name: "b", shape: Shape([1, 3]), fixPoint: FixPoint(2))]
    let labels = ["x", "y", "z"]
    let jobCount = 1

    func run(_ inputs: [InputTensor], outputs: [Int], _ options: JobOptions) async throws(ServingError) -> ModelRun {
      var bytes = [UInt8](repeating: 0, count: 3)
      let losses = bytes.withUnsafeMutableBytes { inputs[0].fill($0) }
      return ModelRun(tensors: outputs.map { _ in bytes }, losses: losses, times: RunTimes())
    }
  }

  private let limits = HTTPLimits()
  private let open: InferenceService
  private let guarded: InferenceService
  private let thread = CallingThread()

  /// Makes a service that asks for no token, and one that does.
  init() {
    let repository = ServiceTarget.repository()
    let surroundings = InferenceService.Surroundings(version: "1", clock: { 0 })
    open = InferenceService(repository, surroundings: surroundings)
    guarded = InferenceService(
      repository, tokens: BearerTokens(["0123456789abcdef", "fedcba9876543210"]), surroundings: surroundings)
    (open.phase, guarded.phase) = (.serving, .serving)
    load()
  }

  private static func repository() -> ModelRepository {
    do throws(ServingError) {
      return try ModelRepository(
        .init(
          list: { () throws(ServingError) in ["m": ["1", "2"], "damaged": ["1"]] },
          open: { (name, _) throws(ServingError) in
            guard name == "m" else { throw ServingError(.badRequest, "the file is damaged") }
            return Echo()
          }))
    } catch {
      preconditionFailure(error.message)
    }
  }

  /// Asks what an input says, and looks whether the answer is one.
  func ask(_ bytes: [UInt8]) {
    guard let (head, body) = ServiceTarget.request(bytes) else { return }
    let (error, length) = limits.look(at: head)
    if let error {
      check(HTTPResponse(error))
      return
    }
    precondition((0...limits.bodyByteCount).contains(length), "a body of \(length) bytes is let in")
    let service = head.headers.values("Authorization").isEmpty ? open : guarded
    if let refusal = service.refusal(of: head) {
      check(refusal)
      precondition(refusal.status >= 400, "a refusal that is none")
      return
    }
    check(thread.run { await service.answer(HTTPRequest(head, body: body, deadline: .now + .seconds(600))) })
    // Whatever was unloaded is there for the next input.
    if open.repository.loaded.isEmpty { load() }
  }

  private func load() {
    let repository = open.repository
    let words = thread.run { () -> String? in
      do throws(ServingError) { try await repository.load("m") } catch { return error.message }
      return nil
    }
    precondition(words == nil, words ?? "")
  }

  /// Reads a request the way that the HTTP layer would hand it over; of what it refuses itself, only lines without a name.
  private static func request(_ bytes: [UInt8]) -> (HTTPRequestHead, [UInt8])? {
    let line = UInt8(ascii: "\n")
    var headers: HTTPHeaders = [:]
    var lines = bytes.split(separator: line, maxSplits: 40, omittingEmptySubsequences: false)[...]
    guard let first = lines.popFirst() else { return nil }
    let words = first.split(separator: UInt8(ascii: " "), maxSplits: 1)
    guard words.count == 2 else { return nil }
    var place = first.endIndex
    while let next = lines.popFirst(), !next.isEmpty {
      place = next.endIndex
      guard let colon = next.firstIndex(of: UInt8(ascii: ":")), colon > next.startIndex else { return nil }
      let value = next[(colon + 1)...].drop { $0 == UInt8(ascii: " ") }
      headers.add(String(decoding: next[..<colon], as: UTF8.self), String(decoding: value, as: UTF8.self))
    }
    let head = HTTPRequestHead(
      method: String(decoding: words[0], as: UTF8.self), target: String(decoding: words[1], as: UTF8.self),
      headers: headers, peer: .user(0))
    return (head, Array(bytes.dropFirst(place + 2)))
  }

  private func check(_ response: HTTPResponse) {
    precondition((200..<600).contains(response.status), "status \(response.status)")
    precondition(response.status != 500, "500 without a device that fails: \(text(response))")
    let type = response.headers.values("Content-Type").first ?? ""
    let length = response.headers.values("Inference-Header-Content-Length").first.flatMap { Int($0) }
    if length != nil || type.hasPrefix("application/json") {
      precondition((length ?? 0) <= response.body.count, "a length of JSON beyond the answer")
      do throws(JSONError) {
        let value = try JSONReader.read(Array(response.body.prefix(length ?? response.body.count)))
        if response.status >= 400, case .object(let members) = value {
          precondition(members.list.map(\.name) == ["error"], "an error without words: \(text(response))")
        }
      } catch {
        preconditionFailure("an answer that is not JSON: \(error)")
      }
    } else {
      precondition(response.status == 200, "an error in another form: \(response.status) \(type)")
    }
  }

  private func text(_ response: HTTPResponse) -> String { String(decoding: response.body, as: UTF8.self) }
}
