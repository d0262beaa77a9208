import Glibc

/// A thread for work that blocks: calls into a driver have no place on the threads that tasks share.
package final class OwnThread: Sendable {
  // @unchecked: set in init, read by the one who joins.
  private nonisolated(unsafe) var thread = pthread_t()

  private final class Start: Sendable {
    let body: @Sendable () -> Void
    init(_ body: @escaping @Sendable () -> Void) { self.body = body }
  }

  /// Starts a thread.
  ///
  /// - Throws: `.failed` where the system gives none.
  package init(_ body: @escaping @Sendable () -> Void) throws(DeviceError) {
    let start = Unmanaged.passRetained(Start(body))
    let code = pthread_create(
      &thread, nil,
      { argument in
        guard let argument else { return nil }
        Unmanaged<Start>.fromOpaque(argument).takeRetainedValue().body()
        return nil
      }, start.toOpaque())
    guard code == 0 else {
      start.release()
      throw DeviceError(.failed, "the system gives no further thread (error \(code)); end other programs")
    }
  }

  /// Waits for the thread's end; to be called once.
  package func join() { pthread_join(thread, nil) }
}
