import Devices
import Foundation
import SoftwareDPU
import Tensors
import TestSupport
import Testing
import XModel
import XRTDPU

/// The real models over XRT's functions: the bytes are those of the software device.
@Suite(.enabled(if: Shared.isPresent, Comment(rawValue: Shared.absence)))
struct SharedModelTests {
  /// A model with the board that it runs on: each setup gets every fourth model, so that all have some.
  struct Case: CustomStringConvertible, Sendable {
    let name: String
    let setup: ConformanceTests.Setup

    var description: String { "\(name) on \(setup.description)" }
  }

  static let cases: [Case] = ["nerone", "more"].flatMap { folder in
    Shared.files(in: "models/\(folder)", suffix: ".xmodel").map { "models/\(folder)/\($0.lastPathComponent)" }
  }.enumerated().map { number, name in
    Case(name: name, setup: ConformanceTests.setups[number % ConformanceTests.setups.count])
  }

  @Test("the outputs of every subgraph are those of the software device", arguments: cases)
  func outputs(of entry: Case) throws {
    let model = try Model(path: Shared.url(entry.name).path)
    let partitions = model.partitions.filter { $0.kind == .dpu }
    let fingerprint = Fingerprint(try #require(partitions.first?.program?.fingerprint))
    let board = try FakeBoard(#"{"fingerprints": ["\#(fingerprint.hexadecimal)"]\#(entry.setup.json)}"#)
    do {
      let device = try DPUDevice(board.port(cores: entry.setup.cores))
      let software = SoftwareDevice(threadCount: 2)
      for partition in partitions {
        let expected = try outputs(of: software.load(partition, of: model, batch: 1).makeJob(), partition)
        let program = try device.load(partition, of: model, batch: 1)
        let wrong = Monitor<[String]>([])
        DispatchQueue.concurrentPerform(iterations: entry.setup.cores) { thread in
          let found = Result { try outputs(of: program.makeJob(), partition) }
          guard case .success(let outputs) = found else {
            return wrong.update { $0.append("thread \(thread): \(found)") }
          }
          for index in expected.indices where outputs[index] != expected[index] {
            wrong.update { $0.append("thread \(thread): output \(index)") }
          }
        }
        #expect(wrong.update { $0 } == [], "\(partition.name)")
      }
    }
    let report = try board.report()
    #expect(report.violations == [])
    #expect(report.isClosed)
    #expect(report.jobs == partitions.count * entry.setup.cores)
  }

  private func outputs(of job: any Job, _ partition: Partition) throws -> [[UInt8]] {
    for index in partition.inputs.indices {
      job.withInput(index) { bytes in
        var random = SeededGenerator(seed: 77 + UInt64(index))
        bytes.copyBytes(from: random.int8s(bytes.count).map { UInt8(bitPattern: $0) })
      }
    }
    try job.run()
    return partition.outputs.indices.map { index in job.withOutput(index) { [UInt8]($0) } }
  }
}
