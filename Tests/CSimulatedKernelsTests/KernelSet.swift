import CSimulatedKernels
import Tensors
import TestSupport

/// The kernels for an instruction set that this machine can run: the tests go over all of them, not only the best.
struct KernelSet: Sendable, CustomStringConvertible {
  private let rawValue: UInt32

  /// The functions.
  var functions: dpus_kernels {
    guard let functions = dpus_kernels_for(dpus_isa(rawValue: rawValue)) else { fatalError("\(self) is not there") }
    return functions.pointee
  }

  /// As people name them.
  var description: String { String(cString: dpus_isa_name(dpus_isa(rawValue: rawValue))) }

  /// Those that this machine can run, the portable ones first.
  static let all = [DPUS_ISA_PORTABLE, DPUS_ISA_AVX2, DPUS_ISA_AVX512_VNNI, DPUS_ISA_NEON, DPUS_ISA_NEON_DOTPROD]
    .filter { dpus_kernels_for($0) != nil }.map { KernelSet(rawValue: $0.rawValue) }
}

extension GuardedMemory {
  /// Memory that holds some bytes and nothing more.
  convenience init(_ bytes: [Int8]) {
    self.init(count: bytes.count, atEnd: true, filledWith: 0)
    _ = elements(as: Int8.self).initialize(from: bytes)
  }

  /// The memory as bytes.
  var int8s: [Int8] { [Int8](elements(as: Int8.self)) }

  /// The first number.
  var int32s: UnsafeMutablePointer<Int32> { start.assumingMemoryBound(to: Int32.self) }

  /// The first byte.
  var pointer: UnsafeMutablePointer<Int8> { start.assumingMemoryBound(to: Int8.self) }
}

extension SeededGenerator {
  /// A number of a range.
  mutating func pick(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &self) }

  /// Bytes of any value, in every fourth case only of the two extremes, in every fourth only of the least.
  mutating func cells(_ count: Int) -> [Int8] {
    switch pick(0...3) {
    case 0: (0..<16 * count).map { _ in Bool.random(using: &self) ? -128 : 127 }
    case 1: [Int8](repeating: -128, count: 16 * count)
    default: int8s(16 * count)
    }
  }
}

/// A bank of random bytes, and rows in it that wrap at its end more often than not.
final class Bank {
  static let rows = 2048
  let memory: GuardedMemory
  let row: Int
  let jump: Int

  init(_ random: inout SeededGenerator) {
    memory = GuardedMemory(random.int8s(16 * Bank.rows))
    row = random.pick(0...2) == 0 ? random.pick(0...5000) : random.pick(2000...2047)
    jump = random.pick(0...2) == 0 ? random.pick(1...1024) : random.pick(1...8)
  }

  /// The rows as the kernels take them.
  var rows: dpus_rows { dpus_rows(bank: memory.pointer, row: Int32(row), jump: Int32(jump)) }

  /// Where a cell of an item begins, in bytes.
  func place(_ item: Int, _ cell: Int) -> Int { (row + item * jump + cell) % Bank.rows * 16 }

  /// A cell's bytes.
  func cell(_ item: Int, _ cell: Int) -> [Int8] {
    let start = place(item, cell)
    return (start..<start + 16).map { memory.pointer[$0] }
  }
}
