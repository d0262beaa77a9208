import Serving
import Testing
import Threads

@Suite struct ConnectionClockTests {
  static func at(_ seconds: Int) -> Moment { Moment(nanoseconds: Int64(seconds) * 1_000_000_000) }

  static var limits: HTTPLimits {
    var limits = HTTPLimits()
    (limits.readingTime, limits.answeringTime) = (.seconds(10), .seconds(20))
    (limits.sendingTime, limits.idleTime) = (.seconds(5), .seconds(100))
    return limits
  }

  @Test("the first request counts from the opening of its connection, a later one from its first line at the latest")
  func reading() {
    var clock = ConnectionClock(Self.limits, openedAt: Self.at(0))
    #expect(clock.check(at: Self.at(9)) == .wait)
    clock.requestBegan(at: Self.at(9))
    #expect(clock.check(at: Self.at(10)) == .refuse)
    #expect(clock.check(at: Self.at(11)) == .wait, "once is enough")

    clock = ConnectionClock(Self.limits, openedAt: Self.at(0))
    clock.requestBegan(at: Self.at(1))
    clock.requestEnded()
    clock.answerBegan(at: Self.at(2))
    clock.answerEnded(at: Self.at(3))
    #expect(!clock.isBusy)
    #expect(clock.check(at: Self.at(102)) == .wait)
    clock.requestBegan(at: Self.at(102))
    #expect(clock.check(at: Self.at(111)) == .wait)
    #expect(clock.check(at: Self.at(112)) == .refuse)
  }

  @Test("a later request counts from its first byte, where that is known before its first line")
  func beginning() {
    var clock = ConnectionClock(Self.limits, openedAt: Self.at(0))
    clock.bytesCame(at: Self.at(5))
    #expect(clock.step == .waiting(isFirst: true), "the first one counts from the opening")
    clock.requestBegan(at: Self.at(5))
    clock.requestEnded()
    clock.answerBegan(at: Self.at(6))
    clock.answerEnded(at: Self.at(7))
    var silent = clock
    clock.bytesCame(at: Self.at(50))
    #expect(clock.isBusy)
    clock.bytesCame(at: Self.at(58))
    #expect(clock.check(at: Self.at(59)) == .wait)
    var whole = clock
    #expect(clock.check(at: Self.at(60)) == .refuse)
    whole.requestBegan(at: Self.at(59))
    #expect(whole.check(at: Self.at(60)) == .refuse, "the first line gives no further time")
    #expect(silent.check(at: Self.at(106)) == .wait)
    #expect(silent.check(at: Self.at(107)) == .end)
  }

  @Test("an answer that is late is given in the handler's place, and sending has its own limit")
  func answering() {
    var clock = ConnectionClock(Self.limits, openedAt: Self.at(0))
    clock.requestBegan(at: Self.at(1))
    clock.requestEnded()
    #expect(clock.answerDeadline == Self.at(21))
    #expect(clock.check(at: Self.at(20)) == .wait)
    #expect(clock.check(at: Self.at(21)) == .answer)
    clock.answerBegan(at: Self.at(21))
    #expect(clock.check(at: Self.at(25)) == .wait)
    #expect(clock.check(at: Self.at(26)) == .end)
    #expect(clock.step == .over)
  }

  @Test("a connection without a request ends: with words before the first, without later")
  func waiting() {
    var clock = ConnectionClock(Self.limits, openedAt: Self.at(0))
    #expect(clock.check(at: Self.at(10)) == .refuse)
    clock = ConnectionClock(Self.limits, openedAt: Self.at(0))
    clock.requestBegan(at: Self.at(0))
    clock.answerBegan(at: Self.at(0))
    clock.answerEnded(at: Self.at(0))
    #expect(clock.check(at: Self.at(100)) == .end)
  }

  @Test(
    "addresses are read as they are written",
    arguments: [
      ("127.0.0.1:8000", "127.0.0.1:8000", true), ("[::1]:0", "[::1]:0", true), ("localhost:1", "127.0.0.1:1", true),
      (":8000", "127.0.0.1:8000", true), ("0.0.0.0:80", "0.0.0.0:80", false),
      ("unix:/run/x.sock", "unix:/run/x.sock", true),
      ("systemd", "systemd", true),
    ])
  func addresses(text: String, shown: String, isLocal: Bool) throws {
    let address = try ListenAddress(text)
    #expect(address.description == shown)
    #expect(address.isLocal == isLocal)
  }

  @Test("other addresses are refused", arguments: ["", "8000", "1.2.3.4", "::1:80", "1.2.3.4:65536", "unix:x", "a:-1"])
  func wrongAddresses(text: String) { #expect(throws: ServingError.self) { try ListenAddress(text) } }
}
