import CAllocationCounter
import Devices
import SoftwareDPU
import TestSupport
import Testing
import XModel

@Suite(.enabled(if: Shared.isPresent, Comment(rawValue: Shared.absence)), .serialized)
struct SteadyStateTests {
  @Test(
    "a frame allocates nothing after the first", .enabled(if: allocation_counter_works(), "malloc is not counted here"),
    arguments: ["ctorg", "brats", "prostate", "bccd"])
  func allocations(name: String) throws {
    let model = try Model(path: Shared.url("models/nerone/\(name).xmodel").path)
    let partition = try #require(model.partitions.first { $0.kind == .dpu })
    let job = try SoftwareDevice(threadCount: 1).load(partition, of: model, batch: 1).makeJob()
    try job.run()
    let before = allocation_count_of_this_thread()
    try job.run()
    let allocated = allocation_count_of_this_thread() - before
    #expect(allocated == 0, "\(name): \(allocated) allocations in a frame")
  }

  @Test("the counter sees an allocation", .enabled(if: allocation_counter_works(), "malloc is not counted here"))
  func control() {
    let before = allocation_count_of_this_thread()
    let memory = UnsafeMutableRawPointer.allocate(byteCount: 100, alignment: 8)
    #expect(allocation_count_of_this_thread() == before + 1)
    memory.deallocate()
  }

  @Test("a second run over the same input gives the same output", arguments: ["ctorg", "bccd"], [1, 2, 3])
  func repeating(name: String, threadCount: Int) throws {
    let model = try Model(path: Shared.url("models/nerone/\(name).xmodel").path)
    let partition = try #require(model.partitions.first { $0.kind == .dpu })
    let job = try SoftwareDevice(threadCount: threadCount).load(partition, of: model, batch: 1).makeJob()
    job.withInput(0) { buffer in for index in buffer.indices { buffer[index] = UInt8(truncatingIfNeeded: index &* 7) } }
    try job.run()
    let first = job.withOutput(0) { [UInt8]($0) }
    for _ in 0..<3 { try job.run() }
    #expect(job.withOutput(0) { [UInt8]($0) } == first)
  }
}
