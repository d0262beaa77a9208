import Devices
import Serving

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
      manager.tell("STATUS=loading \(name)")
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

  /// Serves until a signal comes, then ends in order.
  func serveUntilSignal(_ endTimes: EndTimes) {
    service.phase = .serving
    for socket in sockets { console.note("listening: \(socket.address)") }
    manager.tell("READY=1", "STATUS=serving")
    let watchdogInterval = manager.watchdogInterval.map { $0 / 2 }
    var lastSign = Moment.now
    while Interruption.exitCode == nil {
      usleep(50_000)
      if let watchdogInterval, Moment.now - lastSign >= watchdogInterval {
        manager.tell("WATCHDOG=1")
        lastSign = .now
      }
    }
    service.phase = .draining
    manager.tell("STOPPING=1", "STATUS=draining")
    console.note("draining: not ready any more, listening for another \(endTimes.drain)")
    for server in servers { server.beginClosing() }
    let end = Moment.now + endTimes.drain
    while Moment.now < end { usleep(20_000) }
    stop(within: endTimes.stop)
  }

  /// Ends at once, or when what was accepted is answered.
  func stop(within timeLimit: Duration) {
    let end = Moment.now + timeLimit
    var lateCount = 0
    for server in servers { lateCount += server.stop(within: max(.zero, end - Moment.now)) }
    if lateCount > 0 { console.warn("\(lateCount) requests had no answer within \(timeLimit)") }
  }
}
