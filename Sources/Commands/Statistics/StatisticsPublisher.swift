import Devices
import Glibc
import Threads

/// Publishes what a command does on a Unix socket: a line of JSON to each client at once, then one every second.
///
/// It works on a thread of its own, and sleeps while nobody listens. A client that does not read, or that says something,
/// is left; nobody is waited for.
package final class StatisticsPublisher: Sendable {
  private let folder: RuntimeFolder
  private let name: String
  private let listener: Int32
  private let wakeReader: Int32
  private let wakeWriter: Int32
  // @unchecked: set once in init, and joined by `stop`.
  private nonisolated(unsafe) var thread: OwnThread?

  /// The most clients at a time; further ones are turned away.
  static let mostClients: Int = 16

  /// Publishes as far as that is possible: what stands in the way is a note with `--verbose`, never an error.
  package static func start(_ statistics: RunStatistics, _ console: Console) -> StatisticsPublisher? {
    do {
      return try StatisticsPublisher(statistics, in: RuntimeFolder.placeForPublishing())
    } catch {
      if console.isVerbose { console.note("'dpu top' won't see this run: \(error)") }
      return nil
    }
  }

  /// Opens the socket and starts the thread.
  ///
  /// - Parameter interval: The time from one line to the next.
  /// - Throws: In words, why there is no socket.
  package init(
    _ statistics: RunStatistics, in place: RuntimeFolder.Place, interval: Duration = .seconds(1)
  ) throws {
    guard let folder = try RuntimeFolder(place.path, making: place.folderMode) else {
      throw CommandError(.invalidInput, "\(place.path): there is no such folder for statistics sockets")
    }
    let process = Int(getpid())
    let name = RuntimeFolder.socketName(of: process)
    // One that is left of a process that had the number before.
    if case .gone = StatisticsClient.connect(to: name, in: folder) { folder.remove(name) }
    listener = try Self.listen(as: name, in: folder, mode: place.socketMode)
    var ends: [Int32] = [-1, -1]
    guard pipe(&ends) == 0 else {
      let reason = errno
      close(listener)
      folder.remove(name)
      throw Self.problem("make a pipe", reason)
    }
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    (wakeReader, wakeWriter) = (ends[0], ends[1])
    self.folder = folder
    self.name = name
    let service = Service(listener: listener, wake: wakeReader, statistics: statistics, interval: interval)
    do {
      thread = try OwnThread { service.run() }
    } catch {
      closeAll()
      throw error
    }
  }

  /// Takes the socket away and ends the thread; to be called once.
  package func stop() {
    close(wakeWriter)
    thread?.join()
    thread = nil
    folder.remove(name)
    close(listener)
    close(wakeReader)
  }

  private func closeAll() {
    folder.remove(name)
    for descriptor in [listener, wakeReader, wakeWriter] { close(descriptor) }
  }

  /// Makes a socket that appears under its name when it is ready, so that one that refuses is always a dead one.
  private static func listen(as name: String, in folder: RuntimeFolder, mode: mode_t) throws(CommandError) -> Int32 {
    let listener = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue), 0)
    guard listener >= 0 else { throw problem("make a socket", errno) }
    // The mode of the socket is that of its name from the first moment, without what the user's mask forbids.
    fchmod(listener, mode)
    let temporary = "\(name).new"
    folder.remove(temporary)
    var address = folder.address(temporary)
    let size = socklen_t(MemoryLayout<sockaddr_un>.size)
    let isBound = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(listener, $0, size) == 0 }
    }
    // A link, unlike a change of name, takes the place of nobody.
    guard isBound, Glibc.listen(listener, 8) == 0,
      linkat(folder.descriptor, temporary, folder.descriptor, name, 0) == 0
    else {
      let reason = errno
      folder.remove(temporary)
      close(listener)
      throw problem("publish \(folder.path)/\(name)", reason)
    }
    folder.remove(temporary)
    return listener
  }

  private static func problem(_ attempt: String, _ reason: Int32) -> CommandError {
    CommandError(.invalidInput, "cannot \(attempt): \(String(cString: strerror(reason)))")
  }
}

/// The publisher's thread.
private struct Service: Sendable {
  let listener: Int32
  let wake: Int32
  let statistics: RunStatistics
  let interval: Duration

  func run() {
    var clients: [Int32] = []
    defer { for client in clients { close(client) } }
    var due = Moment.now
    while true {
      var waited = [pollfd(fd: wake, events: Int16(POLLIN), revents: 0)]
      waited.append(pollfd(fd: listener, events: Int16(POLLIN), revents: 0))
      waited += clients.map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
      let left = (due - .now).wholeNanoseconds / 1_000_000 + 1
      if poll(&waited, nfds_t(waited.count), clients.isEmpty ? -1 : Int32(clamping: max(0, left))) < 0 {
        guard errno == EINTR else { return }
        continue
      }
      if waited[0].revents != 0 { return }
      // Who hangs up, or says anything, is left: there is nothing to say.
      let quiet = Set(waited.dropFirst(2).filter { $0.revents == 0 }.map(\.fd))
      clients.removeAll { client in
        if !quiet.contains(client) { close(client) }
        return !quiet.contains(client)
      }
      let isDue = Moment.now >= due
      if isDue, !clients.isEmpty { send(to: &clients) }
      if waited[1].revents != 0 { greet(&clients) }
      if isDue { due = .now + interval }
    }
  }

  private func greet(_ clients: inout [Int32]) {
    let client = accept(listener, nil, nil)
    guard client >= 0 else {
      // Where the system has no descriptors left, the connection stays; to look again at once would help nobody.
      if errno == EMFILE || errno == ENFILE || errno == ENOMEM { usleep(100_000) }
      return
    }
    guard clients.count < StatisticsPublisher.mostClients else {
      close(client)
      return
    }
    _ = fcntl(client, F_SETFD, FD_CLOEXEC)
    _ = fcntl(client, F_SETFL, O_NONBLOCK)
    var new = [client]
    send(to: &new)
    clients += new
  }

  /// Sends a line to clients; one whose buffer is full, because it does not read, is left.
  private func send(to clients: inout [Int32]) {
    let line = Array((statistics.snapshot.line + "\n").utf8)
    clients.removeAll { client in
      let sent = line.withUnsafeBytes { Glibc.send(client, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
      if sent != line.count { close(client) }
      return sent != line.count
    }
  }
}
