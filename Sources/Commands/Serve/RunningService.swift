import Serving
import Threads

#if canImport(Glibc)
  import Glibc
#endif

/// The service from its sockets to its end.
struct RunningService {
  /// How long the steps of an orderly end take.
  struct EndTimes {
    /// From the signal until no further connection is accepted: time for balancers to see that `ready` is red.
    let drain: Duration
    /// From then until what was accepted must be answered.
    let stop: Duration
  }

  private let service: InferenceService
  private let sockets: [ListeningSocket]
  private let servers: [HTTPServer]
  private let console: Console
  private let manager = ServiceManagerLink()

  /// Listens; what is asked before the models are there hears that the service is starting.
  init(
    _ service: InferenceService, at sockets: [ListeningSocket], limits: HTTPLimits, _ console: Console
  ) throws(ServingError) {
    self.service = service
    self.sockets = sockets
    self.console = console
    var servers: [HTTPServer] = []
    do throws(ServingError) {
      for socket in sockets {
        servers.append(try HTTPServer(over: socket, limits: limits, handler: service))
      }
    } catch {
      for server in servers { server.stop(within: .zero) }
      throw error
    }
    self.servers = servers
  }

  /// Loads models; one that can't be loaded keeps no other from being served.
  ///
  /// - Returns: How many are loaded.
  func load(_ names: [String]) -> Int {
    var count = 0
    for name in names where Interruption.exitCode == nil {
      // Computing what the answers have to be takes its time on a small machine.
      manager.tell("STATUS=loading \(name.printable)", "EXTEND_TIMEOUT_USEC=120000000")
      let repository = service.repository
      let result = Monitor<Result<Void, ServingError>?>(nil)
      Task {
        let outcome: Result<Void, ServingError>
        do throws(ServingError) { outcome = .success(try await repository.load(name)) } catch {
          outcome = .failure(error)
        }
        result.update { $0 = outcome }
      }
      switch result.wait(until: { $0 }) {
      case .success?:
        count += 1
        console.note("loaded: \(name.printable)")
      case .failure(let error)?: console.warn(error.message)
      case nil: break
      }
    }
    return count
  }

  /// Serves until a signal comes or the device can't be trusted any more, then ends in order.
  ///
  /// - Parameters:
  ///   - watch: Looks after the device.
  ///   - reload: What SIGHUP asks for.
  /// - Returns: What is wrong with the device; `nil` where a signal came.
  func serve(
    _ watch: ServiceWatch, _ endTimes: EndTimes, reload: @escaping @Sendable () async -> Void
  ) -> String? {
    service.phase = .serving
    for socket in sockets { console.note("listening: \(socket.address)") }
    manager.tell("READY=1", "STATUS=serving")
    let dog = Watchdog(manager)
    let isReloading = Monitor(false)
    var reason: String?
    while Interruption.exitCode == nil {
      usleep(50_000)
      let findings = watch.look()
      if findings.isAlive { dog.feed() }
      reason = findings.reasonToEnd
      if reason != nil { break }
      if !isReloading.update({ $0 }), ReloadSignal.take() { begin(reload, isReloading) }
    }
    if let reason { console.warn("\(reason); the service ends, so that it can be started anew") }
    service.phase = .draining
    let span = endTimes.drain + endTimes.stop + .seconds(10)
    manager.tell(
      "STOPPING=1", "STATUS=\(reason.map { "ending: \($0)" } ?? "draining")",
      "EXTEND_TIMEOUT_USEC=\(span.components.seconds)000000")
    console.note("draining: not ready any more, listening for another \(endTimes.drain)")
    for server in servers { server.beginClosing() }
    let end = Moment.now + endTimes.drain
    while Moment.now < end {
      usleep(20_000)
      if watch.look().isAlive { dog.feed() }
    }
    stop(within: endTimes.stop)
    return reason
  }

  /// Ends at once, or when what was accepted is answered.
  func stop(within timeLimit: Duration) {
    let end = Moment.now + timeLimit
    var lateCount = 0
    for server in servers { lateCount += server.stop(within: max(.zero, end - Moment.now)) }
    if lateCount > 0 { console.warn("\(lateCount) requests had no answer within \(timeLimit)") }
  }

  /// Reloads beside serving.
  private func begin(_ reload: @escaping @Sendable () async -> Void, _ isReloading: Monitor<Bool>) {
    isReloading.update { $0 = true }
    manager.tell("RELOADING=1", "MONOTONIC_USEC=\(Moment.now.nanoseconds / 1000)", "STATUS=reloading")
    let manager = manager
    Task {
      await reload()
      manager.tell("READY=1", "STATUS=serving")
      isReloading.update { $0 = false }
    }
  }
}

/// Sends the service manager's watchdog a sign of life now and then.
private final class Watchdog {
  private let manager: ServiceManagerLink
  private let interval: Duration?
  private var lastSign = Moment.now

  init(_ manager: ServiceManagerLink) {
    self.manager = manager
    interval = manager.watchdogInterval.map { $0 / 2 }
  }

  /// Lets it hear that all is well, if it is time.
  func feed() {
    guard let interval, Moment.now - lastSign >= interval else { return }
    manager.tell("WATCHDOG=1")
    lastSign = .now
  }
}
