import Devices
import SimulatedDPU
import SchedulerTestSupport
import SoftwareDPU
import TestSupport
import Testing

/// The same demands on the software device and on the job sequence over simulated cores.
struct ConformanceTests {
  @Test("the software device", arguments: DeviceConformance.Behaviour.allCases)
  func software(behaviour: DeviceConformance.Behaviour) throws {
    let tiny = TinyModel()
    let model = try tiny.model()
    let suite = try DeviceConformance(SoftwareDevice(threadCount: 2), model, tiny.partition(of: model)) {
      $0.map(tiny.expected)
    }
    #expect(try suite.violations(of: behaviour) == [])
  }

  @Test("the job sequence over a port", arguments: DeviceConformance.Behaviour.allCases, [1, 2, 3])
  func simulated(behaviour: DeviceConformance.Behaviour, coreCount: Int) throws {
    let tiny = TinyModel()
    let model = try tiny.model()
    let port = try SimulatedPort.tiny(coreCount: coreCount)
    let suite = try DeviceConformance(
      DPUDevice(port), model, tiny.partition(of: model), held: { port.bufferCount }
    ) { $0.map(tiny.expected) }
    #expect(try suite.violations(of: behaviour) == [])
  }

  @Test(
    "a scheduler over the software device", arguments: DeviceConformance.Behaviour.allCases,
    ScheduledDevice.Way.allCases)
  func scheduledSoftware(behaviour: DeviceConformance.Behaviour, way: ScheduledDevice.Way) throws {
    let tiny = TinyModel()
    let model = try tiny.model()
    let device = ScheduledDevice(SoftwareDevice(threadCount: 1, coreCount: 2), way)
    let suite = try DeviceConformance(device, model, tiny.partition(of: model)) { $0.map(tiny.expected) }
    #expect(try suite.violations(of: behaviour) == [])
  }

  @Test("a scheduler over a port", arguments: DeviceConformance.Behaviour.allCases, ScheduledDevice.Way.allCases)
  func scheduled(behaviour: DeviceConformance.Behaviour, way: ScheduledDevice.Way) throws {
    let tiny = TinyModel()
    let model = try tiny.model()
    for coreCount in 1...3 {
      let port = try SimulatedPort.tiny(coreCount: coreCount)
      let suite = try DeviceConformance(
        ScheduledDevice(DPUDevice(port), way), model, tiny.partition(of: model), held: { port.bufferCount }
      ) { $0.map(tiny.expected) }
      #expect(try suite.violations(of: behaviour) == [], "\(coreCount) cores")
    }
  }

  @Test("the job sequence with input and output in one region", arguments: DeviceConformance.Behaviour.allCases)
  func oneRegion(behaviour: DeviceConformance.Behaviour) throws {
    var tiny = TinyModel()
    tiny.input = .init(register: 1, offset: 3)
    tiny.output = .init(register: 1, offset: 20)
    tiny.context = "WORKSPACE"
    let model = try tiny.model()
    let port = try SimulatedPort.tiny(coreCount: 2)
    let suite = try DeviceConformance(
      DPUDevice(port), model, tiny.partition(of: model), held: { port.bufferCount }
    ) { [tiny] in $0.map(tiny.expected) }
    #expect(try suite.violations(of: behaviour) == [])
  }
}
