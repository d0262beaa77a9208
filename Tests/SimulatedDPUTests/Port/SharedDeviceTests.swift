import Devices
import Foundation
import Inference
import SimulatedDPU
import SoftwareDPU
import Tensors
import TestSupport
import Testing
import Threads
import XModel

/// The real models through the whole way of a board: buffers at physical addresses, syncs, registers, cores.
@Suite(.enabled(if: Shared.isPresent, Comment(rawValue: Shared.absence)))
struct SharedDeviceTests {
  @Test(
    "the outputs of every DPU subgraph are the golden ones, and nothing is written beside the buffers",
    arguments: SharedPrograms.models,
    [Place(coreCount: 1, base: 0x6000_0000), Place(coreCount: 2, base: 0x8_F000_0000)]
  )
  func golden(name: String, place: Place) throws {
    let model = try SharedPrograms.model(name)
    let runs = try GoldenInputs.runs(name, of: model)
    #expect(!runs.isEmpty)
    for run in runs {
      let port = try place.port(for: run.partition)
      let sentinels = SentinelPort(port)
      let device = try DPUDevice(sentinels)
      do {
        let program = try device.load(run.partition, of: model, batch: 1)
        let errors = Monitor<[String]>([])
        DispatchQueue.concurrentPerform(iterations: place.coreCount) { thread in
          do {
            let job = try program.makeJob()
            for (index, input) in run.inputs.enumerated() { job.withInput(index) { $0.copyBytes(from: input) } }
            // Twice, since memory is garbage only the first time, and inputs have to outlast a run.
            for round in 0..<2 {
              try job.run()
              for (index, output) in program.outputs.enumerated() {
                let hash = job.withOutput(index) { SHA256.hexDigest(of: $0) }
                if hash != run.outputs[output.name] {
                  errors.update { $0.append("thread \(thread) round \(round): \(output.name)") }
                }
              }
            }
          } catch {
            errors.update { $0.append("thread \(thread): \(error)") }
          }
        }
        #expect(errors.update { $0 } == [])
      }
      #expect(sentinels.violations == [])
      #expect(port.bufferCount == 0)
    }
  }

  /// How a simulated board is set up.
  struct Place: CustomStringConvertible, Sendable {
    let coreCount: Int
    let base: UInt64

    var description: String { "\(coreCount) cores at 0x\(String(base, radix: 16))" }

    func port(for partition: Partition) throws -> SimulatedPort {
      let fingerprint = try #require(partition.program?.fingerprint)
      var configuration = SimulatedPort.Configuration(fingerprint: Fingerprint(fingerprint))
      configuration.coreCount = coreCount
      configuration.memoryBase = base
      return try SimulatedPort(configuration)
    }
  }

  @Test(
    "the demands on every device hold for a real program, against the software device",
    arguments: DeviceConformance.Behaviour.allCases)
  func conformance(behaviour: DeviceConformance.Behaviour) throws {
    let model = try SharedPrograms.model("nerone/bccd")
    let partition = try #require(model.partitions.first { $0.kind == .dpu })
    let reference = try SoftwareDevice(threadCount: 1).load(partition, of: model, batch: 1)
    let port = try Place(coreCount: 2, base: 0x1_0000_0000).port(for: partition)
    let suite = try DeviceConformance(DPUDevice(port), model, partition, held: { port.bufferCount }) { inputs in
      let job = try reference.makeJob()
      for (index, input) in inputs.enumerated() { job.withInput(index) { $0.copyBytes(from: input) } }
      try job.run()
      return reference.outputs.indices.map { index in job.withOutput(index) { [UInt8]($0) } }
    }
    #expect(try suite.violations(of: behaviour) == [])
  }

  @Test("inputs that stay in their region are not written by the program", arguments: SharedPrograms.models)
  func inputsOutlast(name: String) throws {
    let model = try SharedPrograms.model(name)
    for run in try GoldenInputs.runs(name, of: model) {
      let port = try Place(coreCount: 1, base: 0x6000_0000).port(for: run.partition)
      let memory = try ProgramMemory(run.partition, of: model)
      let record = BufferRecord()
      let device = try DPUDevice(record.port(before: port))
      let job = try device.load(run.partition, of: model, batch: 1).makeJob()
      for (index, input) in run.inputs.enumerated() { job.withInput(index) { $0.copyBytes(from: input) } }
      try job.run()
      for (index, input) in memory.inputs.enumerated() where !memory.isOverwritten(input) {
        let region = try #require(memory.workingRegions.firstIndex { $0.register == input.register })
        let buffer = record.buffers[1 + memory.constants.count + region]
        try buffer.syncFromDevice(0..<buffer.byteCount)
        #expect(buffer.withHostBytes { [UInt8]($0[input.range]) } == run.inputs[index], "\(name): \(input.port.name)")
      }
    }
  }

  @Test(
    "whole models give what the software device gives, whatever the number of subgraphs",
    arguments: SharedPrograms.models)
  func sessions(name: String) throws {
    let model = try SharedPrograms.model(name)
    let host = SoftwareDevice(threadCount: 2)
    guard let software = try? Session(model: model, device: host, host: host, scope: .whole) else {
      return  // A custom operation, which no device runs.
    }
    let fingerprints = model.partitions.compactMap { partition in partition.program?.fingerprint }
    let fingerprint = try #require(fingerprints.first)
    let device = try DPUDevice(SimulatedPort(.init(fingerprint: Fingerprint(fingerprint))))
    let simulated = try Session(model: model, device: device, host: host, scope: .whole)
    #expect(simulated.outputs == software.outputs)
    #expect(simulated.inputs == software.inputs)
    let jobs = [try software.makeJob(), try simulated.makeJob()]
    for job in jobs {
      for index in software.inputs.indices {
        var random = SeededGenerator(seed: 77 + UInt64(index))
        job.withInput(index) { $0.copyBytes(from: random.int8s($0.count).map { UInt8(bitPattern: $0) }) }
      }
      try job.run()
    }
    for index in software.outputs.indices {
      let outputs = jobs.map { $0.withOutput(index) { [UInt8]($0) } }
      #expect(outputs[0] == outputs[1], "\(name): output \(index)")
    }
  }
}
