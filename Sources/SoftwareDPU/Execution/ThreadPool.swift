import CSoftwareKernels
import Glibc
import Synchronization

/// Threads that share the rows of one kernel at a time.
///
/// Between kernels the workers watch for the next one for a few microseconds before they sleep: a network is a chain
/// of kernels of tens of microseconds, and waking a thread costs about as much.
final class ThreadPool: Sendable {
  /// Threads that compute, the caller's included.
  let threadCount: Int
  private let shared: Shared
  // @unchecked: filled in init, joined in deinit, untouched between.
  private nonisolated(unsafe) var workers: [pthread_t] = []

  /// Starts the threads that a caller needs besides its own.
  init(threadCount: Int) {
    self.threadCount = max(1, threadCount)
    shared = Shared()
    for number in 1..<max(1, threadCount) {
      let start = Unmanaged.passRetained(Start(shared: shared, number: number))
      var thread = pthread_t()
      let code = pthread_create(
        &thread, nil,
        { argument in
          guard let argument else { return nil }
          let start = Unmanaged<Start>.fromOpaque(argument).takeRetainedValue()
          start.shared.work(number: start.number)
          return nil
        }, start.toOpaque())
      if code == 0 { workers.append(thread) } else { start.release() }
    }
    shared.workerCount = workers.count
  }

  deinit {
    shared.stop()
    for worker in workers { pthread_join(worker, nil) }
  }

  /// Runs all rows of a kernel and returns when the last is done.
  ///
  /// - Parameter scratchStride: Bytes from one thread's scratch memory to the next one's.
  func run(_ kernel: any Kernel, _ operands: Operands, scratchStride: Int) {
    let rows = kernel.rows
    if workers.isEmpty || rows < 2 {
      kernel.run(rows: 0..<rows, operands)
      return
    }
    shared.run(kernel, operands, rows: rows, scratchStride: scratchStride)
  }

  private final class Start: Sendable {
    let shared: Shared
    let number: Int
    init(shared: Shared, number: Int) {
      self.shared = shared
      self.number = number
    }
  }

  /// What the threads share: the kernel at hand, and who is done.
  private final class Shared: Sendable {
    // @unchecked: written by the owner of `turn` before `generation` moves, read by workers after it has moved.
    private nonisolated(unsafe) var kernel: (any Kernel)?
    private nonisolated(unsafe) var operands: Operands?
    private nonisolated(unsafe) var rows = 0
    private nonisolated(unsafe) var rowsPerPiece = 1
    private nonisolated(unsafe) var scratchStride = 0
    nonisolated(unsafe) var workerCount = 0

    private let generation = Atomic<Int>(0)
    private let nextRow = Atomic<Int>(0)
    private let running = Atomic<Int>(0)
    private let stopping = Atomic<Bool>(false)
    private let turn = Condition()
    private let news = Condition()
    private let done = Condition()
    private static let mostSpins = 2000

    func run(_ kernel: any Kernel, _ operands: Operands, rows: Int, scratchStride: Int) {
      turn.lock()
      defer { turn.unlock() }
      self.kernel = kernel
      self.operands = operands
      self.rows = rows
      self.scratchStride = scratchStride
      // A few pieces for each thread even out unequal speed; each piece costs its border rows again.
      rowsPerPiece = max(1, (rows + 3 * (workerCount + 1) - 1) / (3 * (workerCount + 1)))
      nextRow.store(0, ordering: .relaxed)
      running.store(workerCount, ordering: .relaxed)
      news.lock()
      generation.add(1, ordering: .releasing)
      news.broadcast()
      news.unlock()

      computePieces(number: 0)
      var spins = 0
      while running.load(ordering: .acquiring) != 0, spins < Shared.mostSpins {
        dpuk_spin_pause()
        spins += 1
      }
      if running.load(ordering: .acquiring) != 0 {
        done.lock()
        while running.load(ordering: .acquiring) != 0 { done.wait() }
        done.unlock()
      }
      self.kernel = nil
      self.operands = nil
    }

    func work(number: Int) {
      var seen = 0
      while true {
        var current = generation.load(ordering: .acquiring)
        var spins = 0
        while current == seen, spins < Shared.mostSpins {
          dpuk_spin_pause()
          spins += 1
          current = generation.load(ordering: .acquiring)
        }
        if current == seen {
          news.lock()
          while generation.load(ordering: .acquiring) == seen { news.wait() }
          news.unlock()
          current = generation.load(ordering: .acquiring)
        }
        seen = current
        if stopping.load(ordering: .acquiring) { return }
        computePieces(number: number)
        if running.subtract(1, ordering: .acquiringAndReleasing).newValue == 0 {
          done.lock()
          done.broadcast()
          done.unlock()
        }
      }
    }

    func stop() {
      stopping.store(true, ordering: .releasing)
      news.lock()
      generation.add(1, ordering: .releasing)
      news.broadcast()
      news.unlock()
    }

    private func computePieces(number: Int) {
      guard let kernel, let operands else { return }
      let own = operands.replacingScratch(operands.scratch + number * scratchStride)
      while true {
        let first = nextRow.add(rowsPerPiece, ordering: .relaxed).oldValue
        guard first < rows else { return }
        kernel.run(rows: first..<min(first + rowsPerPiece, rows), own)
      }
    }
  }
}

/// A mutex and a condition in one; the standard library has no condition variable.
private final class Condition: Sendable {
  // @unchecked: pthread objects are made for sharing; they are initialised once and destroyed last.
  private nonisolated(unsafe) let mutex: UnsafeMutablePointer<pthread_mutex_t>
  private nonisolated(unsafe) let condition: UnsafeMutablePointer<pthread_cond_t>

  init() {
    mutex = .allocate(capacity: 1)
    condition = .allocate(capacity: 1)
    pthread_mutex_init(mutex, nil)
    pthread_cond_init(condition, nil)
  }

  deinit {
    pthread_cond_destroy(condition)
    pthread_mutex_destroy(mutex)
    condition.deallocate()
    mutex.deallocate()
  }

  func lock() { pthread_mutex_lock(mutex) }
  func unlock() { pthread_mutex_unlock(mutex) }
  func wait() { pthread_cond_wait(condition, mutex) }
  func broadcast() { pthread_cond_broadcast(condition) }
}
