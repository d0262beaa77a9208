package import Devices
import Threads

/// The buffers that were taken from a port, in their order.
package final class BufferRecord: Sendable {
  private let entries = Monitor<[any DeviceBuffer]>([])

  /// Makes an empty record.
  package init() {}

  /// The buffers so far; they live as long as the record.
  package var buffers: [any DeviceBuffer] { entries.update { $0 } }

  /// A port whose buffers are written down.
  package func port(before port: any Port) -> any Port { RecordingPort(port, entries) }

  private final class RecordingPort: Port {
    private let port: any Port
    private let entries: Monitor<[any DeviceBuffer]>

    init(_ port: any Port, _ entries: Monitor<[any DeviceBuffer]>) {
      self.port = port
      self.entries = entries
    }

    var description: DeviceDescription { port.description }
    var coreCount: Int { port.coreCount }
    var usualTimeLimit: Duration { port.usualTimeLimit }
    var remedyForLostCore: String { port.remedyForLostCore }

    func allocate(byteCount: Int) throws(DeviceError) -> any DeviceBuffer {
      let buffer = try port.allocate(byteCount: byteCount)
      entries.update { $0.append(buffer) }
      return buffer
    }

    func read(_ register: CoreRegister, ofCore core: Int) throws(DeviceError) -> UInt32 {
      try port.read(register, ofCore: core)
    }

    func start(_ command: StartCommand, onCore core: Int) throws(DeviceError) {
      try port.start(command, onCore: core)
    }

    func wait(forCore core: Int, timeLimit: Duration) throws(DeviceError) -> JobEnd {
      try port.wait(forCore: core, timeLimit: timeLimit)
    }
  }
}
