import Devices
import Foundation
import TestSupport
import Threads
import XModel
import XRTDPU

extension FakeBoard {
  /// Opens the board.
  func port(
    cores: Int = 1, uuid: UInt8 = 1, kernel: String = "DPUCZDX8G", tree: SystemTree = SystemTree(),
    timeLimit: Duration? = nil
  ) throws(DeviceError) -> XRTPort {
    var image = SmallImage()
    image.uuid = [UInt8](repeating: uuid, count: 16)
    image.cores = (1...cores).map { .init("\(kernel):\(kernel)_\($0)", base: 0x8000_0000 + UInt64($0) << 16) }
    var configuration = XRTPort.Configuration(
      image: XRTImage(bytes: image.bytes, uuid: image.uuid, coreNames: image.cores.map(\.name)))
    configuration.libraryPath = FakeBoard.libraryPath
    configuration.tree = tree
    configuration.timeLimit = timeLimit
    return try XRTPort(configuration)
  }
}

extension ReconstructedTree {
  /// The files as the back end looks at them.
  var tree: SystemTree { SystemTree(root: folder.path) }
}

/// The small compiled models that belong to the package.
enum SampleModel: String, CaseIterable, CustomStringConvertible {
  case b4096, b1024

  var description: String { rawValue }

  /// The configuration of the core that the model is for.
  var fingerprint: String { self == .b4096 ? "0x1000020f6014407" : "0x101000016010402" }

  /// Bytes of memory for the program and one job, in whole pages.
  var neededByteCount: Int {
    get throws {
      let model = try model()
      return try ProgramMemory(model.dpuPartition, of: model).wholeByteCount
    }
  }

  func model() throws -> Model {
    try Model(path: Repository.root.appendingPathComponent("sample/compiled/\(rawValue).xmodel").path)
  }
}

extension Model {
  /// The first DPU partition.
  var dpuPartition: Partition {
    get throws {
      guard let partition = partitions.first(where: { $0.kind == .dpu }) else {
        throw DeviceError(.unsupported, "no DPU partition")
      }
      return partition
    }
  }
}

/// A thread whose choice of a board disturbs no other.
struct ThreadOfItsOwn {
  /// Runs something there and waits for it.
  func run<R: Sendable>(_ body: @escaping @Sendable () throws -> R) throws -> R {
    let result = Monitor<Result<R, any Error>?>(nil)
    runInBackground {
      let outcome = Result { try body() }
      result.update { $0 = outcome }
    }
    return try (result.wait { $0 } ?? .failure(CancellationError())).get()
  }
}
