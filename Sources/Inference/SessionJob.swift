package import Devices
import Threads
package import XModel

/// The buffers of one run through a whole model. A job is used by one thread at a time.
package final class SessionJob {
  private let session: Session
  let jobs: [any Job]
  /// How long each partition took in the last run, in order: from the first byte carried in to the last result.
  package private(set) var stageTimes: [Duration]

  init(_ session: Session, _ jobs: [any Job]) {
    self.session = session
    self.jobs = jobs
    stageTimes = [Duration](repeating: .zero, count: jobs.count)
  }

  /// Gives the buffer of an input to a closure, to be filled; the pointer must not leave it.
  package func withInput<R>(_ index: Int, _ body: (UnsafeMutableRawBufferPointer) throws -> R) rethrows -> R {
    let place = session.inputTargets[index][0]
    return try jobs[place.stage].withInput(place.port, body)
  }

  /// Gives the buffer of an output to a closure; the pointer must not leave it.
  package func withOutput<R>(_ index: Int, _ body: (UnsafeRawBufferPointer) throws -> R) rethrows -> R {
    let place = session.outputSources[index]
    return try jobs[place.stage].withOutput(place.port, body)
  }

  /// Runs once over the inputs and returns when the outputs are ready.
  ///
  /// - Returns: How long each partition took, in order.
  /// - Throws: `.failed` when a device broke off.
  @discardableResult
  package func run() throws(DeviceError) -> [PartitionTiming] {
    try runStages(onCore: nil)
    return zip(stages, stageTimes).map { stage, time in
      PartitionTiming(name: stage.partition.name, kind: stage.partition.kind, duration: time)
    }
  }

  /// Runs once over the inputs, the DPU partitions on one core, and allocates nothing.
  ///
  /// - Throws: As `Job` does.
  package func run(onCore core: Int) throws(DeviceError) { try runStages(onCore: core) }

  private func runStages(onCore core: Int?) throws(DeviceError) {
    carryModelInputs()
    for number in stages.indices {
      let start = Moment.now
      carryInputs(of: number)
      if let core, stages[number].cores.contains(core) {
        try jobs[number].run(onCore: core)
      } else {
        try jobs[number].run()
      }
      stageTimes[number] = .now - start
    }
  }

  /// How long cores were at work in the last run, `nil` where no device tells.
  package var coreTime: Duration? {
    var sum: Duration?
    for job in jobs {
      if let time = job.coreTime { sum = (sum ?? .zero) + time }
    }
    return sum
  }

  /// Whether the job can't be run again, since a core may still write to its buffers; its inputs can be read.
  var isSpent: Bool { jobs.contains { $0.isSpent } }

  /// Takes over the inputs of another job of the same model.
  func copyInputs(from other: SessionJob) {
    for index in session.inputs.indices {
      other.withInput(index) { source in
        withInput(index) { $0.copyMemory(from: UnsafeRawBufferPointer(source)) }
      }
    }
  }

  /// The loaded partitions in order.
  var stages: [Session.Stage] { session.stages }

  /// Brings a stage the outputs of earlier ones.
  func carryInputs(of number: Int) {
    for copy in session.copies[number] {
      jobs[copy.from.stage].withOutput(copy.from.port) { source in
        jobs[copy.to.stage].withInput(copy.to.port) { $0.copyMemory(from: source) }
      }
    }
  }

  /// A model input that several stages read is filled once and carried to the others.
  func carryModelInputs() {
    for targets in session.inputTargets {
      for other in targets.dropFirst() { copyInput(from: targets[0], to: other) }
    }
  }

  private func copyInput(from first: Session.Place, to other: Session.Place) {
    jobs[first.stage].withInput(first.port) { source in
      jobs[other.stage].withInput(other.port) { $0.copyMemory(from: UnsafeRawBufferPointer(source)) }
    }
  }
}

/// How long one partition took in a run.
package struct PartitionTiming: Sendable {
  /// The name of the subgraph.
  package let name: String
  /// Who ran it.
  package let kind: Partition.Kind
  /// From the first byte carried in to the last result.
  package let duration: Duration
}
