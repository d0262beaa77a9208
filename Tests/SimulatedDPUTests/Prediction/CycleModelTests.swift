import SimulatedDPU
import TestSupport
import Testing
import XModel

struct CycleModelTests {
  private let target = try? DPUTarget(Fingerprint(0x100_0020_F601_4407))

  @Test("durations follow from the fields, and costs come on top")
  func durations() throws {
    let target = try #require(target)
    let load = try instruction(.load, [.length: 7, .channel: 33], waitsFor: .init(.load), signals: .init(.load))
    let dense = try instruction(.save, [.length: 5, .channel: 16, .jumpWrite: 16], waitsFor: .init(.save))
    let scattered = try instruction(.save, [.length: 5, .channel: 17, .jumpWrite: 40], signals: .init(.save))
    let setup = try instruction(.convinit, [.kernelH: 3, .kernelW: 2])
    let conv = try instruction(
      .conv, [.length: 10, .channelGroup: 4], waitsFor: .init(.conv), signals: .init(.conv))
    let end = try instruction(.end, [:])
    let code = try MachineCode([load, dense, scattered, setup, conv, end], isa: .isa0)
    let ideal = try CycleModel(target: target, costs: .ideal).predict(code)
    #expect(ideal.steps.map { $0.end - $0.start } == [21, 5, 10, 0, 240, 0])
    let calibrated = try CycleModel(target: target).predict(code)
    #expect(calibrated.steps.map { $0.end - $0.start } == [81, 65, 85, 0, 260, 0])
    #expect(calibrated.cycles == 260)
    #expect(calibrated.busiestEngine == .conv)
    // The two SAVEs are under way at the same time: 65 and 85 cycles, both from 0.
    #expect(calibrated.busyCycles(of: .save) == 85)
    #expect(calibrated.loadedByteCount == 7 * 33)
    #expect(calibrated.savedByteCount == 5 * 16 + 5 * 17)
  }

  @Test("an instruction starts when its tokens are there, and never before the one in front of it")
  func overlap() throws {
    let target = try #require(target)
    let loads = Engines(.load)
    let convs = Engines(.conv)
    let code = try MachineCode(
      [
        instruction(.load, [.length: 100, .channel: 16], waitsFor: loads, signals: [loads, convs]),
        instruction(.load, [.length: 50, .channel: 16], waitsFor: loads, signals: [loads, convs]),
        instruction(.convinit, [:]),
        instruction(.conv, [.length: 30, .channelGroup: 1], waitsFor: [loads, convs], signals: convs),
        instruction(.conv, [.length: 200, .channelGroup: 1], waitsFor: [loads, convs], signals: convs),
        instruction(.end, [:]),
      ], isa: .isa0)
    let steps = try CycleModel(target: target, costs: .ideal).predict(code).steps
    #expect(steps.map(\.start) == [0, 100, 0, 100, 150, 0])
    #expect(steps.map(\.end) == [100, 150, 0, 130, 350, 0])
  }

  @Test("the second SAVE of a pair, which waits for no token, starts with the first")
  func pairs() throws {
    let target = try #require(target)
    let loads = Engines(.load)
    let saves = Engines(.save)
    let code = try MachineCode(
      [
        instruction(.load, [.length: 100, .channel: 16], waitsFor: loads, signals: [loads, saves]),
        instruction(.save, [.length: 40, .channel: 16, .jumpWrite: 16], waitsFor: [loads, saves]),
        instruction(.save, [.length: 30, .channel: 16, .jumpWrite: 16], signals: saves),
        instruction(.end, [:]),
      ], isa: .isa0)
    let prediction = try CycleModel(target: target, costs: .ideal).predict(code)
    #expect(prediction.steps.map(\.start) == [0, 100, 100, 100])
    #expect(prediction.steps.map(\.end) == [100, 140, 130, 100])
    #expect(prediction.busyCycles(of: .save) == 40)
  }

  /// An instruction whose other fields are as small as they can be.
  private func instruction(
    _ opcode: Opcode, _ values: [InstructionField: Int], waitsFor: Engines = [], signals: Engines = []
  ) throws -> Instruction {
    let layout = try #require(ISA.isa0.layout(opcode))
    let fields = layout.fields.map { field in values[field.name] ?? max(0, field.range.lowerBound) }
    return Instruction(layout, waitsFor: waitsFor, signals: signals, values: fields)
  }
}

/// The table that the model was fitted and published with.
@Suite(.enabled(if: Shared.isPresent, Comment(rawValue: Shared.absence)))
struct SharedCycleModelTests {
  /// Times of one program at 300 MHz, rounded as the table is.
  struct Row: CustomStringConvertible, Sendable {
    let model: String
    let ideal: String
    let calibrated: String
    /// Milliseconds of the CONV engine with its costs.
    let conv: String?
    /// Part of the time in which the CONV engine has work, in per cent.
    let occupancy: String?
    /// Part of the peak that multiplies, in per cent.
    let multiplierUse: String?

    var description: String { model }
  }

  static let table = [
    Row(
      model: "more/seneca-1M", ideal: "5.078", calibrated: "5.813", conv: "4.035", occupancy: "69", multiplierUse: "59"),
    Row(
      model: "more/seneca-2M", ideal: "5.065", calibrated: "7.619", conv: "3.803", occupancy: "50", multiplierUse: "32"),
    Row(
      model: "nerone/ctorg", ideal: "4.669", calibrated: "6.615", conv: "4.035", occupancy: "61", multiplierUse: "52"),
    Row(
      model: "nerone/brats", ideal: "4.261", calibrated: "5.245", conv: "2.656", occupancy: "51", multiplierUse: "45"),
    Row(
      model: "nerone/prostate-single-class", ideal: "1.723", calibrated: "2.536", conv: "0.705", occupancy: "28",
      multiplierUse: "9.9"),
    Row(model: "nerone/prostate", ideal: "1.668", calibrated: "2.678", conv: nil, occupancy: nil, multiplierUse: nil),
    Row(model: "nerone/bccd", ideal: "2.037", calibrated: "2.574", conv: "1.368", occupancy: "53", multiplierUse: "30"),
  ]

  private func digits(_ value: Double, _ count: Int) -> String {
    let scale = [1.0, 10, 100, 1000][count]
    let scaled = Int((value * scale + 0.5).rounded(.down))
    guard count > 0 else { return String(scaled) }
    let fraction = String(scaled % Int(scale) + Int(scale)).dropFirst()
    return "\(scaled / Int(scale)).\(fraction)"
  }

  @Test("the predicted times are those of the table, to the digit", arguments: table)
  func times(row: Row) throws {
    let model = try SharedPrograms.model(row.model)
    let partition = try #require(model.partitions.first { $0.kind == .dpu })
    let program = try #require(partition.program)
    let target = try DPUTarget(Fingerprint(try #require(program.fingerprint)))
    let code = try MachineCode(decoding: program.code.withUnsafeBytes { [UInt8]($0) }, isa: target.isa)
    let ideal = try CycleModel(target: target, costs: .ideal).predict(code)
    let calibrated = try CycleModel(target: target).predict(code)
    #expect(digits(ideal.milliseconds(atMegahertz: 300), 3) == row.ideal)
    #expect(digits(calibrated.milliseconds(atMegahertz: 300), 3) == row.calibrated)
    if let conv = row.conv {
      #expect(digits(Double(calibrated.busyCycles(of: .conv)) / 300_000, 3) == conv)
    }
    if let occupancy = row.occupancy {
      #expect(digits(100 * calibrated.occupancy(of: .conv), 0) == occupancy)
    }
    if let use = row.multiplierUse {
      let macs = model.multiplyAccumulateCount(of: partition.operations)
      let found = 100 * Double(macs) / calibrated.multiplierSlots
      #expect(digits(found, use.contains(".") ? 1 : 0) == use, "\(found)")
    }
  }
}
