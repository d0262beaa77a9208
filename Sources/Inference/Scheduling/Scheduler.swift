package import Devices
package import XModel

/// Runs the jobs of several models on all cores of one or several devices.
///
/// A model that is loaded has a pool of buffers; who has some fills the inputs, runs, and reads the outputs. When and on
/// which core a job runs, `Schedule` decides. Each core has threads of its own, as many as it has places for jobs, so
/// that the next job is carried in while the core is at work; a calling thread that waits for its job drives the core
/// itself where one is free, which costs no change of threads.
///
/// The scheduler is closed when neither it nor a model of it is held any more: jobs that wait are answered, those that
/// run end.
package final class Scheduler: Sendable {
  let engine: SchedulerEngine
  private let threads: [OwnThread]

  /// Starts the threads of all cores.
  ///
  /// - Parameters:
  ///   - devices: At least one; the cores of all of them are numbered on from 0 in their order.
  ///   - rules: When jobs go first, and how often they are tried.
  /// - Throws: `.failed` where the system gives no thread; `.unsupported` beyond 64 cores.
  package init(devices: [any Device], rules: Schedule.Rules = Schedule.Rules()) throws(DeviceError) {
    let coreCount = devices.reduce(0) { $0 + $1.coreCount }
    guard (1...CoreSet.mostCores).contains(coreCount) else {
      throw DeviceError(.unsupported, "a scheduler takes 1 to \(CoreSet.mostCores) cores, not \(coreCount)")
    }
    let engine = SchedulerEngine(devices: devices, rules: rules)
    var threads: [OwnThread] = []
    do throws(DeviceError) {
      for (core, place) in engine.corePlaces.enumerated() {
        for _ in 0..<devices[place.device].jobsPerCore {
          let lane = Lane(core: core)
          engine.add(lane)
          threads.append(try OwnThread { engine.serve(lane) })
        }
      }
      threads.append(try OwnThread { engine.watch() })
    } catch {
      engine.stop()
      for thread in threads { thread.join() }
      throw error
    }
    self.engine = engine
    self.threads = threads
  }

  deinit {
    engine.stop()
    for thread in threads { thread.join() }
  }

  /// The number of cores.
  package var coreCount: Int { engine.corePlaces.count }

  /// What was done so far and is held now.
  package var statistics: SchedulerStatistics { engine.statistics() }

  /// Lets a core start nothing more; what it runs ends there.
  package func stopUsing(core: Int) { engine.use(false, core: core) }

  /// Gives jobs again to a core that was taken out of use.
  package func use(core: Int) { engine.use(true, core: core) }

  /// Loads a model on all devices that fit it, with buffers for its jobs.
  ///
  /// - Parameters:
  ///   - model: The model.
  ///   - host: Runs the CPU subgraphs.
  ///   - scope: How much of the model runs.
  ///   - slots: Buffers for so many jobs, shared among the devices by their cores; by default as many as the cores have
  ///     places, and two for each core to be filled and read meanwhile. Where the memory holds fewer, there are fewer.
  /// - Throws: What the first device says where none fits, `.outOfMemory` where not one job fits.
  package func load(
    _ model: Model, host: any Device, scope: Session.Scope, slots: Int? = nil
  ) throws(DeviceError) -> ScheduledModel {
    var homes: [ModelPool.Home] = []
    var refusal: DeviceError?
    var firstCore = 0
    for (number, device) in engine.devices.enumerated() {
      defer { firstCore += device.coreCount }
      do throws(DeviceError) {
        let session = try Session(model: model, device: device, host: host, scope: scope)
        let cores = CoreSet(session.suitableCores.map { firstCore + $0 })
        homes.append(ModelPool.Home(device: number, session: session, cores: cores))
      } catch {
        // Another device may have the core that this one lacks.
        guard error.code == .wrongCore, engine.devices.count > 1 else { throw error }
        refusal = refusal ?? error
      }
    }
    guard let first = homes.first else {
      throw refusal ?? DeviceError(.unsupported, "\(model.path): no device runs it")
    }
    return try add(homes, first, path: model.path, slots)
  }

  /// Takes in a model that is loaded on the only device, with buffers for its jobs.
  ///
  /// - Parameters:
  ///   - session: The model on the scheduler's device.
  ///   - path: The model's file, for messages.
  ///   - slots: As for a model.
  /// - Throws: `.outOfMemory` where not one job fits.
  package func load(_ session: Session, path: String, slots: Int? = nil) throws(DeviceError) -> ScheduledModel {
    precondition(engine.devices.count == 1, "a session belongs to one device, the scheduler has several")
    let home = ModelPool.Home(device: 0, session: session, cores: CoreSet(session.suitableCores))
    return try add([home], home, path: path, slots)
  }

  private func add(
    _ homes: [ModelPool.Home], _ first: ModelPool.Home, path: String, _ slots: Int?
  ) throws(DeviceError) -> ScheduledModel {
    let jobs = try makeJobs(for: homes, slots)
    let pool = ModelPool(path: path, homes: homes)
    engine.add(pool, jobs: jobs)
    return ScheduledModel(self, pool, first.session, slotCount: jobs.reduce(0) { $0 + $1.count })
  }

  private func makeJobs(for homes: [ModelPool.Home], _ slots: Int?) throws(DeviceError) -> [[SessionJob]] {
    let coreCount = homes.reduce(0) { $0 + $1.cores.count }
    var result: [[SessionJob]] = []
    for home in homes {
      let usual = home.cores.count * (engine.devices[home.device].jobsPerCore + 2)
      let wanted = slots.map { ($0 * home.cores.count + coreCount - 1) / coreCount } ?? usual
      var jobs: [SessionJob] = []
      while jobs.count < max(1, wanted) {
        do throws(DeviceError) { jobs.append(try home.session.makeJob()) } catch {
          guard error.code == .outOfMemory, !jobs.isEmpty else { throw error }
          break
        }
      }
      result.append(jobs)
    }
    return result
  }
}

extension SchedulerEngine {
  /// Gives a core a further thread.
  func add(_ lane: Lane) {
    lock.lock()
    defer { lock.unlock() }
    cores[lane.core].idleLanes.reserveCapacity(devices[corePlaces[lane.core].device].jobsPerCore)
    cores[lane.core].idleLanes.append(lane)
  }
}
