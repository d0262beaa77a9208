/// The tokens by which the four engines keep order among each other.
///
/// Each ordered pair of engines has a counter. An instruction waits until every engine that it names in `dpdon` has left
/// a token for its own engine, takes one of each, and when it is done leaves one for every engine in `dpdby`. At the
/// start each engine has one token from itself, so that its own bit in both fields makes it wait for the instruction
/// before it.
///
/// - Source: inferred from 193 public programs, all of which end with the counters that they began with.
struct DependencyTokens: Equatable {
  private var counts = [Int](repeating: 0, count: 16)

  /// The tokens before the first instruction.
  init() {
    for engine in Engine.allCases { self[engine, engine] = 1 }
  }

  /// Tokens that one engine has left for another.
  private subscript(from: Engine, to: Engine) -> Int {
    get { counts[4 * from.rawValue + to.rawValue] }
    set { counts[4 * from.rawValue + to.rawValue] = newValue }
  }

  /// The engines whose token an instruction lacks.
  func missing(for instruction: Instruction) -> Engines {
    let engine = instruction.engine
    return Engine.allCases.reduce(into: Engines()) { missing, other in
      if instruction.waitsFor.contains(other), self[other, engine] == 0 { missing.insert(Engines(other)) }
    }
  }

  /// Whether all tokens are there for an instruction.
  func allow(_ instruction: Instruction) -> Bool { missing(for: instruction).isEmpty }

  /// Takes the tokens of an instruction that starts.
  mutating func start(_ instruction: Instruction) {
    for other in instruction.waitsFor.members { self[other, instruction.engine] -= 1 }
  }

  /// Leaves the tokens of an instruction that is done.
  mutating func finish(_ instruction: Instruction) {
    for other in instruction.signals.members { self[instruction.engine, other] += 1 }
  }

  /// An order in which the instructions can run one after another, as near to the program's as tokens allow.
  ///
  /// Each counter has one taker and one giver, both in order; so whether some order reaches the end, and with which
  /// counters, does not depend on the choices made on the way.
  ///
  /// - Throws: `.deadlock` naming the engines that wait and for what; `.openTokens` where the end differs from the start.
  static func schedule(of instructions: [Instruction]) throws(ProgramError) -> [Int] {
    var queues = EngineQueues(instructions)
    var tokens = DependencyTokens()
    var order: [Int] = []
    order.reserveCapacity(instructions.count)
    while order.count < instructions.count {
      let ready = queues.heads.filter { tokens.allow(instructions[$0]) }.min()
      guard let next = ready else { throw deadlock(queues, tokens, instructions) }
      tokens.start(instructions[next])
      tokens.finish(instructions[next])
      queues.advance(instructions[next].engine)
      order.append(next)
    }
    try tokens.checkClosed()
    return order
  }

  private func checkClosed() throws(ProgramError) {
    let start = DependencyTokens()
    var differences: [String] = []
    for from in Engine.allCases {
      for to in Engine.allCases where self[from, to] != start[from, to] {
        differences.append("\(from) to \(to): \(self[from, to]) instead of \(start[from, to])")
      }
    }
    guard !differences.isEmpty else { return }
    throw ProgramError(
      .openTokens, "tokens at the end are not those of the start (\(differences.joined(separator: ", ")))")
  }

  private static func deadlock(
    _ queues: EngineQueues, _ tokens: DependencyTokens, _ instructions: [Instruction]
  ) -> ProgramError {
    let heads = queues.heads.sorted()
    let waits = heads.map { index in
      "\(instructions[index].engine) waits at instruction \(index) (\(instructions[index].opcode)) for "
        + tokens.missing(for: instructions[index]).description
    }
    return ProgramError(
      .deadlock, "deadlock: \(waits.joined(separator: "; "))",
      at: heads.first.map {
        InstructionPlace(index: $0, opcode: instructions[$0].opcode, words: instructions[$0].words)
      })
  }
}

/// The instructions of each engine that have not started, in their order.
struct EngineQueues {
  private let members: [[Int]]
  private var next = [Int](repeating: 0, count: Engine.allCases.count)

  /// Sorts instructions by engine.
  init(_ instructions: [Instruction]) {
    var members = [[Int]](repeating: [], count: Engine.allCases.count)
    for (index, instruction) in instructions.enumerated() { members[instruction.engine.rawValue].append(index) }
    self.members = members
  }

  /// The next instruction of an engine, `nil` when all have started.
  func head(_ engine: Engine) -> Int? {
    let queue = members[engine.rawValue]
    let place = next[engine.rawValue]
    return place < queue.count ? queue[place] : nil
  }

  /// The next instructions of all engines.
  var heads: [Int] { Engine.allCases.compactMap { head($0) } }

  /// Passes over the next instruction of an engine.
  mutating func advance(_ engine: Engine) { next[engine.rawValue] += 1 }
}
