import SimulatedDPU
import Tensors
import Testing

/// Runs programs of a test's own on a core with four regions.
final class ProgramBench {
  let target: DPUTarget
  let memory: SparseMemory
  let core: SimulatedCore
  private(set) var bases: [UInt64?] = [nil, nil, nil, nil]
  private var lines: [String] = []

  init(_ target: DPUTarget, seed: UInt64 = 1, kernels: Kernels = .best) {
    self.target = target
    memory = SparseMemory(seed: seed)
    core = SimulatedCore(target: target, memory: memory, seed: seed, kernels: kernels)
  }

  /// Gives a register a region with contents and returns the register.
  @discardableResult
  func region(_ register: Int, _ contents: [Int8]) -> Int {
    bases[register] = memory.allocate(contents.map { UInt8(bitPattern: $0) })
    return register
  }

  /// Gives a register a region of garbage.
  func region(_ register: Int, byteCount: Int) { bases[register] = memory.allocate(byteCount) }

  /// Gives a register a base of any kind.
  func setBase(_ register: Int, _ address: UInt64) { bases[register] = address }

  /// Moves a register's base, away from the beginning of its buffer.
  func rebase(_ register: Int, by offset: Int) throws {
    bases[register] = UInt64(Int(try #require(bases[register])) + offset)
  }

  /// The bytes of a region.
  func contents(_ register: Int, _ byteCount: Int) throws -> [Int8] {
    memory.read(byteCount, at: try #require(bases[register])).map { Int8(bitPattern: $0) }
  }

  /// Adds an instruction without tokens.
  func add(_ opcode: String, _ fields: KeyValuePairs<String, Int>) {
    add(line: ([opcode] + fields.map { "\($0.key)=\($0.value)" }).joined(separator: " "))
  }

  /// Adds an instruction without tokens.
  func add(line: String) { lines.append(line) }

  /// The program so far as text: each instruction waits for the one before it.
  var text: String {
    let all = lines + ["END"]
    let engines = all.map { line in
      (Opcode(rawValue: String(line.prefix { $0 != " " }))?.engine ?? .misc).description
    }
    return all.indices.map { index in
      let before = index > 0 && engines[index - 1] != engines[index] ? "+\(engines[index - 1])" : ""
      let after = index + 1 < all.count && engines[index + 1] != engines[index] ? "+\(engines[index + 1])" : ""
      return "\(all[index]) dpdon=\(engines[index])\(before) dpdby=\(engines[index])\(after)"
    }.joined(separator: "\n")
  }

  /// Runs the program so far.
  @discardableResult
  func run(order: IssueOrder = .program) throws -> CoreCounters {
    let code = try MachineCode(assembling: text, isa: target.isa)
    return try core.run(codeAddress: memory.allocate(code.encoded), bases: bases, order: order)
  }
}
