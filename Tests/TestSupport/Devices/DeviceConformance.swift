package import Devices
import Foundation
import Tensors
import Threads
package import XModel

/// What every device must do, whatever it is made of: the same checks for the software, the simulator and the board.
package struct DeviceConformance: Sendable {
  /// One thing that is demanded.
  package enum Behaviour: String, CaseIterable, Sendable {
    case describesItsTensors
    case givesTheRightAnswers
    case answersAgainWithoutRefilling
    case keepsJobsApart
    case runsJobsAtTheSameTime
    case runsABatchOrRefusesIt
    case showsItsTensors
    case freesWhatItTook
  }

  private let device: any Device
  private let model: Model
  private let partition: Partition
  private let answer: @Sendable ([[UInt8]]) throws -> [[UInt8]]
  private let held: (@Sendable () -> Int)?

  /// Prepares the checks of a device.
  ///
  /// - Parameters:
  ///   - device: The device.
  ///   - model: A model whose DPU partition it runs.
  ///   - partition: That partition.
  ///   - held: How much the device holds, in whatever unit; `nil` where that can't be told.
  ///   - answer: The right outputs for inputs.
  package init(
    _ device: any Device, _ model: Model, _ partition: Partition, held: (@Sendable () -> Int)? = nil,
    answer: @escaping @Sendable ([[UInt8]]) throws -> [[UInt8]]
  ) {
    self.device = device
    self.model = model
    self.partition = partition
    self.held = held
    self.answer = answer
  }

  /// Checks one behaviour.
  ///
  /// - Returns: What was wrong, empty if nothing.
  package func violations(of behaviour: Behaviour) throws -> [String] {
    switch behaviour {
    case .describesItsTensors: try description()
    case .givesTheRightAnswers: try answers()
    case .answersAgainWithoutRefilling: try repetition()
    case .keepsJobsApart: try separation()
    case .runsJobsAtTheSameTime: try concurrency()
    case .runsABatchOrRefusesIt: try batch()
    case .showsItsTensors: try observation()
    case .freesWhatItTook: try freeing()
    }
  }

  private func description() throws -> [String] {
    let program = try device.load(partition, of: model, batch: 1)
    var wrong: [String] = []
    func compare(_ ports: [TensorPort], _ operations: [Int], _ side: String) {
      let expected = operations.map { index in
        let operation = model.graph.operations[index]
        return TensorPort(
          name: operation.name, shape: operation.output.shape, elementType: operation.output.elementType ?? .int8,
          fixPoint: operation.output.fixPoint)
      }
      if ports != expected { wrong.append("\(side): \(ports), expected \(expected)") }
    }
    compare(program.inputs, partition.inputs, "inputs")
    compare(program.outputs, partition.outputs, "outputs")
    let least = (program.inputs + program.outputs).map(\.byteCount).max() ?? 0
    if program.jobByteCount < least { wrong.append("a job of \(program.jobByteCount) bytes can't hold its tensors") }
    let job = try program.makeJob()
    for (index, port) in program.inputs.enumerated() {
      let count = job.withInput(index) { $0.count }
      if count != port.byteCount { wrong.append("input \(index) lends \(count) bytes, expected \(port.byteCount)") }
    }
    for (index, port) in program.outputs.enumerated() {
      let count = job.withOutput(index) { $0.count }
      if count != port.byteCount { wrong.append("output \(index) lends \(count) bytes, expected \(port.byteCount)") }
    }
    if device.description.kind.isEmpty || device.description.detail.isEmpty { wrong.append("no description") }
    return wrong
  }

  private func answers() throws -> [String] {
    let program = try device.load(partition, of: model, batch: 1)
    let job = try program.makeJob()
    var wrong: [String] = []
    for seed in UInt64(1)...4 {
      let inputs = inputs(of: program, seed: seed)
      fill(job, inputs)
      try job.run()
      wrong += try compare(outputs(of: job, program), answer(inputs), "seed \(seed)")
    }
    return wrong
  }

  private func repetition() throws -> [String] {
    let program = try device.load(partition, of: model, batch: 1)
    let job = try program.makeJob()
    let inputs = inputs(of: program, seed: 5)
    fill(job, inputs)
    let expected = try answer(inputs)
    var wrong: [String] = []
    for number in 0..<3 {
      try job.run()
      wrong += compare(outputs(of: job, program), expected, "run \(number)")
    }
    return wrong
  }

  private func separation() throws -> [String] {
    let program = try device.load(partition, of: model, batch: 1)
    let jobs = [
      try program.makeJob(), try program.makeJob(), try device.load(partition, of: model, batch: 1).makeJob(),
    ]
    let all = (0..<3).map { inputs(of: program, seed: 10 + UInt64($0)) }
    for (job, inputs) in zip(jobs, all) { fill(job, inputs) }
    for job in [jobs[1], jobs[0], jobs[2]] { try job.run() }
    var wrong: [String] = []
    for (number, job) in jobs.enumerated() {
      wrong += try compare(outputs(of: job, program), answer(all[number]), "job \(number) of three")
    }
    return wrong
  }

  private func concurrency() throws -> [String] {
    let program = try device.load(partition, of: model, batch: 1)
    let wrong = Monitor<[String]>([])
    // A program outlives its maker, and so do its jobs: nothing but the jobs is kept while they run.
    DispatchQueue.concurrentPerform(iterations: 6) { thread in
      do {
        let job = try program.makeJob()
        for round in 0..<8 {
          let inputs = inputs(of: program, seed: UInt64(100 * thread + round))
          fill(job, inputs)
          try job.run()
          let found = try compare(outputs(of: job, program), answer(inputs), "thread \(thread) round \(round)")
          wrong.update { $0 += found }
        }
      } catch {
        wrong.update { $0.append("thread \(thread): \(error)") }
      }
    }
    return wrong.update { $0 }
  }

  private func batch() throws -> [String] {
    let program: any Program
    do {
      program = try device.load(partition, of: model, batch: 3)
    } catch {
      let isClear = error.code == .unsupported && error.message.contains("batch")
      return isClear ? [] : ["a batch is refused without saying so: \(error.code): \(error)"]
    }
    let single = try device.load(partition, of: model, batch: 1)
    let frames = (0..<3).map { inputs(of: single, seed: 20 + UInt64($0)) }
    let job = try program.makeJob()
    fill(job, program.inputs.indices.map { index in frames.flatMap { $0[index] } })
    try job.run()
    let expected = try frames.map(answer)
    return compare(
      outputs(of: job, program), program.outputs.indices.map { index in expected.flatMap { $0[index] } }, "batch of 3")
  }

  private func observation() throws -> [String] {
    let program = try device.load(partition, of: model, batch: 1)
    let job = try program.makeJob()
    let inputs = inputs(of: program, seed: 30)
    fill(job, inputs)
    var seen: [Int: [UInt8]] = [:]
    let hidden = try job.run { operation, bytes in seen[operation] = [UInt8](bytes) }.map(\.operation)
    var wrong = try compare(outputs(of: job, program), answer(inputs), "observed run")
    for (index, output) in partition.outputs.enumerated() {
      if seen[output] != outputs(of: job, program)[index] { wrong.append("output \(index) is not shown as it is") }
    }
    let made = Set(partition.operations.filter { model.constant($0) == nil }).subtracting(partition.inputs)
    let told = Set(seen.keys).union(hidden).subtracting(partition.inputs)
    if told != made { wrong.append("shown or named as hidden are \(told.sorted()), expected \(made.sorted())") }
    let both = Set(hidden).intersection(seen.keys)
    if !both.isEmpty { wrong.append("shown and yet named as hidden: \(both.sorted())") }
    return wrong
  }

  private func freeing() throws -> [String] {
    guard let held else { return [] }
    let before = held()
    var most = before
    for _ in 0..<3 {
      let program = try device.load(partition, of: model, batch: 1)
      let jobs = [try program.makeJob(), try program.makeJob()]
      try jobs[0].run()
      most = max(most, held())
      withExtendedLifetime(jobs) {}
    }
    var wrong: [String] = []
    if most <= before { wrong.append("what is held does not show jobs: \(most) as before") }
    if held() != before { wrong.append("\(held()) held after all jobs, \(before) before") }
    return wrong
  }

  private func inputs(of program: any Program, seed: UInt64) -> [[UInt8]] {
    program.inputs.enumerated().map { index, port in
      var random = SeededGenerator(seed: seed &* 1000 &+ UInt64(index))
      return random.int8s(port.byteCount).map { UInt8(bitPattern: $0) }
    }
  }

  private func fill(_ job: any Job, _ inputs: [[UInt8]]) {
    for (index, input) in inputs.enumerated() { job.withInput(index) { $0.copyBytes(from: input) } }
  }

  private func outputs(of job: any Job, _ program: any Program) -> [[UInt8]] {
    program.outputs.indices.map { index in job.withOutput(index) { [UInt8]($0) } }
  }

  private func compare(_ found: [[UInt8]], _ expected: [[UInt8]], _ what: String) -> [String] {
    guard found.count == expected.count else { return ["\(what): \(found.count) outputs, expected \(expected.count)"] }
    return zip(found, expected).enumerated().compactMap { index, pair in
      if pair.0 == pair.1 { return nil }
      let place = zip(pair.0, pair.1).enumerated().first { $1.0 != $1.1 }
      return "\(what): output \(index) differs, first at \(place.map { "\($0.offset): \($0.element)" } ?? "its end")"
    }
  }
}
