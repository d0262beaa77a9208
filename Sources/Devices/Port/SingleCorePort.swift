/// One core of a port, as if it were the only one: what runs over it runs on that core.
package final class SingleCorePort: Port {
  private let port: any Port
  private let core: Int

  /// Picks a core.
  package init(_ port: any Port, core: Int) {
    precondition((0..<port.coreCount).contains(core), "the port has no core \(core)")
    self.port = port
    self.core = core
  }

  /// What the whole port leads to.
  package var description: DeviceDescription { port.description }
  /// One.
  package var coreCount: Int { 1 }
  /// The port's.
  package var usualTimeLimit: Duration { port.usualTimeLimit }
  /// The port's.
  package var remedyForLostCore: String { port.remedyForLostCore }
  /// The port's.
  package var room: MemoryRoom? { port.room }

  /// Reserves memory of the port.
  package func allocate(byteCount: Int) throws(DeviceError) -> any DeviceBuffer {
    try port.allocate(byteCount: byteCount)
  }

  /// Reads a register of the core.
  package func read(_ register: CoreRegister, ofCore core: Int) throws(DeviceError) -> UInt32 {
    try port.read(register, ofCore: try number(core))
  }

  /// Starts the core.
  package func start(_ command: StartCommand, onCore core: Int) throws(DeviceError) {
    try port.start(command, onCore: try number(core))
  }

  /// Waits for the core.
  package func wait(forCore core: Int, timeLimit: Duration) throws(DeviceError) -> JobEnd {
    try port.wait(forCore: try number(core), timeLimit: timeLimit)
  }

  private func number(_ asked: Int) throws(DeviceError) -> Int {
    guard asked == 0 else { throw DeviceError(.failed, "there is no core \(asked), only core \(core) as number 0") }
    return core
  }
}
