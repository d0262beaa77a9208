#if canImport(Glibc)
  import Glibc
#endif

/// A thread that nobody waits for: what it reads may never answer.
enum DetachedThread {
  private final class Start: Sendable {
    let body: @Sendable () -> Void
    init(_ body: @escaping @Sendable () -> Void) { self.body = body }
  }

  /// Starts a thread, which signals to the program do not reach.
  ///
  /// - Throws: `failed` where the system gives none.
  static func start(_ body: @escaping @Sendable () -> Void) throws(BoardError) {
    // A thread takes over who may interrupt it: Ctrl-C is for the one that waits for it.
    var (all, before) = (sigset_t(), sigset_t())
    sigfillset(&all)
    pthread_sigmask(SIG_SETMASK, &all, &before)
    defer { pthread_sigmask(SIG_SETMASK, &before, nil) }
    let start = Unmanaged.passRetained(Start(body))
    var thread = pthread_t()
    let code = pthread_create(
      &thread, nil,
      { argument in
        guard let argument else { return nil }
        Unmanaged<Start>.fromOpaque(argument).takeRetainedValue().body()
        return nil
      }, start.toOpaque())
    guard code == 0 else {
      start.release()
      throw BoardError(.failed, "the system gives no further thread (error \(code)); end other programs")
    }
    pthread_detach(thread)
  }
}
