import Devices
import SimulatedDPU
import TestSupport
import Testing
import XModel

struct JobSequenceTests {
  @Test("a job is: inputs over, registers, start, wait, outputs back; code and constants go over once")
  func sequence() throws {
    let record = CallRecord()
    let tiny = TinyModel()
    let model = try tiny.model()
    let device = try DPUDevice(record.port(before: SimulatedPort.tiny()))
    #expect(record.calls == [.read(.fingerprintLow, core: 0), .read(.fingerprintHigh, core: 0)])

    let program = try device.load(tiny.partition(of: model), of: model, batch: 1)
    // Buffers begin one guard page behind the one before.
    let (code, constants): (UInt64, UInt64) = (0x6000_1000, 0x6000_4000)
    let loading: [PortCall] = [
      .allocate(byteCount: 48), .syncToDevice(address: code, 0..<48), .allocate(byteCount: 21),
      .syncToDevice(address: constants, 0..<21),
    ]
    #expect(record.calls.dropFirst(2) == ArraySlice(loading))

    let job = try program.makeJob()
    let (input, output): (UInt64, UInt64) = (0x6000_7000, 0x6000_A000)
    let regions: [PortCall] = [.allocate(byteCount: 360), .allocate(byteCount: 131)]
    #expect(record.calls.dropFirst(6) == ArraySlice(regions))

    try job.run()
    let command = StartCommand(codeAddress: code, bases: [constants, nil, input, output, nil, nil, nil, nil])
    let run: [PortCall] = [
      .syncToDevice(address: input, 272..<344), .start(command, core: 0), .wait(core: 0),
      .syncFromDevice(address: output, 8..<128),
    ]
    #expect(record.calls.dropFirst(8) == ArraySlice(run))
    try job.run()
    #expect(record.calls.dropFirst(12) == ArraySlice(run))
  }

  @Test("the registers are written in the order of the vendor's runtime, all ones where there is no region")
  func registers() {
    let command = StartCommand(
      codeAddress: 0x1_2345_6000, bases: [0x6000_0000, nil, 0xFF_0000_1000, 0x10, nil, nil, nil, 7])
    let expected: [(UInt32, UInt32)] = [
      (0x40, 1), (0x44, 1), (0x48, 0x0707_0F0F), (0x50, 0x2345_6000), (0x54, 1), (0x60, 0x6000_0000), (0x64, 0),
      (0x68, .max), (0x6C, .max), (0x70, 0x1000), (0x74, 0xFF), (0x78, 0x10), (0x7C, 0), (0x80, .max), (0x84, .max),
      (0x88, .max), (0x8C, .max), (0x90, .max), (0x94, .max), (0x98, 7), (0x9C, 0),
    ]
    #expect(command.registerWrites.map(\.offset) == expected.map(\.0))
    #expect(command.registerWrites.map(\.value) == expected.map(\.1))
  }

  @Test("an input that the program may overwrite is put in place before every run")
  func staging() throws {
    var tiny = TinyModel()
    tiny.input = .init(register: 1, offset: 40)
    tiny.output = .init(register: 1, offset: 10)
    tiny.context = "DATA"
    let model = try tiny.model()
    let port = try SimulatedPort.tiny()
    let program = try DPUDevice(port).load(tiny.partition(of: model), of: model, batch: 1)
    let job = try program.makeJob()
    let input = (0..<72).map { UInt8($0 * 3) }
    job.withInput(0) { $0.copyBytes(from: input) }
    for _ in 0..<3 {
      try job.run()
      #expect(job.withOutput(0) { [UInt8]($0) } == tiny.expected(input))
      #expect(job.withInput(0) { [UInt8]($0) } == input)
    }
  }

  @Test("code and constants are in memory once, whatever the number of jobs")
  func sharing() throws {
    let tiny = TinyModel()
    let model = try tiny.model()
    let port = try SimulatedPort.tiny(coreCount: 2)
    var program: (any Program)? = try DPUDevice(port).load(tiny.partition(of: model), of: model, batch: 1)
    #expect(port.bufferCount == 2)
    var jobs: [any Job] = []
    for _ in 0..<5 { if let job = try program?.makeJob() { jobs.append(job) } }
    #expect(port.bufferCount == 2 + 5 * 2)
    // The jobs keep what they need of their program.
    program = nil
    try jobs[0].run()
    jobs = []
    #expect(port.bufferCount == 0)
  }
}
