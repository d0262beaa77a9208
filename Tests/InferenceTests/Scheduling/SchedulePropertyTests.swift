import Devices
import Inference
import Tensors
import Testing
import Threads

/// What must hold whatever happens, tried with random events.
struct SchedulePropertyTests {
  @Test("nothing is lost, nothing is answered twice, bounds and order hold", arguments: Array(UInt64(1)...60))
  func properties(seed: UInt64) {
    var world = World(seed: seed)
    for _ in 0..<800 {
      world.step()
      guard world.violations.isEmpty else { break }
    }
    world.finish()
    #expect(world.violations == [], "seed \(seed)")
    #expect(world.startCount > 25, "seed \(seed): too little happened to prove anything")
  }
}

/// A schedule among random events, with books of its own kept beside it.
private struct World {
  private struct Job {
    var order = 0
    var request = Schedule.Request(home: CoreSet())
    var isBusy = false
    var isAnswered = false
    var core: Int?
    var attempts = 0
    var lastFailure: Int?
    var overtaken = 0
  }

  private static let jobCount = 24

  private var schedule: Schedule
  private var random: SeededGenerator
  private var jobs = [Job](repeating: Job(), count: jobCount)
  private let places: [Int]
  private var states: [Schedule.CoreState]
  private var failuresInARow: [Int]
  private var order = 0
  private var now: Int64 = 0
  private(set) var startCount = 0
  private(set) var violations: [String] = []

  init(seed: UInt64) {
    random = SeededGenerator(seed: seed)
    var rules = Schedule.Rules()
    rules.attempts = random.next(in: 1...3)
    rules.patience = random.next(in: 0...5)
    rules.strikes = random.next(in: 1...4)
    schedule = Schedule(rules: rules)
    let count = random.next(in: 1...4)
    var places: [Int] = []
    for _ in 0..<count { places.append(random.next(in: 1...3)) }
    self.places = places
    states = [Schedule.CoreState](repeating: .active, count: count)
    failuresInARow = [Int](repeating: 0, count: count)
    for number in places { _ = schedule.take(.coreAdded(places: number)) }
  }

  /// Something happens.
  mutating func step() {
    now += Int64(random.next(in: 0...20))
    switch random.next(in: 0...99) {
    case 0..<45: submit()
    case 45..<75: endOne { (.finished(job: $0), nil) }
    case 75..<82: endOne { (.failed(job: $0, .job), .job) }
    case 82..<85: endOne { (.failed(job: $0, .core), .core) }
    case 85..<89: happen(.cancelled(job: random.next(in: 0...World.jobCount - 1)))
    case 89..<93: happen(.timePassed(Moment(nanoseconds: now)))
    case 93..<97: recover()
    case 97: remove(random.next(in: 0...places.count - 1))
    default: giveBack(random.next(in: 0...places.count - 1))
    }
  }

  /// All cores work again and nothing fails any more: all must come to its end.
  mutating func finish() {
    for core in places.indices {
      if states[core] == .out { recover(core) }
      giveBack(core)
    }
    for _ in 0..<2 * World.jobCount { endOne { (.finished(job: $0), nil) } }
    for number in jobs.indices where jobs[number].isBusy { complain("job \(number) never came to rest") }
    if schedule.waitingCount != 0 { complain("\(schedule.waitingCount) wait for ever") }
  }

  private mutating func submit() {
    guard let number = jobs.indices.filter({ !jobs[$0].isBusy }).randomElement(using: &random) else { return }
    var home = CoreSet()
    var anywhere = CoreSet()
    for core in places.indices {
      if random.next(in: 0...2) > 0 { home.insert(core) }
      if random.next(in: 0...1) > 0 { anywhere.insert(core) }
    }
    let deadline = random.next(in: 0...3) == 0 ? Moment(nanoseconds: now + Int64(random.next(in: 1...300))) : nil
    let options = JobOptions(
      priority: JobPriority.allCases[random.next(in: 0...2)], deadline: deadline)
    order += 1
    jobs[number] = Job(order: order, request: .init(options, home: home, anywhere: anywhere), isBusy: true)
    happen(.submitted(job: number, jobs[number].request))
  }

  private mutating func endOne(_ event: (Int) -> (Schedule.Event, Schedule.Failure?)) {
    guard let number = jobs.indices.filter({ jobs[$0].core != nil }).randomElement(using: &random) else { return }
    guard let core = jobs[number].core else { return }
    let (event, failure) = event(number)
    jobs[number].core = nil
    switch failure {
    case nil: failuresInARow[core] = 0
    case .some(let failure):
      failuresInARow[core] += 1
      jobs[number].attempts += 1
      jobs[number].lastFailure = core
      let isOut = failure == .core || failuresInARow[core] >= schedule.rules.strikes
      if isOut, states[core] == .active { states[core] = .out }
    }
    happen(event)
  }

  private mutating func recover() {
    guard let core = places.indices.filter({ states[$0] == .out }).randomElement(using: &random) else { return }
    recover(core)
  }

  private mutating func recover(_ core: Int) {
    states[core] = .active
    failuresInARow[core] = 0
    happen(.coreRecovered(core))
  }

  private mutating func remove(_ core: Int) {
    states[core] = .removed
    happen(.coreRemoved(core))
  }

  private mutating func giveBack(_ core: Int) {
    if states[core] == .removed { states[core] = .active }
    happen(.coreReturned(core))
  }

  private mutating func happen(_ event: Schedule.Event) {
    for action in schedule.take(event) {
      switch action {
      case .start(let job, let core): start(job, on: core)
      case .answer(let job, let answer): check(answer, of: job)
      case .rest(let job):
        if !jobs[job].isBusy || !jobs[job].isAnswered { complain("job \(job) rests before its answer") }
        if jobs[job].core != nil { complain("job \(job) rests while it runs") }
        jobs[job].isBusy = false
      case .watch(let core):
        if states[core] != .out { complain("core \(core) is watched but not out") }
      }
    }
    if schedule.coreStates != states { complain("\(event): cores are \(schedule.coreStates), expected \(states)") }
    for core in places.indices where states[core] == .active && running(on: core) < places[core] {
      let idle = waiting(for: core)
      if !idle.isEmpty { complain("core \(core) has a place, yet jobs \(idle) wait") }
    }
  }

  private mutating func start(_ number: Int, on core: Int) {
    startCount += 1
    if !jobs[number].isBusy || jobs[number].core != nil { complain("job \(number) is started out of turn") }
    if jobs[number].isAnswered { complain("job \(number) is started after its answer") }
    if jobs[number].attempts >= schedule.rules.attempts { complain("job \(number) has had its attempts") }
    if !suitable(number).contains(core) { complain("job \(number) does not fit core \(core)") }
    if states[core] != .active { complain("core \(core) is \(states[core]) and starts job \(number)") }
    if running(on: core) >= places[core] { complain("core \(core) has no place for job \(number)") }
    for other in waiting(for: core) where other != number {
      if goesBefore(other, number) { complain("job \(number) is started before \(other) on core \(core)") }
      guard jobs[other].order < jobs[number].order else { continue }
      jobs[other].overtaken += 1
      if jobs[other].overtaken > schedule.rules.patience { complain("job \(other) is overtaken too often") }
    }
    jobs[number].core = core
  }

  private mutating func check(_ answer: Schedule.Answer, of number: Int) {
    if !jobs[number].isBusy { complain("job \(number) is answered but was not submitted") }
    if jobs[number].isAnswered { complain("job \(number) is answered twice") }
    jobs[number].isAnswered = true
    switch answer {
    case .completed: break
    case .failed:
      let isOver = jobs[number].attempts >= schedule.rules.attempts || suitable(number).isEmpty
      if jobs[number].attempts == 0 || !isOver { complain("job \(number) fails too early: \(jobs[number].attempts)") }
    case .deadlinePassed:
      let deadline = jobs[number].request.options.deadline
      if deadline == nil || deadline.map({ $0.nanoseconds > now }) == true { complain("job \(number) has time left") }
    case .cancelled: break
    case .noCoreLeft:
      if !suitable(number).isEmpty { complain("job \(number) has cores left: \(suitable(number))") }
    }
  }

  /// The order as the documentation words it.
  private func goesBefore(_ one: Int, _ other: Int) -> Bool {
    let patience = schedule.rules.patience
    let due = [one, other].map { jobs[$0].overtaken >= patience }
    if due[0] || due[1] { return due[0] && (!due[1] || jobs[one].order < jobs[other].order) }
    let options = [one, other].map { jobs[$0].request.options }
    if options[0].priority != options[1].priority { return options[0].priority > options[1].priority }
    switch (options[0].deadline, options[1].deadline) {
    case (.some(let first), .some(let second)) where first != second: return first < second
    case (.some, nil): return true
    case (nil, .some): return false
    default: return jobs[one].order < jobs[other].order
    }
  }

  private func suitable(_ number: Int) -> CoreSet {
    let active = CoreSet(states.indices.filter { states[$0] == .active })
    let home = jobs[number].request.home.intersection(active)
    let cores = home.isEmpty ? jobs[number].request.anywhere.intersection(active) : home
    guard let failed = jobs[number].lastFailure, cores != CoreSet([failed]) else { return cores }
    return cores.removing(failed)
  }

  private func running(on core: Int) -> Int { jobs.count { $0.core == core } }

  private func waiting(for core: Int) -> [Int] {
    jobs.indices.filter { number in
      let job = jobs[number]
      return job.isBusy && !job.isAnswered && job.core == nil && suitable(number).contains(core)
    }
  }

  private mutating func complain(_ words: String) { violations.append(words) }
}

extension SeededGenerator {
  /// A random number of a range.
  mutating func next(in range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &self) }
}
