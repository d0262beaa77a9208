package import XModel

/// A DPU behind any port: knows what a job is made of and in what order it is run.
///
/// Loading puts code and constants into memory once, for all cores. Each job has the other regions for itself. A run
/// carries the inputs over, takes a free core, starts it, waits for its end with a time limit, and carries the outputs
/// back. Jobs on several threads run on several cores.
package final class DPUDevice: Device {
  /// How long a run may wait.
  package struct TimeLimits: Sendable {
    /// For a core to become free.
    package var core: Duration
    /// For the job to end.
    package var job: Duration

    /// Makes limits.
    package init(core: Duration, job: Duration) {
      self.core = core
      self.job = job
    }
  }

  /// What the port leads to, and its cores.
  package let description: DeviceDescription
  /// How long a run may wait.
  package let timeLimits: TimeLimits
  /// The configurations of the cores, by number.
  package let fingerprints: [Fingerprint]

  private let port: any Port
  private let cores: CorePool

  /// Takes over a port.
  ///
  /// - Parameters:
  ///   - port: Nobody else may start its cores.
  ///   - timeLimits: By default the port's own limit for a job, and three times that for a core.
  /// - Throws: `.unavailable` without cores, or what reading the fingerprints throws.
  package init(_ port: any Port, timeLimits: TimeLimits? = nil) throws(DeviceError) {
    guard port.coreCount > 0 else {
      throw DeviceError(.unavailable, "the \(port.description.kind) device has no DPU core")
    }
    var fingerprints: [Fingerprint] = []
    for core in 0..<port.coreCount { fingerprints.append(try port.fingerprint(ofCore: core)) }
    self.port = port
    self.fingerprints = fingerprints
    self.timeLimits = timeLimits ?? TimeLimits(core: port.usualTimeLimit * 3, job: port.usualTimeLimit)
    cores = CorePool(port)
    description = port.description
  }

  /// The number of cores.
  package var coreCount: Int { fingerprints.count }

  /// Two jobs for each core: while one is at work, the other's tensors are carried.
  package var jobsPerCore: Int { 2 }

  /// Looks whether a core that did not end its job has ended it meanwhile.
  package func isWorking(core: Int) -> Bool { cores.isWorking(core) }

  /// The number of cores that did not end a job and are out of use until they do.
  package var lostCoreCount: Int { cores.lostCount }

  /// Puts a program's code and constants into memory.
  ///
  /// - Throws: `.unsupported` for a batch, a host partition or a file without instructions; `.wrongCore` with both
  ///   configurations in words; `.invalidModel`; `.outOfMemory`.
  package func load(_ partition: Partition, of model: Model, batch: Int) throws(DeviceError) -> any Program {
    let memory = try ProgramMemory(partition, of: model)
    guard batch == 1 else {
      throw DeviceError(
        .unsupported,
        "\(memory.place): a batch of \(batch) was asked for, but a job of this DPU holds one frame; run "
          + "\(batch) jobs instead, they share the cores")
    }
    let suitable = fingerprints.indices.filter { fingerprints[$0] == memory.fingerprint }
    guard !suitable.isEmpty else { throw mismatch(memory) }
    return try DPUProgram(
      memory, partition, of: model, suitableCores: suitable, port: port, cores: cores, timeLimits: timeLimits)
  }

  private func mismatch(_ memory: ProgramMemory) -> DeviceError {
    let wanted = memory.fingerprint
    var lines = "\(memory.place) is compiled for another core than the \(description.kind) device has: the model needs "
    lines += "\(wanted) (\(wanted.hexadecimal))"
    for (core, found) in fingerprints.enumerated() where !fingerprints[..<core].contains(found) {
      let which = fingerprints.allSatisfy { $0 == found } ? "the device has" : "core \(core) is"
      let difference = String(wanted.rawValue ^ found.rawValue, radix: 16)
      lines += "; \(which) \(found) (\(found.hexadecimal)), which differs in bits 0x\(difference)"
    }
    let target = fingerprints[0].hexadecimal
    return DeviceError(.wrongCore, lines + "; compile the model with arch.json {\"fingerprint\": \"\(target)\"}")
  }
}

extension ProgramMemory {
  /// File and subgraph, for messages.
  var place: String { "\(path): subgraph \"\(name)\"" }
}
