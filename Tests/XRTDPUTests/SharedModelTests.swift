import Devices
import Foundation
import SoftwareDPU
import Tensors
import TestSupport
import Testing
import Threads
import XModel
import XRTDPU

/// The real models over XRT's functions: the bytes are those of the software device.
@Suite(.enabled(if: Shared.isPresent, Comment(rawValue: Shared.absence)))
struct SharedModelTests {
  static let models = Shared.models.map { "models/\($0).xmodel" }

  /// Everything at once that changes nothing for a job: where memory lies, which number a core has, who runs beside it.
  private static let json = #", "indices": [1, 0], "memoryBase": "0x104b91000", "delayMilliseconds": 1"#
  private static let coreCount = 2

  @Test(
    "two jobs at a time on two cores in swapped order, above 4 GiB, give the software device's bytes", arguments: models
  )
  func outputs(of name: String) throws {
    let model = try Model(path: Shared.url(name).path)
    let partitions = model.partitions.filter { $0.kind == .dpu }
    let fingerprint = Fingerprint(try #require(partitions.first?.program?.fingerprint))
    let board = try FakeBoard(#"{"fingerprints": ["\#(fingerprint.hexadecimal)"]\#(Self.json)}"#)
    do {
      let device = try DPUDevice(board.port(cores: Self.coreCount))
      let software = SoftwareDevice(threadCount: 2)
      for partition in partitions {
        let expected = try outputs(of: software.load(partition, of: model, batch: 1).makeJob(), partition)
        let program = try device.load(partition, of: model, batch: 1)
        let wrong = Monitor<[String]>([])
        DispatchQueue.concurrentPerform(iterations: Self.coreCount) { thread in
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
    #expect(report.jobs == partitions.count * Self.coreCount)
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
