/// One operation made ready to run: weights packed, geometry checked, nothing left to allocate.
protocol Kernel: Sendable {
  /// How many rows can be computed independently of each other; a frame is split over threads by rows.
  var rows: Int { get }
  /// Bytes of scratch memory that each thread brings.
  var scratchByteCount: Int { get }
  /// Computes some of the rows.
  func run(rows: Range<Int>, _ operands: Operands)
}

extension Kernel {
  var scratchByteCount: Int { 0 }
}

/// A place for a tensor: an offset in the job's arena, or in the program's constants.
struct Slot: Equatable, Sendable {
  enum Region: Sendable { case arena, constants }
  let region: Region
  let offset: Int
}

/// The memory of one run of a kernel.
struct Operands {
  let arena: UnsafeMutableRawPointer
  let constants: UnsafeRawPointer
  let scratch: UnsafeMutableRawPointer
  let inputs: [Slot]
  let output: Slot

  /// The same operands with another piece of scratch memory.
  func replacingScratch(_ scratch: UnsafeMutableRawPointer) -> Operands {
    Operands(arena: arena, constants: constants, scratch: scratch, inputs: inputs, output: output)
  }

  /// The first element of an int8 input.
  func int8Input(_ index: Int) -> UnsafePointer<Int8> { input(index).assumingMemoryBound(to: Int8.self) }

  /// The first element of a float32 input.
  func floatInput(_ index: Int) -> UnsafePointer<Float> { input(index).assumingMemoryBound(to: Float.self) }

  /// The first element of an int8 output.
  var int8Output: UnsafeMutablePointer<Int8> { (arena + output.offset).assumingMemoryBound(to: Int8.self) }

  /// The first element of a float32 output.
  var floatOutput: UnsafeMutablePointer<Float> { (arena + output.offset).assumingMemoryBound(to: Float.self) }

  /// The bytes of an input.
  func input(_ index: Int) -> UnsafeRawPointer {
    let slot = inputs[index]
    return switch slot.region {
    case .arena: UnsafeRawPointer(arena + slot.offset)
    case .constants: constants + slot.offset
    }
  }
}
