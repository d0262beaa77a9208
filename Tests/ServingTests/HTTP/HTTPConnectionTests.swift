import Foundation
import Serving
import Testing
import Threads

/// What the server knows of a connection: who is at the other end, and since when a request comes.
@Suite struct HTTPConnectionTests {
  static let countsBytes: Bool = systemCountsBytes()
  static let noCount: String = "this system does not tell how many bytes came over a TCP connection"

  static let hasIPv6: Bool = (try? ListeningSocket.open(.network(host: "::", port: 0))) != nil

  /// Whether the system tells how many bytes have come over a TCP connection: an emulated one does not.
  private static func systemCountsBytes() -> Bool {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    defer { close(descriptor) }
    var information = [UInt8](repeating: 0, count: 512)
    var count = socklen_t(information.count)
    return getsockopt(descriptor, Int32(IPPROTO_TCP), TCP_INFO, &information, &count) == 0 && count >= 136
  }

  @Test("over the network, a client is its address")
  func address() async throws {
    try await HTTPServerTests.serve { _, address, echo in
      for host in [1, 2] as [UInt8] { _ = try HTTPLimitsTests.connected(address, from: host) }
      #expect(echo.peers.update { $0 } == [.address("127.0.0.1"), .address("127.0.0.2")])
    }
  }

  @Test("over IPv6, a client that came by IPv4 is the address that it has there", .enabled(if: hasIPv6))
  func mappedAddress() async throws {
    try await HTTPServerTests.serve(at: .network(host: "::", port: 0)) { _, address, echo in
      _ = try HTTPLimitsTests.connected(address, from: 3)
      #expect(echo.peers.update { $0 } == [.address("127.0.0.3")])
    }
  }

  @Test("over a Unix socket, a client is its user")
  func user() async throws {
    let path = "/tmp/serving-\(getpid())-\(UInt32.random(in: 0...UInt32.max)).sock"
    try await HTTPServerTests.serve(at: .unix(path)) { _, address, echo in
      _ = try HTTPLimitsTests.connected(address)
      #expect(echo.peers.update { $0 } == [.user(getuid())])
    }
  }

  @Test(
    "a later request whose first line comes a byte now and then is told 408, however long silence may last",
    .enabled(if: countsBytes, Comment(rawValue: noCount)))
  func slowFirstLine() async throws {
    try await HTTPServerTests.serve({
      $0.readingTime = .seconds(4)
      $0.idleTime = .seconds(600)
    }) { server, address, _ in
      let client = try RawClient(address)
      for method in ["GET", "POST"] {
        client.send("\(method) /a HTTP/1.1\nHost: x\nContent-Length: 0\n\n")
        #expect(client.read()?.body == "\(method) /a ")
      }
      client.send("GET /refused HTTP/1.1\nHost: x\n\n")
      #expect(client.read()?.status == 404)
      let begin = Moment.now
      client.send("GET /")
      while Moment.now - begin < .seconds(60), client.send("x") { usleep(50_000) }
      #expect(Moment.now - begin < .seconds(60))
      #expect(HTTPLimitsTests.waits(until: 0, of: server))
    }
  }

  @Test(
    "who is silent in the middle of a later request's first line hears 408",
    .enabled(if: countsBytes, Comment(rawValue: noCount)))
  func silentFirstLine() async throws {
    try await HTTPServerTests.serve({
      $0.readingTime = .seconds(4)
      $0.idleTime = .seconds(600)
    }) { _, address, _ in
      let client = try HTTPLimitsTests.connected(address)
      client.send("G")
      let answer = client.read()
      #expect(answer?.status == 408)
      #expect(answer?.body.contains("from its first byte to its last") == true)
    }
  }

  @Test("a later request that is whole in time is answered, and silence before it costs no time")
  func laterRequests() async throws {
    try await HTTPServerTests.serve({
      $0.readingTime = .seconds(4)
      $0.idleTime = .seconds(600)
    }) { _, address, _ in
      let client = try HTTPLimitsTests.connected(address)
      // Longer than a request may be read.
      usleep(4_300_000)
      #expect(HTTPLimitsTests.isAnswered(client))
      client.send("GET /one HTTP/1.1\nHost: x\n\nGET /two HTTP/1.1\nHost: x\n\nGET /thr")
      #expect(client.read(until: "GET /two ")?.contains("GET /one ") == true)
      client.send("ee HTTP/1.1\nHost: x\n\n")
      #expect(client.read()?.body == "GET /three ")
    }
  }
}
