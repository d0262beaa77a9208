import Foundation
import Serving
import TestSupport
import Testing
import Threads

/// Answers that go on, over real sockets.
@Suite struct HTTPStreamTests {
  /// Streams to everybody who asks for `/stream`, and answers the others.
  final class Source: HTTPHandler {
    let group = StreamGroup("test", limit: 20, depth: 2)

    func refusal(of head: HTTPRequestHead) -> HTTPResponse? { nil }

    func answer(_ request: HTTPRequest) async -> HTTPResponse {
      guard request.head.target == "/stream" else { return HTTPResponse(status: 200, body: Array("plain".utf8)) }
      do throws(ServingError) {
        return HTTPResponse(try group.open(first: Array("first;".utf8)), headers: ["Content-Type": "text/plain"])
      } catch {
        return HTTPResponse(error)
      }
    }
  }

  /// A server for a test, which runs on threads of its own: other tests may keep those that all tasks share busy.
  static func serve(
    sendingTime: Duration = .seconds(60),
    _ body: @escaping @Sendable (HTTPServer, ListenAddress, Source) throws -> Void
  ) async throws {
    let result: Result<Void, any Error> = await withCheckedContinuation { continuation in
      Thread {
        continuation.resume(
          returning: Result {
            var limits = HTTPLimits()
            limits.sendingTime = sendingTime
            let sockets = try ListeningSocket.open(.network(host: "127.0.0.1", port: 0))
            let source = Source()
            try TaskThread.with { thread in
              let server = try HTTPServer(over: sockets[0], limits: limits, handler: source, executor: thread)
              defer { server.stop(within: .seconds(10)) }
              try body(server, sockets[0].address, source)
            }
          })
      }.start()
    }
    try result.get()
  }

  /// Waits for something that takes a moment; `false` where it does not come about.
  static func comes(_ condition: () -> Bool) -> Bool {
    for _ in 0..<2000 {
      if condition() { return true }
      usleep(5_000)
    }
    return false
  }

  static func open(_ address: ListenAddress, reads: Bool = true) throws -> RawClient {
    let client = try RawClient(address)
    if !reads { client.takeLittle() }
    client.send("GET /stream HTTP/1.1\nHost: x\n\n")
    return client
  }

  @Test("a client gets what it begins with and then every piece, as it comes")
  func pieces() async throws {
    try await Self.serve { server, address, source in
      let client = try Self.open(address)
      let head = try #require(client.read(until: "first;"))
      #expect(head.hasPrefix("HTTP/1.1 200"))
      #expect(head.lowercased().contains("transfer-encoding: chunked"))
      for number in 0..<20 {
        source.group.send(Array("piece \(number);".utf8))
        #expect(client.read(until: "piece \(number);") != nil)
      }
      #expect(server.streamCount == 1)
      #expect(server.busyCount == 0, "nobody waits for the end of a stream")
    }
  }

  @Test("who leaves is forgotten, also while there is nothing to say")
  func leaving() async throws {
    try await Self.serve { server, address, source in
      do {
        let client = try Self.open(address)
        #expect(client.read(until: "first;") != nil)
        #expect(source.group.count == 1)
      }
      #expect(Self.comes { source.group.count == 0 && server.streamCount == 0 })
    }
  }

  @Test("a client that does not read loses pieces and holds up neither the sender, nor others, nor requests")
  func slowClient() async throws {
    try await Self.serve { server, address, source in
      let slow = try Self.open(address, reads: false)
      let quick = try Self.open(address)
      #expect(quick.read(until: "first;") != nil)
      #expect(Self.comes { source.group.count == 2 })
      // Ten times what the system keeps for a connection.
      let filling = [UInt8](repeating: UInt8(ascii: "."), count: 200_000)
      for number in 0..<30 {
        source.group.send(filling + Array("end \(number);".utf8))
        #expect(quick.read(until: "end \(number);") != nil)
        let other = try RawClient(address)
        other.send("GET /plain HTTP/1.1\nHost: x\n\n")
        #expect(other.read()?.body == "plain")
      }
      #expect(source.group.leftOutCount >= 15, "the slow client had at most \(30 - source.group.leftOutCount) of 30")
      _ = slow
    }
  }

  @Test("many clients get the same, and one too many is told so")
  func manyClients() async throws {
    try await Self.serve { server, address, source in
      let clients = try (0..<20).map { _ in try Self.open(address) }
      for client in clients { #expect(client.read(until: "first;") != nil) }
      let refused = try Self.open(address).read()
      #expect(refused?.status == 503)
      #expect(refused?.body.contains("20 clients look at the test") == true)
      source.group.send(Array("to all;".utf8))
      for client in clients { #expect(client.read(until: "to all;") != nil) }
    }
  }

  @Test("a client that takes nothing for too long is left")
  func stuckClient() async throws {
    try await Self.serve(sendingTime: .milliseconds(300)) { server, address, source in
      let stuck = try Self.open(address, reads: false)
      #expect(Self.comes { source.group.count == 1 })
      let filling = [UInt8](repeating: UInt8(ascii: "."), count: 1_000_000)
      for _ in 0..<3 { source.group.send(filling) }
      #expect(Self.comes { server.streamCount == 0 })
      _ = stuck
    }
  }

  @Test("a client that has everything is not left, however long nothing comes")
  func silence() async throws {
    try await Self.serve(sendingTime: .seconds(1)) { server, address, source in
      let client = try Self.open(address)
      #expect(client.read(until: "first;") != nil)
      usleep(1_500_000)
      source.group.send(Array("late;".utf8))
      #expect(client.read(until: "late;") != nil)
    }
  }

  @Test("stopping ends streams behind their last piece, and is not held up by a client that does not read")
  func stopping() async throws {
    try await Self.serve { server, address, source in
      let stuck = try Self.open(address, reads: false)
      let client = try Self.open(address)
      #expect(client.read(until: "first;") != nil)
      #expect(Self.comes { source.group.count == 2 })
      source.group.send([UInt8](repeating: UInt8(ascii: "."), count: 1_000_000))
      source.group.send(Array("last;".utf8))
      let lateCount = Monitor<Int?>(nil)
      let begin = Moment.now
      Thread {
        let count = server.stop(within: .seconds(30))
        lateCount.update { $0 = count }
      }.start()
      // The chunk of no bytes ends the body.
      #expect(client.read(until: "last;\r\n0\r\n\r\n") != nil)
      #expect(lateCount.wait(timeLimit: .seconds(20)) { $0 } == 0)
      #expect(Moment.now - begin < .seconds(20), "the time for requests that are under way is not waited for")
      _ = stuck
    }
  }

  @Test("a server that is about to end begins no stream")
  func closing() async throws {
    try await Self.serve { server, address, source in
      server.beginClosing()
      let client = try Self.open(address)
      #expect(client.read()?.status == 503)
      #expect(source.group.count == 0)
    }
  }

  @Test("a stream that nobody stayed for counts no more")
  func givenUp() async throws {
    try await Self.serve { server, address, source in
      for _ in 0..<30 { _ = try Self.open(address) }
      #expect(Self.comes { (try? Self.open(address))?.read()?.status == 200 })
    }
  }
}
