import Devices
import SchedulerTestSupport
import SoftwareDPU
import TestSupport
import Testing
import XModel
import XRTDPU

/// The demands on every device, through XRT's functions and the board behind them.
struct ConformanceTests {
  /// How a board is set up: cores, their numbers, where memory lies.
  struct Setup: CustomStringConvertible, Sendable {
    let description: String
    let cores: Int
    let json: String
  }

  static let setups = [
    Setup(description: "one core", cores: 1, json: ""),
    Setup(description: "two cores, above 4 GiB", cores: 2, json: #", "memoryBase": "0x104b91000""#),
    Setup(description: "two cores in swapped order", cores: 2, json: #", "indices": [1, 0]"#),
    Setup(
      description: "events that mean nothing, and delays", cores: 2,
      json: #", "spuriousEvents": 9, "delayMilliseconds": 2"#),
  ]

  @Test("over XRT's functions", arguments: DeviceConformance.Behaviour.allCases, setups)
  func conformance(behaviour: DeviceConformance.Behaviour, setup: Setup) throws {
    try check(behaviour, setup) { $0 }
  }

  @Test(
    "through a scheduler over XRT's functions", arguments: DeviceConformance.Behaviour.allCases,
    ScheduledDevice.Way.allCases)
  func scheduled(behaviour: DeviceConformance.Behaviour, way: ScheduledDevice.Way) throws {
    for setup in ConformanceTests.setups { try check(behaviour, setup) { ScheduledDevice($0, way) } }
  }

  private func check(
    _ behaviour: DeviceConformance.Behaviour, _ setup: Setup, _ dressed: (any Device) -> any Device
  ) throws {
    for sample in SampleModel.allCases {
      let board = try FakeBoard(#"{"fingerprints": ["\#(sample.fingerprint)"]\#(setup.json)}"#)
      do {
        let model = try sample.model()
        let partition = try model.dpuPartition
        let reference = try SoftwareDevice(threadCount: 1).load(partition, of: model, batch: 1)
        let device = dressed(try DPUDevice(board.port(cores: setup.cores)))
        let suite = DeviceConformance(
          device, model, partition, held: { (try? board.report().buffers) ?? -1 }
        ) { inputs in
          let job = try reference.makeJob()
          for (index, input) in inputs.enumerated() { job.withInput(index) { $0.copyBytes(from: input) } }
          try job.run()
          return reference.outputs.indices.map { index in job.withOutput(index) { [UInt8]($0) } }
        }
        #expect(try suite.violations(of: behaviour) == [], "\(sample)")
      }
      let report = try board.report()
      #expect(report.violations == [])
      #expect(report.isClosed)
    }
  }
}
