import Devices
import Threads

/// What the threads of a scheduler share: the schedule, and who does what it says.
///
/// All of it is used with the lock held. Whoever brings an event takes the lock, carries out what the schedule answers,
/// frees the lock and wakes those whom it concerns.
final class SchedulerEngine: Sendable {
  /// Where a core is.
  struct CorePlace: Sendable {
    /// The device's number in the scheduler.
    let device: Int
    /// The core's number on the device.
    let number: Int
  }

  /// A core as the scheduler sees it.
  struct Core {
    /// The threads that wait for a job.
    var idleLanes: [Lane] = []
    var statistics: SchedulerStatistics.Core
  }

  /// A core that is out, and when to look at it again.
  struct WatchedCore {
    let core: Int
    var nextLook: Moment
    var pause: Duration
  }

  /// The first pause before a core that is out is looked at; each further one is twice as long, up to `longestPause`.
  static let firstPause = Duration.milliseconds(100)
  static let longestPause = Duration.seconds(10)

  let lock = ThreadLock()
  let devices: [any Device]
  /// Where the cores are, by number.
  let corePlaces: [CorePlace]
  /// What the watching thread sleeps for.
  let watchSignal = ThreadSignal()

  // @unchecked: everything below is used with the lock held.
  nonisolated(unsafe) var schedule: Schedule
  nonisolated(unsafe) var actions: [Schedule.Action] = []
  nonisolated(unsafe) var cores: [Core] = []
  nonisolated(unsafe) var slots: [JobSlot?] = []
  nonisolated(unsafe) var freeNumbers: [Int] = []
  nonisolated(unsafe) var pools: [ModelPool] = []
  nonisolated(unsafe) var watched: [WatchedCore] = []
  /// Until when the watching thread sleeps.
  nonisolated(unsafe) var watchTime = Moment(nanoseconds: .max)
  nonisolated(unsafe) var isStopping = false

  /// Makes an engine whose cores are all at work.
  init(devices: [any Device], rules: Schedule.Rules) {
    self.devices = devices
    corePlaces = devices.enumerated().flatMap { device, made in
      (0..<made.coreCount).map { CorePlace(device: device, number: $0) }
    }
    schedule = Schedule(rules: rules)
    actions.reserveCapacity(256)
    for place in corePlaces {
      cores.append(Core(statistics: .init(device: devices[place.device].description, number: place.number)))
      schedule.handle(.coreAdded(places: devices[place.device].jobsPerCore), into: &actions)
    }
  }

  /// Takes an event and carries out what follows, up to the waking.
  ///
  /// The lock is held.
  func decide(_ event: Schedule.Event) -> WakeList {
    var wakes = WakeList()
    decide(event, &wakes)
    return wakes
  }

  /// The same for one event of several.
  func decide(_ event: Schedule.Event, _ wakes: inout WakeList) {
    schedule.handle(event, into: &actions)
    for index in actions.indices {
      switch actions[index] {
      case .start(let job, let core): start(slot(job), on: core, &wakes)
      case .answer(let job, let answer): self.answer(slot(job), answer, &wakes)
      case .rest(let job): rest(slot(job), &wakes)
      case .watch(let core): watch(core)
      }
    }
    actions.removeAll(keepingCapacity: true)
  }

  /// The buffers of a number.
  func slot(_ number: Int) -> JobSlot {
    guard let slot = slots[number] else { preconditionFailure("job \(number) has no buffers") }
    return slot
  }

  private func start(_ slot: JobSlot, on core: Int, _ wakes: inout WakeList) {
    cores[core].statistics.startCount += 1
    slot.times.attempts += 1
    if case .runner = slot.waiter {
      slot.grantedCore = core
      if slot.isAsleep { wakes.add(slot.signal) }
      return
    }
    guard let lane = cores[core].idleLanes.popLast() else {
      preconditionFailure("core \(core) has as many threads as places")
    }
    lane.slot = slot
    if lane.isAsleep { wakes.add(lane.signal) }
  }

  private func answer(_ slot: JobSlot, _ answer: Schedule.Answer, _ wakes: inout WakeList) {
    slot.answer = answer
    let waiter = slot.waiter
    slot.waiter = .nobody
    switch waiter {
    case .nobody: break
    case .runner, .thread: if slot.isAsleep { wakes.add(slot.signal) }
    case .task(let continuation): wakes.add(continuation)
    case .stream(let stream, let place): stream.jobAnswered(place, &wakes)
    }
  }

  private func rest(_ slot: JobSlot, _ wakes: inout WakeList) {
    slot.isResting.store(true, ordering: .releasing)
    if !slot.isLent { returnToPool(slot, &wakes) }
  }

  private func watch(_ core: Int) {
    cores[core].statistics.outCount += 1
    let pause = SchedulerEngine.firstPause
    watched.append(WatchedCore(core: core, nextLook: .now + pause, pause: pause))
    coresChanged()
    watchSignal.wake()
  }

  /// Tells the pools how many cores are at work.
  func coresChanged() {
    for pool in pools {
      for (index, home) in pool.homes.enumerated() {
        pool.ledger.setCoreCount(schedule.activeCount(of: home.cores), ofHome: index)
      }
    }
  }
}
