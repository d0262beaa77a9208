import Tensors

/// Works on a program as four engines side by side might, in one of the many orders that its tokens allow.
///
/// An engine starts its next instruction when the tokens are there and it is free; the SAVE engine has two ports, so that
/// two SAVEs can be under way. A transfer is done element by element, broken off at random places, and any other
/// instruction at once, at some moment between its start and its end. Tokens are taken at the start and given at the end;
/// an engine's instructions end in their order, since of two SAVEs only the second one gives the tokens of both.
struct RandomIssue {
  /// An instruction under way.
  private struct Flight {
    let index: Int
    /// What is still to be done; one entry that is `nil` stands for all of it.
    var pieces: [Range<Int>?]
  }

  private let program: PreparedProgram
  private var random: SeededGenerator
  private var queues: EngineQueues
  private var tokens = DependencyTokens()
  private var flights: [Flight] = []
  private var counters = CoreCounters()

  /// Prepares an order.
  init(_ program: PreparedProgram, seed: UInt64) {
    self.program = program
    random = SeededGenerator(seed: seed)
    queues = EngineQueues(program.code.instructions)
  }

  /// Works through the program.
  ///
  /// - Parameter execute: Does an instruction, or of a transfer only some elements.
  mutating func run(
    _ execute: (Int, Range<Int>?) throws(CoreFault) -> Void
  ) throws(CoreFault) -> CoreCounters {
    while true {
      let startable = queues.heads.filter { canStart($0) }
      let movable = flights.indices.filter { canMove($0) }
      let choices = startable.count + movable.count
      // The program has been checked: tokens do not deadlock.
      guard choices > 0 else { return counters }
      let choice = Int.random(in: 0..<choices, using: &random)
      if choice < startable.count {
        start(startable[choice])
      } else {
        try advance(movable[choice - startable.count], execute)
      }
    }
  }

  private func canStart(_ index: Int) -> Bool {
    let instruction = program.code.instructions[index]
    let ports = instruction.opcode == .save ? 2 : 1
    let busy = flights.count { program.code.instructions[$0.index].engine == instruction.engine }
    return busy < ports && tokens.allow(instruction)
  }

  private func canMove(_ number: Int) -> Bool {
    let engine = program.code.instructions[flights[number].index].engine
    // Flights stand in the order in which they started.
    return !flights[number].pieces.isEmpty
      || !flights[..<number].contains { program.code.instructions[$0.index].engine == engine }
  }

  private mutating func start(_ index: Int) {
    let instruction = program.code.instructions[index]
    tokens.start(instruction)
    queues.advance(instruction.engine)
    counters[instruction.engine].started += 1
    flights.append(Flight(index: index, pieces: pieces(of: program.operations[index])))
  }

  /// Does the next piece of an instruction, or ends it when there is none left.
  private mutating func advance(
    _ number: Int, _ execute: (Int, Range<Int>?) throws(CoreFault) -> Void
  ) throws(CoreFault) {
    let index = flights[number].index
    guard let piece = flights[number].pieces.popLast() else {
      let instruction = program.code.instructions[index]
      flights.remove(at: number)
      tokens.finish(instruction)
      counters.finish(program.operations[index], on: instruction.engine)
      return
    }
    do throws(CoreFault) {
      try execute(index, piece)
    } catch {
      var fault = error
      fault.counters = counters
      throw fault
    }
  }

  /// Cuts a transfer at random places; the last piece comes first, to be popped last.
  private mutating func pieces(of operation: Operation) -> [Range<Int>?] {
    let elements: Int
    switch operation {
    case .nothing: return []
    case .load(let load): elements = load.elements
    case .save(let save): elements = save.elements
    case .convolution, .channelwise, .elementwise: return [nil]
    }
    var pieces: [Range<Int>?] = []
    var first = 0
    while first < elements {
      let next = Int.random(in: first + 1...elements, using: &random)
      pieces.append(first..<next)
      first = next
    }
    return pieces.reversed()
  }
}
