import Foundation
import Serving
import Testing

/// How many connections there may be, with small numbers over real sockets.
@Suite struct HTTPLimitsTests {
  /// Connects, and has an answer: the connection is not one that only waits to be accepted.
  static func connected(_ address: ListenAddress, from host: UInt8 = 1) throws -> RawClient {
    let client = try RawClient(address, from: host)
    #expect(isAnswered(client))
    return client
  }

  static func isAnswered(_ client: RawClient) -> Bool {
    client.send("GET /a HTTP/1.1\nHost: x\n\n")
    return client.read()?.body == "GET /a "
  }

  /// Waits until the server has noticed that connections are over.
  static func waits(until count: Int, of server: HTTPServer) -> Bool {
    for _ in 0..<2000 {
      if server.connectionCount <= count { return true }
      usleep(5_000)
    }
    return false
  }

  @Test("the usual limits leave room for others beside one address")
  func usual() {
    let limits = HTTPLimits()
    #expect((1...limits.connectionCount / 4).contains(limits.connectionCountPerAddress))
  }

  @Test("a connection beyond all that there may be waits, and is answered when one ends")
  func all() async throws {
    try await HTTPServerTests.serve({
      $0.connectionCount = 3
      $0.connectionCountPerAddress = 0
    }) { server, address, _ in
      var clients = try (0..<3).map { _ in try Self.connected(address) }
      let waiting = try RawClient(address)
      waiting.send("GET /w HTTP/1.1\nHost: x\n\n")
      for client in clients + clients { #expect(Self.isAnswered(client)) }
      #expect(server.connectionCount == 3)
      clients.removeLast()
      #expect(waiting.read()?.body == "GET /w ")
      #expect(clients.allSatisfy(Self.isAnswered))
    }
  }

  @Test("who has as many connections as an address may have gets no further one, and others do")
  func perAddress() async throws {
    try await HTTPServerTests.serve({
      $0.connectionCount = 4
      $0.connectionCountPerAddress = 2
    }) { server, address, _ in
      var greedy = try (0..<2).map { _ in try Self.connected(address) }
      for _ in 0..<20 { #expect(!Self.isAnswered(try RawClient(address))) }
      let other = try Self.connected(address, from: 2)
      #expect(greedy.allSatisfy(Self.isAnswered), "those that there are go on")
      greedy.removeLast()
      #expect(Self.waits(until: 2, of: server))
      greedy.append(try Self.connected(address))
      #expect(!Self.isAnswered(try RawClient(address)))
      #expect(Self.isAnswered(other))
    }
  }

  @Test("a Unix socket has no limit for an address: a proxy on it stands for many")
  func unix() async throws {
    let path = "/tmp/serving-\(getpid())-\(UInt32.random(in: 0...UInt32.max)).sock"
    try await HTTPServerTests.serve({ $0.connectionCountPerAddress = 2 }, at: .unix(path)) { _, address, _ in
      let clients = try (0..<5).map { _ in try Self.connected(address) }
      #expect(clients.allSatisfy(Self.isAnswered))
    }
  }
}
