package import Devices
package import XModel

/// The DPU cores of a board, through XRT and its driver zocl.
///
/// Buffers belong to one handle and are shared by all cores; each core has a handle of its own for its commands, because
/// an event says only that some command of a handle has ended.
package final class XRTPort: Port {
  /// What is opened, and how.
  package struct Configuration: Sendable {
    /// What the programmable logic holds.
    package var image: XRTImage
    /// The library to use; `nil` searches for it.
    package var libraryPath: String?
    /// Where the kernel's files lie.
    package var tree = SystemTree()
    /// How long a job may take; `nil` is 10 s, and minutes where a simulator computes.
    ///
    /// - Source: the limit of Vitis AI's runtime.
    package var timeLimit: Duration?

    /// Makes a configuration.
    package init(image: XRTImage) { self.image = image }
  }

  /// Whether the library is a stand-in for tests: everything that comes from it is simulated.
  package let isFake: Bool
  /// The file of the library.
  package let libraryPath: String
  /// The names of the cores by number.
  package let coreNames: [String]
  /// The driver's numbers of the cores.
  package let coreIndices: [Int]
  /// What the port leads to.
  package let description: DeviceDescription
  /// How long a job may take.
  package let usualTimeLimit: Duration

  private let handle: XRTHandle
  private let cores: [XRTCore]
  private let tree: SystemTree

  /// Opens the board's cores.
  ///
  /// - Throws: `.unavailable` with what is missing and what to do: device, permission, library, core; `.failed` if the
  ///   driver refuses the image.
  package init(_ configuration: Configuration) throws(DeviceError) {
    // First of all, and without XRT: its library may end the process where there is no device.
    let tree = configuration.tree
    let node = Result { () throws(DeviceError) in try RenderNode.find(in: tree) }
    let library = try XRTLibrary.find(path: configuration.libraryPath, node: node)
    if !library.isFake { _ = try node.get() }
    let opening = Opening(library: library, node: try? node.get(), tree: tree, image: configuration.image)
    handle = try opening.handle()
    (cores, coreIndices) = try opening.cores()

    isFake = library.isFake
    libraryPath = library.path
    coreNames = configuration.image.coreNames
    usualTimeLimit = configuration.timeLimit ?? (isFake ? .seconds(300) : .seconds(10))
    // Contiguous memory of this machine says nothing about a fake board's.
    self.tree = tree
    description = try XRTPort.description(of: library, cores, opening)
  }

  /// The number of cores.
  package var coreCount: Int { cores.count }

  /// What to do with a lost core.
  package var remedyForLostCore: String {
    isFake
      ? "load another xclbin into the fake board, or force this one"
      : "close every program that uses the DPU, load the overlay again so that the logic is programmed anew, or restart "
        + "the board"
  }

  /// The kernel's contiguous memory.
  package var room: MemoryRoom? { isFake && tree.isReal ? nil : MemoryRoom(contiguousIn: tree) }

  /// Reserves memory that the DPU reaches.
  package func allocate(byteCount: Int) throws(DeviceError) -> any DeviceBuffer {
    guard byteCount > 0 else { throw DeviceError(.failed, "cannot allocate \(byteCount) bytes, expected at least 1") }
    do throws(XRTFailure) {
      return XRTBuffer(try BufferObject(handle, byteCount: byteCount, for: .data))
    } catch {
      let found = room.map { ": \($0)" } ?? ""
      throw error.error(
        .outOfMemory, (room?.remedy ?? "close other programs that use the DPU, or reserve more memory for it") + found)
    }
  }

  /// Reads a register of a core.
  package func read(_ register: CoreRegister, ofCore core: Int) throws(DeviceError) -> UInt32 {
    let core = try self.core(core)
    do throws(XRTFailure) { return try core.read(register) } catch {
      throw error.error(.failed, "register \(register) can't be read")
    }
  }

  /// Starts a core.
  package func start(_ command: StartCommand, onCore core: Int) throws(DeviceError) {
    try self.core(core).start(command)
  }

  /// Waits for a core.
  package func wait(forCore core: Int, timeLimit: Duration) throws(DeviceError) -> JobEnd {
    try self.core(core).wait(timeLimit: timeLimit)
  }

  private func core(_ number: Int) throws(DeviceError) -> XRTCore {
    guard cores.indices.contains(number) else {
      throw DeviceError(.failed, "there is no core \(number), only \(cores.count) from 0")
    }
    return cores[number]
  }

  private static func description(
    of library: XRTLibrary, _ cores: [XRTCore], _ opening: Opening
  ) throws(DeviceError) -> DeviceDescription {
    // Whoever reads a result has to see that no board made it, and nothing else that looks like one.
    if library.isFake { return .fakeBoard }
    var words: [UInt64] = []
    for register in [CoreRegister.fingerprintLow, .fingerprintHigh] {
      do throws(XRTFailure) { words.append(UInt64(try cores[0].read(register))) } catch {
        throw error.error(.failed, "the configuration of the first core can't be read")
      }
    }
    let version = opening.node?.driverVersion(in: opening.tree)
    return DeviceDescription(
      kind: "xrt",
      detail: detail(Fingerprint(words[1] << 32 | words[0]), coreCount: cores.count, [library.path, version]))
  }

  /// Core, number of cores, library and driver in one line.
  package static func detail(_ fingerprint: Fingerprint, coreCount: Int, _ others: [String?]) -> String {
    let array = fingerprint.array?.name ?? "unknown array"
    let cores = "\(coreCount) core\(coreCount == 1 ? "" : "s")"
    return (["ISA\(fingerprint.instructionSet) \(array)", cores] + others.compactMap { $0 }).joined(separator: ", ")
  }
}

extension DeviceDescription {
  /// A board in a library: no board, and nothing that looks like one.
  package static let fakeBoard = DeviceDescription(kind: "simulated", detail: "fake libxrt")
}
