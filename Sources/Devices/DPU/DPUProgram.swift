import XModel

/// A program in the memory of a DPU: its code and constants, shared by all jobs and cores.
final class DPUProgram: Program {
  let inputs: [TensorPort]
  let outputs: [TensorPort]
  let memory: ProgramMemory
  /// The partition and its model, for watching inner tensors.
  let partition: Partition
  let model: Model
  let suitableCores: [Int]
  /// Each core as a choice of one, made once, so that a run allocates nothing.
  let soleCores: [[Int]]
  let port: any Port
  let cores: CorePool
  let timeLimits: DPUDevice.TimeLimits
  let code: any DeviceBuffer
  let constants: [Int: any DeviceBuffer]

  /// Puts code and constants into memory.
  init(
    _ memory: ProgramMemory, _ partition: Partition, of model: Model, suitableCores: [Int], port: any Port,
    cores: CorePool, timeLimits: DPUDevice.TimeLimits
  ) throws(DeviceError) {
    inputs = memory.inputs.map(\.port)
    outputs = memory.outputs.map(\.port)
    self.memory = memory
    self.partition = partition
    self.model = model
    self.suitableCores = suitableCores
    soleCores = (0..<port.coreCount).map { [$0] }
    self.port = port
    self.cores = cores
    self.timeLimits = timeLimits
    try memory.checkRoom(on: port)
    do {
      code = try port.allocate(memory.code.count, for: "the code")
      try code.fill(with: memory.code)
      var constants: [Int: any DeviceBuffer] = [:]
      for region in memory.constants {
        let buffer = try port.allocate(region.byteCount, for: "REG_\(region.register)")
        if let contents = region.contents { try buffer.fill(with: contents) }
        constants[region.register] = buffer
      }
      self.constants = constants
    } catch {
      throw error.during(
        "\(memory.place): cannot load the program of \(memory.sharedByteCount) bytes, each job \(memory.jobByteCount)")
    }
  }

  var jobByteCount: Int { memory.jobByteCount }

  func makeJob() throws(DeviceError) -> any Job { try DPUJob(self) }
}

extension ProgramMemory {
  /// Refuses a program whose first job would not fit even into empty memory, before any of it is taken.
  func checkRoom(on port: any Port) throws(DeviceError) {
    guard let room = port.room, wholeByteCount > room.totalByteCount else { return }
    throw DeviceError(
      .outOfMemory,
      "\(place): a job needs \(wholeByteCount) bytes of memory that the DPU reaches (code, weights and working regions in "
        + "whole pages), but \(room); \(room.remedy)")
  }
}

extension Port {
  /// Reserves memory at addresses that a core can be told.
  func allocate(_ byteCount: Int, for use: String) throws(DeviceError) -> any DeviceBuffer {
    let buffer: any DeviceBuffer
    do { buffer = try allocate(byteCount: byteCount) } catch { throw error.during("memory for \(use)") }
    let limit = UInt64(1) << UInt64(StartCommand.addressBitCount)
    guard buffer.address < limit, UInt64(byteCount) <= limit - buffer.address else {
      throw DeviceError(
        .failed,
        "memory for \(use) lies at 0x\(String(buffer.address, radix: 16)), but a core's addresses have "
          + "\(StartCommand.addressBitCount) bits; reserve the DPU's memory below that")
    }
    return buffer
  }
}

extension DeviceBuffer {
  /// Puts bytes at the start, zeros behind them, and carries all of it to the DPU.
  func fill(with contents: Bytes) throws(DeviceError) {
    withHostBytes { host in
      contents.withUnsafeBytes { host.copyMemory(from: $0) }
      for index in contents.count..<host.count { host[index] = 0 }
    }
    try syncToDevice(0..<byteCount)
  }
}
