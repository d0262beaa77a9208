import Devices
import SoftwareDPU
import XModel

/// `dpu selftest`: proves in a minute that a device computes what it should.
enum SelftestCommand: Command {
  static let table = CommandTable(
    name: "selftest", summary: "tests a device: registers of each core, a job of zeros, two jobs with known answers",
    operands: [
      Operand("MODEL", count: 0...1, "a compiled .xmodel file for the device's cores; or else a sample that fits them")
    ],
    options: DeviceOptions.options,
    examples: [
      .init("selftest --device simulated", "shows what a board will be asked"),
      .init("selftest --device xrt", "tests the board"),
      .init("selftest model.xmodel --json", "tests with a model of your own and prints one JSON object"),
    ],
    notes: [
      "Of each core: fingerprint and registers, code and weights into memory, a job of zeros, a job and right behind it a "
        + "second one on made-up numbers, each compared with the software device byte for byte, and the counters of the "
        + "engines. A core that works only once fails at the second job.",
      "Times are those of the device that is named beside them; only a board's say anything about a board.",
      "Exit code 0: everything is right; 1: a wrong answer, or something could not be tested; 3: the model is not for "
        + "these cores; 4: no device; 5: a core broke off or did not end.",
    ])

  static func run(_ arguments: Arguments, _ console: Console) throws -> ExitCode {
    let given = try arguments.operands.first.map { try Model(path: $0) }
    let samples = given == nil ? SampleModels.find() : []
    // A simulated device gets the core that the model is compiled for; a board has its own.
    guard let first = given ?? samples.first else {
      throw CommandError(
        .invalidInput, "selftest: the sample models (sample/compiled) are not beside the program; give a MODEL")
    }
    let devices = try ModelDevices(for: first, arguments)
    for warning in devices.warnings { console.warn(warning) }
    let subject = SelftestSubject(devices)
    let wanted = subject.fingerprint
    let model = given ?? samples.first { wanted == nil || $0.dpuFingerprints == wanted.map { [$0] } }
    // Of the software device's own kernels the portable ones are the judge, of everything else the fast ones.
    let reference = SoftwareDevice(threadCount: 1, instructionSet: subject.isSoftware ? .portable : .best)
    var report = SelftestReport(
      subject.description, against: reference.description, model: model, isSample: given == nil, notes: subject.notes)
    if !console.isJSON { for line in report.heading { try console.print(line) } }
    let golden = try model.map { (model) throws(DeviceError) in try CoreSelftest.Golden(model, on: reference) }
    for number in 0..<subject.coreCount {
      let core = subject.test(number, model: model, golden: golden)
      report.add(core)
      if !console.isJSON { for line in report.lines(of: core) { try console.print(line) } }
    }
    try console.isJSON ? console.print(report.json) : console.print(report.conclusion)
    return report.code
  }
}
