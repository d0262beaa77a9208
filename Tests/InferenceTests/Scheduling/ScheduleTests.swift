import Inference
import Testing
import Threads

struct ScheduleTests {
  private let both = CoreSet([0, 1])

  /// A schedule with cores of so many places.
  private func schedule(cores: Int, places: Int = 1, _ change: (inout Schedule.Rules) -> Void = { _ in }) -> Schedule {
    var rules = Schedule.Rules()
    change(&rules)
    var schedule = Schedule(rules: rules)
    for _ in 0..<cores { _ = schedule.take(.coreAdded(places: places)) }
    return schedule
  }

  @Test("jobs spread over the cores before they share one, and wait when all places are taken")
  func spreading() {
    var schedule = schedule(cores: 2, places: 2)
    let started = (0..<5).map { schedule.take(.submitted(job: $0, .init(home: both))) }
    #expect(
      started == [
        [.start(job: 0, core: 0)], [.start(job: 1, core: 1)], [.start(job: 2, core: 0)], [.start(job: 3, core: 1)], [],
      ])
    #expect(schedule.waitingCount == 1)
    #expect(
      schedule.take(.finished(job: 3))
        == [.answer(job: 3, .completed), .rest(job: 3), .start(job: 4, core: 1)])
  }

  @Test("a job that has to share a core shares the one that has been at work on its job for longest")
  func sharing() {
    var schedule = schedule(cores: 2, places: 2)
    for job in 0..<3 { _ = schedule.take(.submitted(job: job, .init(home: both))) }
    // Core 0 goes on with job 2, so that core 1, at work on job 1, will be free first.
    _ = schedule.take(.finished(job: 0))
    #expect(schedule.take(.submitted(job: 3, .init(home: both))) == [.start(job: 3, core: 1)])
    // Core 1 goes on with job 3, and core 0 began before that.
    _ = schedule.take(.finished(job: 1))
    #expect(schedule.take(.submitted(job: 4, .init(home: both))) == [.start(job: 4, core: 0)])
    // A core without a job comes first, whenever it began its last one.
    _ = schedule.take(.finished(job: 3))
    #expect(schedule.take(.submitted(job: 5, .init(home: both))) == [.start(job: 5, core: 1)])
  }

  @Test("a core that fails is out, its job is tried elsewhere, the rest goes on")
  func lostCore() {
    var schedule = schedule(cores: 2)
    for job in 0..<4 { _ = schedule.take(.submitted(job: job, .init(home: both))) }
    #expect(schedule.take(.failed(job: 0, .core)) == [.watch(core: 0)])
    #expect(schedule.coreStates == [.out, .active])
    // It came first, so it is the next on the core that is left.
    #expect(
      schedule.take(.finished(job: 1)) == [.answer(job: 1, .completed), .rest(job: 1), .start(job: 0, core: 1)])
    #expect(schedule.take(.coreRecovered(0)) == [.start(job: 2, core: 0)])
  }

  @Test("a job that takes core after core is stopped by its attempts")
  func poison() {
    var schedule = schedule(cores: 3)
    _ = schedule.take(.submitted(job: 0, .init(home: CoreSet([0, 1, 2]))))
    #expect(schedule.take(.failed(job: 0, .core)) == [.watch(core: 0), .start(job: 0, core: 1)])
    #expect(schedule.take(.failed(job: 0, .core)) == [.watch(core: 1), .answer(job: 0, .failed), .rest(job: 0)])
    #expect(schedule.coreStates == [.out, .out, .active])
  }

  @Test("a job that breaks off is tried once more: elsewhere, or on the only core there is", arguments: [1, 2])
  func brokenJob(cores: Int) {
    var schedule = schedule(cores: cores)
    _ = schedule.take(.submitted(job: 0, .init(home: CoreSet(0..<cores))))
    #expect(schedule.take(.failed(job: 0, .job)) == [.start(job: 0, core: cores - 1)])
    #expect(schedule.take(.finished(job: 0)) == [.answer(job: 0, .completed), .rest(job: 0)])
  }

  @Test("a core on which jobs break off three times in a row is out; a good job begins the count anew")
  func strikes() {
    var schedule = schedule(cores: 1) { $0.attempts = 1 }
    for outcome in [false, false, true, false, false] {
      _ = schedule.take(.submitted(job: 0, .init(home: CoreSet([0]))))
      _ = schedule.take(outcome ? .finished(job: 0) : .failed(job: 0, .job))
      #expect(schedule.coreStates == [.active])
    }
    _ = schedule.take(.submitted(job: 0, .init(home: CoreSet([0]))))
    #expect(schedule.take(.failed(job: 0, .job)) == [.watch(core: 0), .answer(job: 0, .failed), .rest(job: 0)])
  }

  @Test("when no core is left, what waits is told so at once, and what comes too")
  func noCoreLeft() {
    var schedule = schedule(cores: 1)
    for job in 0..<3 { _ = schedule.take(.submitted(job: job, .init(home: CoreSet([0])))) }
    #expect(
      schedule.take(.failed(job: 0, .core)) == [
        .answer(job: 1, .noCoreLeft), .rest(job: 1), .answer(job: 2, .noCoreLeft), .rest(job: 2), .watch(core: 0),
        .answer(job: 0, .failed), .rest(job: 0),
      ])
    #expect(
      schedule.take(.submitted(job: 1, .init(home: CoreSet([0])))) == [.answer(job: 1, .noCoreLeft), .rest(job: 1)])
  }

  @Test("a job leaves its device only when none of its cores is left")
  func home() {
    var schedule = schedule(cores: 3)
    let request = Schedule.Request(home: CoreSet([0, 1]), anywhere: CoreSet([0, 1, 2]))
    for job in 0..<3 { _ = schedule.take(.submitted(job: job, request)) }
    #expect(schedule.runningCount(onCore: 2) == 0)
    #expect(schedule.take(.coreRemoved(0)) == [])
    #expect(schedule.take(.coreRemoved(1)) == [.start(job: 2, core: 2)])
    #expect(schedule.take(.coreReturned(1)) == [])
  }

  @Test("an answer that nobody wants any more is given at once; the buffers rest when the core is done with them")
  func early() {
    var schedule = schedule(cores: 1)
    let late = JobOptions(deadline: Moment(nanoseconds: 100))
    for job in 0..<4 {
      let options = job < 2 ? late : JobOptions()
      _ = schedule.take(.submitted(job: job, .init(options, home: CoreSet([0]))))
    }
    #expect(schedule.nextDeadline == Moment(nanoseconds: 100))
    #expect(schedule.take(.timePassed(Moment(nanoseconds: 99))) == [])
    #expect(
      schedule.take(.timePassed(Moment(nanoseconds: 100))) == [
        .answer(job: 0, .deadlinePassed), .answer(job: 1, .deadlinePassed), .rest(job: 1),
      ])
    #expect(schedule.nextDeadline == nil)
    #expect(schedule.take(.cancelled(job: 2)) == [.answer(job: 2, .cancelled), .rest(job: 2)])
    #expect(schedule.take(.cancelled(job: 2)) == [])
    #expect(schedule.take(.finished(job: 0)) == [.rest(job: 0), .start(job: 3, core: 0)])
    #expect(schedule.take(.cancelled(job: 3)) == [.answer(job: 3, .cancelled)])
    #expect(schedule.take(.failed(job: 3, .core)) == [.watch(core: 0), .rest(job: 3)])
  }
}

extension Schedule {
  /// Takes an event and gives what is to be done.
  mutating func take(_ event: Event) -> [Action] {
    var actions: [Action] = []
    handle(event, into: &actions)
    return actions
  }
}
