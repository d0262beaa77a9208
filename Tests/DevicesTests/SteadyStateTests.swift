import CAllocationCounter
import Devices
import SimulatedDPU
import TestSupport
import Testing

struct SteadyStateTests {
  @Test(
    "a run allocates nothing on the caller's thread after the first",
    .enabled(if: allocation_counter_works(), "malloc is not counted here"))
  func allocations() throws {
    let tiny = TinyModel()
    let model = try tiny.model()
    let job = try DPUDevice(SimulatedPort.tiny()).load(tiny.partition(of: model), of: model, batch: 1).makeJob()
    try job.run()
    let before = allocation_count_of_this_thread()
    for _ in 0..<10 { try job.run() }
    #expect(allocation_count_of_this_thread() == before)
  }
}
