import SimulatedDPU
import TestSupport
import Testing
import XModel

@Suite(.enabled(if: Shared.isPresent, Comment(rawValue: Shared.absence)))
struct SharedAttributionTests {
  /// A program with its prediction.
  private struct Predicted {
    let partition: Partition
    let code: MachineCode
    let prediction: Prediction
    let attribution: SuperlayerAttribution

    init(_ partition: Partition, of model: Model) throws {
      self.partition = partition
      let program = try #require(partition.program)
      let target = try DPUTarget(Fingerprint(try #require(program.fingerprint)))
      code = try MachineCode(decoding: program.code.withUnsafeBytes { [UInt8]($0) }, isa: target.isa)
      prediction = try CycleModel(target: target).predict(code)
      attribution = try SuperlayerAttribution(code, of: partition, in: model, target: target)
    }

    static func all(in model: Model) throws -> [Predicted] {
      try model.partitions.filter { $0.kind == .dpu }.map { try Predicted($0, of: model) }
    }
  }

  @Test("shares add up to the whole, and in these models only END is shared", arguments: SharedPrograms.models)
  func shares(name: String) throws {
    let model = try SharedPrograms.model(name)
    for whole in try Predicted.all(in: model) {
      let prediction = whole.prediction
      let shares = prediction.shares(whole.attribution, of: model)
      #expect(shares.reduce(0) { $0 + $1.instructionCount } == whole.code.instructions.count)
      #expect(shares.reduce(0) { $0 + $1.elapsedCycles } == prediction.cycles)
      #expect(shares.reduce(0) { $0 + $1.loadedByteCount } == prediction.loadedByteCount)
      #expect(shares.reduce(0) { $0 + $1.savedByteCount } == prediction.savedByteCount)
      let macs = model.multiplyAccumulateCount(of: whole.partition.operations)
      #expect(shares.reduce(0) { $0 + $1.multiplyAccumulates } == macs)
      for engine in Engine.allCases {
        let all = prediction.steps.reduce(0) { $0 + ($1.engine == engine ? $1.end - $1.start : 0) }
        #expect(shares.reduce(0) { $0 + $1.engineCycles[engine.rawValue] } == all)
      }
      let computing = [Engine.conv, .misc].map(\.rawValue)
      for share in shares where share.multiplyAccumulates > 0 {
        let cycles = computing.reduce(0) { $0 + share.engineCycles[$1] }
        #expect(cycles > 0, "\(name): \(share.name ?? "shared") multiplies in no cycle")
      }
      let shared = try #require(shares.last)
      #expect(shared.name == nil)
      #expect(shared.instructionCount == 1, "\(name): \(shared)")
    }
  }

  /// The numbers of instructions of each kind that compute.
  private func counts(_ instructions: some Sequence<Instruction>) -> [Opcode: Int] {
    let computing: Set<Opcode> = [.conv, .pool, .dptwise, .alu, .elew]
    return instructions.reduce(into: [:]) { if computing.contains($1.opcode) { $0[$1.opcode, default: 0] += 1 } }
  }

  @Test("what computes belongs to the superlayer whose own program has it", arguments: SharedPrograms.models)
  func ownPrograms(name: String) throws {
    let model = try SharedPrograms.model(name)
    let programs = try SharedPrograms.programs(name)
    for whole in try Predicted.all(in: model) {
      var owned: [Int: [Instruction]] = [:]
      for (instruction, owner) in zip(whole.code.instructions, whole.attribution.owners) {
        if let owner { owned[owner, default: []].append(instruction) }
      }
      // What has no program of its own is done by the next superlayer's.
      var waiting: [Instruction] = []
      for (number, layer) in whole.attribution.superlayers.enumerated() {
        let instructions = waiting + owned[number, default: []]
        guard let entry = programs.first(where: { $0.superlayer == layer.name }) else {
          waiting = instructions
          continue
        }
        waiting = []
        let own = try MachineCode(decoding: entry.bytes, isa: entry.isa)
        #expect(counts(instructions) == counts(own.instructions), "\(name): \(layer.name)")
      }
      let hasOwn = programs.contains { $0.superlayer != nil }
      #expect(!hasOwn || counts(waiting).isEmpty, "\(name)")
    }
  }
}
