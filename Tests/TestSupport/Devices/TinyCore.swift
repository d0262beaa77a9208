package import SimulatedDPU
import Tensors

/// Executes the programs of `TinyModel` on simulated memory, reading code and tensors where the registers say.
package final class TinyCore: Core {
  private let memory: any DeviceMemory

  /// Makes a core.
  package init(memory: any DeviceMemory) { self.memory = memory }

  /// Executes a program.
  ///
  /// - Throws: For words that are no program, and addresses that lead nowhere.
  package func run(
    codeAddress: UInt64, bases: [UInt64?], order: IssueOrder
  ) throws(CoreFault) -> CoreCounters {
    let code = try bytes(at: codeAddress, count: 48)
    let words = (0..<12).map { Int(code.loadUnaligned(fromByteOffset: 4 * $0, as: UInt32.self)) }
    guard words[0] == TinyModel.magic else {
      throw CoreFault(
        .program, "opcode \(words[0]) at 0x\(String(codeAddress, radix: 16)) is no tiny program", at: nil)
    }
    func region(_ register: Int, _ offset: Int, count: Int) throws(CoreFault) -> UnsafeMutableRawPointer {
      guard let base = bases[register] else {
        throw CoreFault(.register, "REG_\(register) is not set", at: nil)
      }
      return try bytes(at: base + UInt64(offset), count: count)
    }
    let (pixels, inputs, outputs) = (words[5], words[6], words[7])
    let input = try region(words[1], words[2], count: pixels * inputs)
    let output = try region(words[3], words[4], count: pixels * outputs)
    let weights = try region(0, words[8], count: inputs * outputs)
    let bias = try region(0, words[9], count: outputs)
    func element(_ pointer: UnsafeMutableRawPointer, _ index: Int) -> Int64 {
      Int64(pointer.load(fromByteOffset: index, as: Int8.self))
    }
    // The results come after the last read: input and output may share bytes.
    var results: [Int8] = []
    for pixel in 0..<pixels {
      for channel in 0..<outputs {
        var sum = element(bias, channel) << Int64(words[11])
        for index in 0..<inputs {
          sum += 2 * element(input, pixel * inputs + index) * element(weights, channel * inputs + index)
        }
        results.append(FixPoint.requantize(sum, shift: words[10] + 1))
      }
    }
    for (index, value) in results.enumerated() { output.storeBytes(of: value, toByteOffset: index, as: Int8.self) }
    return CoreCounters()
  }

  private func bytes(at address: UInt64, count: Int) throws(CoreFault) -> UnsafeMutableRawPointer {
    guard let bytes = memory.bytes(at: address, count: count) else {
      throw CoreFault(.address, "\(count) bytes at 0x\(String(address, radix: 16)) are in no buffer", at: nil)
    }
    return bytes
  }
}

extension SimulatedPort {
  /// A board of tiny cores.
  package convenience init(tiny configuration: Configuration) throws {
    try self.init(configuration) { memory, _ in TinyCore(memory: memory) }
  }

  /// A board of tiny cores that fits the tiny model, where everything goes well but what a plan says.
  package static func tiny(coreCount: Int = 1, faults: FaultPlan = []) throws -> SimulatedPort {
    var configuration = Configuration(fingerprint: .init(TinyModel.fingerprint))
    configuration.coreCount = coreCount
    configuration.faults = faults
    return try SimulatedPort(tiny: configuration)
  }
}
