package import Boards
package import Devices
package import XModel
package import XRTDPU

/// Everything that can be seen of a board without changing it, looked at once.
///
/// XRT is opened only where nothing can go wrong by it: over a fake board, or where the PL is known to hold the design of
/// the xclbin. Whoever gives XRT an xclbin over another design can crash the kernel.
package struct BoardSnapshot: Sendable {
  /// A core as the driver lists it.
  package struct ListedCore: Equatable, Sendable {
    /// The driver's number of it.
    package let index: Int
    /// Kernel and instance.
    package let name: String
    /// Where its registers begin, as the driver writes it.
    package let address: String
  }

  /// What a core's registers say.
  package struct OpenedCore: Sendable {
    /// Kernel and instance.
    package let name: String
    /// The driver's number of it.
    package let index: Int
    /// Its configuration.
    package let fingerprint: Fingerprint
    /// How it was built.
    package let identity: CoreIdentity
    /// What its engines did in the last job.
    package let counters: EngineCounters
  }

  /// The xclbin that would be used.
  package struct ChosenXclbin: Sendable {
    /// Its path, and why this one.
    package let choice: XclbinChoice
    /// The file, or what is wrong with it.
    package let content: Result<Xclbin, BoardError>

    /// The path.
    package var path: String { choice.path }
    /// Why this one.
    package var origin: String { choice.source.description }
  }

  /// The folder that stands for `/`.
  package var root = "/"
  /// Whether there are files of a board, and not only a library that stands for one.
  package var hasFiles = true
  /// What the machine calls itself.
  package var machine: String?
  /// The board of the catalogue that it is.
  package var board: Board?
  /// All boards of the catalogue.
  package var catalogue: [Board] = []
  /// The kernel's release.
  package var kernel: String?
  /// Whether the module zocl is there.
  package var isModuleLoaded = false
  /// The driver's version, as far as it tells.
  package var driverVersion: String?
  /// Whether the device tree has a node for zocl.
  package var hasTreeNode = false
  /// The render node for a user who may do everything, or why there is none.
  package var node: Result<RenderNode, DeviceError> = .failure(DeviceError(.unavailable, "not looked for"))
  /// The render node for this user.
  package var usableNode: Result<RenderNode, DeviceError> = .failure(DeviceError(.unavailable, "not looked for"))
  /// The mode, owner and group of the node's file.
  package var nodePermissions: String?
  /// The driver's attributes that are there, by name.
  package var attributes: [String: String] = [:]
  /// Processes with the render node open.
  package var holders: [String] = []
  /// Processes with the lock of AMD's runtime open.
  package var lockHolders: [String] = []
  /// zocl's lines of /proc/interrupts.
  package var interrupts: [String] = []
  /// What the PL holds, clocks and port widths.
  package var overlay: OverlayStatus?
  /// The last words of the kernel about the PL, where they can be read.
  package var kernelHint: String?
  /// The xclbin, or why there is none.
  package var xclbin: Result<ChosenXclbin, BoardError> = .failure(BoardError(.unavailable, "not looked for"))
  /// Whether a first job with the xclbin would be safe: warnings, or why not.
  package var firstJob: Result<[String], BoardError>?
  /// Contiguous memory.
  package var room: MemoryRoom?
  /// XRT's library.
  package var library = LibrarySnapshot()
  /// The cores, or why they could not be opened; `nil` where it was not tried.
  package var cores: Result<[OpenedCore], DeviceError>?
  /// Why opening was not tried.
  package var reasonForNotOpening: String?
  /// What the sensors say.
  package var readings: [SensorReading] = []

  /// A snapshot of nothing, to be filled in.
  package init() {}

  /// The xclbin's tables, where there is a usable one.
  package var content: Xclbin? {
    guard case .success(let chosen) = xclbin, case .success(let content) = chosen.content else { return nil }
    return content
  }

  /// The cores that could be opened.
  package var openedCores: [OpenedCore] { (try? cores?.get()) ?? [] }

  /// The cores that the driver lists.
  ///
  /// - Source: `kds_custat_raw` of zocl 2.13 and later: slot, index, kernel:instance, address, status, usage.
  package var listedCores: [ListedCore] {
    (attributes["kds_custat_raw"] ?? "").split(separator: "\n").compactMap { line in
      let fields = line.split(separator: ",", omittingEmptySubsequences: false).map {
        String($0.drop { $0 == " " }.prefix { $0 != " " })
      }
      guard fields.count >= 4, let index = Int(fields[1]) else { return nil }
      return ListedCore(index: index, name: fields[2], address: fields[3])
    }
  }

  /// The UUID of the xclbin that the driver holds.
  package var loadedUUID: XclbinUUID? {
    attributes["xclbinid"].flatMap { XclbinUUID($0) }.flatMap { $0.isZero ? nil : $0 }
  }

  /// What every output has to be headed with.
  package var device: DeviceDescription {
    if library.isFake { return .fakeBoard }
    let node = (try? node.get())?.name ?? "no board"
    let place = root == "/" ? "" : ", from files below \(root)"
    return DeviceDescription(kind: "xrt", detail: "\(node)\(machine.map { ", \($0)" } ?? "")\(place)")
  }
}
