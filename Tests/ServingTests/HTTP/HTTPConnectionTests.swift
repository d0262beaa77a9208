import Devices
import Foundation
import Serving
import Testing

/// What the server knows of a connection: since when a request comes.
@Suite struct HTTPConnectionTests {
  static let countsBytes: Bool = systemCountsBytes()
  static let noCount: String = "this system does not tell how many bytes came over a TCP connection"

  /// Whether the system tells how many bytes have come over a TCP connection: an emulated one does not.
  private static func systemCountsBytes() -> Bool {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    defer { close(descriptor) }
    var information = [UInt8](repeating: 0, count: 512)
    var count = socklen_t(information.count)
    return getsockopt(descriptor, Int32(IPPROTO_TCP), TCP_INFO, &information, &count) == 0 && count >= 136
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
