#if canImport(Glibc)
  import Glibc
#endif

/// The programs that a core has fetched, by address; each is used again while the memory still holds the same bytes.
struct ProgramCache {
  private struct Entry {
    let bytes: [UInt8]
    let program: PreparedProgram
  }

  /// Programs that are kept at most: more than the subgraphs of any public file.
  private static let capacity = 64

  private var entries: [UInt64: Entry] = [:]
  private var oldestFirst: [UInt64] = []

  /// The program at an address, ready for a core.
  ///
  /// - Throws: `.fetch` where the program leaves live memory; `.program` where it is none.
  mutating func program(
    at address: UInt64, in memory: any DeviceMemory, for target: DPUTarget
  ) throws(CoreFault) -> PreparedProgram {
    if let entry = entries[address], let bytes = memory.bytes(at: address, count: entry.bytes.count),
      entry.bytes.withUnsafeBytes({ kept in kept.baseAddress.map { memcmp($0, bytes, kept.count) == 0 } ?? false })
    {
      return entry.program
    }
    let code = try ProgramCache.fetch(at: address, in: memory, isa: target.isa)
    let program: PreparedProgram
    do throws(ProgramError) {
      program = try PreparedProgram(code, for: target)
    } catch {
      throw CoreFault(error)
    }
    if entries[address] != nil { oldestFirst.removeAll { $0 == address } }
    if oldestFirst.count == ProgramCache.capacity { entries[oldestFirst.removeFirst()] = nil }
    entries[address] = Entry(bytes: code.encoded, program: program)
    oldestFirst.append(address)
    return program
  }

  /// Decodes instructions from memory up to END.
  private static func fetch(
    at address: UInt64, in memory: any DeviceMemory, isa: ISA
  ) throws(CoreFault) -> MachineCode {
    var decoder = InstructionDecoder(isa: isa)
    var next = address
    do throws(ProgramError) {
      while !decoder.hasEnd {
        let words = try decoder.decode { index in
          memory.bytes(at: next &+ UInt64(4 * index), count: 4).map {
            UInt32(littleEndian: $0.loadUnaligned(as: UInt32.self))
          }
        }
        next &+= UInt64(4 * words)
      }
      return try MachineCode(decoder.instructions, isa: isa)
    } catch {
      // Without END the program did not end; the memory did.
      guard error.code == .truncated else { throw CoreFault(error) }
      throw CoreFault(
        .fetch,
        "instruction \(decoder.instructions.count) of the program at 0x\(String(address, radix: 16)) is not inside one "
          + "live buffer; the program has no END before",
        at: nil)
    }
  }
}
