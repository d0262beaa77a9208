package import Threads

/// Which job runs on which core and when it is answered: the decisions, without threads, clocks or devices.
///
/// Events go in, actions come out. A job is known by a number below the number of buffers there are; the number is free
/// for another job after its `rest`.
///
/// | | rule |
/// |---|---|
/// | order | that of `WaitingLine`: priority, deadline, coming; nobody is overtaken more often than the patience says |
/// | core | among those with a free place the one with the fewest jobs, then the lowest number |
/// | home | a job goes to the cores whose memory has its buffers; to others only when none of those is left |
/// | failure | of the job: the core goes on, but is out after some in a row; of the core: it is out at once |
/// | again | a job that failed is tried again, on another core where there is one, until it has had its attempts |
/// | no core | where no core is left that would do, a waiting job is answered so |
/// | answers | each job gets one; one that is answered while it runs rests when its run ends |
package struct Schedule: Sendable {
  /// The numbers that rules mention.
  package struct Rules: Equatable, Sendable {
    /// How often a job is started before its failure is the answer.
    package var attempts = 2
    /// How often a job may be overtaken.
    package var patience = 16
    /// Failures in a row after which a core is out.
    package var strikes = 3

    /// Makes the usual rules.
    package init() {}
  }

  /// What a job needs.
  package struct Request: Equatable, Sendable {
    /// How urgent it is, and until when.
    package var options: JobOptions
    /// The cores that reach its buffers.
    package var home: CoreSet
    /// All cores that could run it, with buffers in their own memory.
    package var anywhere: CoreSet

    /// Makes a request.
    package init(_ options: JobOptions = JobOptions(), home: CoreSet, anywhere: CoreSet? = nil) {
      self.options = options
      self.home = home
      self.anywhere = (anywhere ?? home).union(home)
    }
  }

  /// What happened.
  package enum Event: Equatable, Sendable {
    /// There is a further core, with so many places for jobs: one at work, the others ready behind it.
    case coreAdded(places: Int)
    /// A job wants to run.
    case submitted(job: Int, Request)
    /// A job has run.
    case finished(job: Int)
    /// A job has not run to its end.
    case failed(job: Int, Failure)
    /// Nobody wants a job's answer any more.
    case cancelled(job: Int)
    /// The time has come to this.
    case timePassed(Moment)
    /// A core that was out works again.
    case coreRecovered(Int)
    /// A core is to start nothing more.
    case coreRemoved(Int)
    /// A core that was removed is to be used again.
    case coreReturned(Int)
  }

  /// Whose failure it was.
  package enum Failure: Equatable, Sendable {
    /// The job broke off and the core is free.
    case job
    /// There were no buffers to run it with.
    case buffers
    /// The core does not answer.
    case core
  }

  /// What is to be done.
  package enum Action: Equatable, Sendable {
    /// Run a job.
    case start(job: Int, core: Int)
    /// Tell a job's owner.
    case answer(job: Int, Answer)
    /// Nobody uses a job's buffers any more.
    case rest(job: Int)
    /// Look after a core until it works again.
    case watch(core: Int)
  }

  /// How a job came out.
  package enum Answer: Equatable, Sendable {
    case completed
    /// As the last failure said.
    case failed
    case deadlinePassed
    case cancelled
    /// None of the cores that would do is left.
    case noCoreLeft
  }

  /// What is known of a core.
  package enum CoreState: Equatable, Sendable {
    case active
    /// It does not answer, or failed too often in a row.
    case out
    /// It was taken from us.
    case removed
  }

  private struct Core {
    var state = CoreState.active
    let places: Int
    var running = 0
    /// When the job that it is at work on began, counted in such beginnings.
    var began = 0
    var failuresInARow = 0
  }

  private enum Phase: Equatable {
    case idle
    case waiting
    case running(core: Int)
    /// Running, though its owner has an answer.
    case answered(core: Int)
  }

  private struct Job {
    var phase = Phase.idle
    var request = Request(home: CoreSet())
    var attempts = 0
    /// The core on which it failed last.
    var avoided: Int?
    /// Its place in the order, for coming back to.
    var entry: WaitingLine.Entry?
  }

  /// The numbers that rules mention.
  package let rules: Rules
  private var cores: [Core] = []
  private var jobs: [Job] = []
  private var line: WaitingLine
  private var activeCores = CoreSet()
  private var beginningCount = 0

  /// Makes a schedule without cores and jobs.
  package init(rules: Rules = Rules()) {
    precondition(rules.attempts > 0 && rules.strikes > 0, "attempts and strikes are at least 1: \(rules)")
    self.rules = rules
    line = WaitingLine(patience: rules.patience)
  }

  /// Takes an event.
  ///
  /// - Parameter actions: Gets what is to be done, in this order.
  package mutating func handle(_ event: Event, into actions: inout [Action]) {
    switch event {
    case .coreAdded(let places):
      precondition(places > 0, "a core has at least one place")
      cores.append(Core(places: places))
      change(cores.count - 1, to: .active, &actions)
    case .submitted(let job, let request): submit(job, request, &actions)
    case .finished(let job):
      cores[core(of: job)].failuresInARow = 0
      end(job, .completed, &actions)
    case .failed(let job, let failure): fail(job, failure, &actions)
    case .cancelled(let job): answerEarly(job, .cancelled, &actions)
    case .timePassed(let now):
      for job in jobs.indices {
        guard let deadline = jobs[job].request.options.deadline, deadline <= now else { continue }
        answerEarly(job, .deadlinePassed, &actions)
      }
    case .coreRecovered(let core):
      guard cores[core].state == .out else { return }
      cores[core].failuresInARow = 0
      change(core, to: .active, &actions)
    case .coreRemoved(let core): change(core, to: .removed, &actions)
    case .coreReturned(let core):
      guard cores[core].state == .removed else { return }
      change(core, to: .active, &actions)
    }
    dispatch(&actions)
  }

  /// What is known of the cores, by number.
  package var coreStates: [CoreState] { cores.map(\.state) }

  /// Whether one of some cores may start jobs.
  package func isAnyActive(of some: CoreSet) -> Bool { !some.intersection(activeCores).isEmpty }

  /// How many of some cores may start jobs.
  package func activeCount(of some: CoreSet) -> Int { some.intersection(activeCores).count }

  /// Jobs that wait for a core.
  package var waitingCount: Int { line.entries.count }

  /// Jobs on a core.
  package func runningCount(onCore core: Int) -> Int { cores[core].running }

  /// The next moment at which a job's time is up, `nil` where none has a limit.
  package var nextDeadline: Moment? {
    var earliest: Moment?
    for job in jobs {
      switch job.phase {
      case .idle, .answered: continue
      case .waiting, .running:
        guard let deadline = job.request.options.deadline else { continue }
        earliest = min(earliest ?? deadline, deadline)
      }
    }
    return earliest
  }
}

extension Schedule {
  private mutating func submit(_ number: Int, _ request: Request, _ actions: inout [Action]) {
    while jobs.count <= number { jobs.append(Job()) }
    precondition(jobs[number].phase == .idle, "job \(number) is submitted before it rests")
    jobs[number] = Job(phase: .waiting, request: request)
    let cores = suitableCores(for: number)
    guard !cores.isEmpty else {
      conclude(number, .noCoreLeft, &actions)
      return
    }
    line.append(number, request.options, cores: cores)
  }

  /// The end of a run: the answer, if it was not given before, and rest.
  private mutating func end(_ number: Int, _ answer: Answer, _ actions: inout [Action]) {
    let core = core(of: number)
    takeOff(core)
    let isAnswered = jobs[number].phase == .answered(core: core)
    jobs[number].phase = .idle
    if !isAnswered { actions.append(.answer(job: number, answer)) }
    actions.append(.rest(job: number))
  }

  /// A job has left a core, which goes on with the next one that it holds.
  private mutating func takeOff(_ core: Int) {
    cores[core].running -= 1
    if cores[core].running > 0 { begin(on: core) }
  }

  private mutating func begin(on core: Int) {
    beginningCount += 1
    cores[core].began = beginningCount
  }

  /// The end of a job that does not run.
  private mutating func conclude(_ number: Int, _ answer: Answer, _ actions: inout [Action]) {
    jobs[number].phase = .idle
    actions.append(.answer(job: number, answer))
    actions.append(.rest(job: number))
  }

  private mutating func fail(_ number: Int, _ failure: Failure, _ actions: inout [Action]) {
    let core = core(of: number)
    let isAnswered = jobs[number].phase == .answered(core: core)
    if failure != .buffers { cores[core].failuresInARow += 1 }
    jobs[number].attempts += 1
    jobs[number].avoided = core
    let isOver = isAnswered || jobs[number].attempts >= rules.attempts
    if !isOver {
      takeOff(core)
      jobs[number].phase = .waiting
    }
    // The core first: whether another is left decides what becomes of the job.
    if failure == .core || cores[core].failuresInARow >= rules.strikes, cores[core].state == .active {
      change(core, to: .out, &actions)
      actions.append(.watch(core: core))
    }
    if isOver {
      end(number, .failed, &actions)
      return
    }
    let suitable = suitableCores(for: number)
    guard !suitable.isEmpty, let entry = jobs[number].entry else {
      conclude(number, .failed, &actions)
      return
    }
    line.putBack(entry, cores: suitable)
  }

  private mutating func answerEarly(_ number: Int, _ answer: Answer, _ actions: inout [Action]) {
    guard jobs.indices.contains(number) else { return }
    switch jobs[number].phase {
    case .idle, .answered: return
    case .waiting:
      line.remove(number)
      conclude(number, answer, &actions)
    case .running(let core):
      jobs[number].phase = .answered(core: core)
      actions.append(.answer(job: number, answer))
    }
  }

  private mutating func change(_ core: Int, to state: CoreState, _ actions: inout [Action]) {
    cores[core].state = state
    if state == .active { activeCores.insert(core) } else { activeCores.remove(core) }
    for number in jobs.indices where jobs[number].phase == .waiting && suitableCores(for: number).isEmpty {
      // A job that is just failing is not in the line; its own failure answers it.
      if line.remove(number) { conclude(number, .noCoreLeft, &actions) }
    }
    let jobs = jobs
    let activeCores = activeCores
    line.updateCores { Schedule.suitableCores(for: jobs[$0], among: activeCores) }
  }

  /// Starts what can be started.
  private mutating func dispatch(_ actions: inout [Action]) {
    while !line.isEmpty {
      guard let (core, entry) = takeNext() else { return }
      jobs[entry.number].entry = entry
      jobs[entry.number].phase = .running(core: core)
      if cores[core].running == 0 { begin(on: core) }
      cores[core].running += 1
      actions.append(.start(job: entry.number, core: core))
    }
  }

  /// The next job for the emptiest core that has a place and finds one; of equally full ones for that which will be free
  /// first, as far as that can be told.
  private mutating func takeNext() -> (core: Int, entry: WaitingLine.Entry)? {
    var tried = CoreSet()
    while true {
      var emptiest: Int?
      for core in cores.indices where cores[core].state == .active && !tried.contains(core) {
        guard cores[core].running < cores[core].places else { continue }
        if let other = emptiest, !isFreeSooner(cores[core], than: cores[other]) { continue }
        emptiest = core
      }
      guard let core = emptiest else { return nil }
      if let entry = line.take(for: core) { return (core, entry) }
      tried.insert(core)
    }
  }

  /// Whether a core holds fewer jobs than one before it, or as many and has been at work on one for longer.
  private func isFreeSooner(_ core: Core, than other: Core) -> Bool {
    if core.running != other.running { return core.running < other.running }
    return core.running > 0 && core.began < other.began
  }

  private func suitableCores(for number: Int) -> CoreSet {
    Schedule.suitableCores(for: jobs[number], among: activeCores)
  }

  private static func suitableCores(for job: Job, among active: CoreSet) -> CoreSet {
    let home = job.request.home.intersection(active)
    let cores = home.isEmpty ? job.request.anywhere.intersection(active) : home
    guard let avoided = job.avoided else { return cores }
    let others = cores.removing(avoided)
    return others.isEmpty ? cores : others
  }

  private func core(of number: Int) -> Int {
    precondition(jobs.indices.contains(number), "job \(number) was never submitted")
    switch jobs[number].phase {
    case .running(let core), .answered(let core): return core
    case .idle, .waiting: preconditionFailure("job \(number) ends but does not run")
    }
  }
}
