package import Boards
package import Foundation

/// A folder that stands for a board's root, and what the kernel does when its files are written.
///
/// None of this was recorded on a board: attributes and their words are those of linux-xlnx's fpga-mgr.c, of/configfs.c
/// and xilinx_fclk.c; the layout of nodes is that of device-tree overlays for Zynq UltraScale+.
package final class KernelDouble: BoardFiles, @unchecked Sendable {
  // @unchecked: everything that changes is behind the lock.
  private let lock = NSRecursiveLock()
  private let files: SystemFiles
  private var changes = 0
  private var attempts: [String] = []
  private var isPlaying = false

  /// The folder.
  package let root: String
  /// Which change fails, counted from 1; what had been begun then was done.
  package var failingChange: Int?
  /// Whether the change that fails has been done before it fails.
  package var failsLate = false
  /// Whether no folder can be removed.
  package var keepsFolders = false
  /// From which change on nothing is done any more, as where a process was killed.
  package var lastChange = Int.max
  /// The states through which the PL goes when it is programmed.
  package var states = ["write init", "write", "write complete", "operating"]
  /// Whether writing a bitstream's name comes back before the PL is programmed.
  package var programsInBackground = false
  /// Whether an overlay is applied, and its status there, only some time after its bytes were written.
  package var appliesInBackground = false
  /// What `status` says of an overlay that was written.
  package var overlayStatus = "applied"
  /// The frequency that clocks get, whatever was asked for.
  package var hertz: UInt64?
  /// Whether what is read back of an overlay differs from what was written.
  package var garblesOverlays = false

  /// What was done so far.
  package var log: [String] { lock.withLock { attempts } }
  /// How many changes were asked for.
  package var changeCount: Int { lock.withLock { changes } }
  /// The last image that the PL was programmed with.
  package private(set) var image: [UInt8]?

  private static let manager = "/sys/class/fpga_manager/fpga0"
  private static let overlays = "/sys/kernel/config/device-tree/overlays"
  private static let region = "/sys/firmware/devicetree/base/fpga-full"
  private static let clocks = "/sys/bus/platform/drivers/xilinx_fclk"

  package init(root: URL) throws {
    self.root = root.path
    files = SystemFiles(root: root.path)
    for folder in [
      Self.manager, Self.overlays, Self.region, Self.clocks, "/proc/sys/kernel/random", "/proc/1",
      "/lib/firmware/xilinx",
      "/run", "/etc", "/usr/lib", "/usr/bin", "/sys/module/zocl", "/sys/class/drm/renderD128/device",
    ] { try FileManager.default.createDirectory(atPath: root.path + folder, withIntermediateDirectories: true) }
    try set("\(Self.manager)/name", "Xilinx ZynqMP FPGA Manager\n")
    try set("\(Self.manager)/state", "unknown\n")
    try set("\(Self.manager)/flags", "0\n")
    try set("\(Self.manager)/firmware", "")
    try set("/proc/sys/kernel/random/boot_id", "5b0fb4a2-0001-4c1e-8e0b-4f2f2f9f0a01\n")
    try set("/proc/1/comm", "systemd\n")
    try set("/etc/vart.conf", "firmware: /run/media/mmcblk0p1/dpu.xclbin\n")
    try become(model: "ZynqMP ZCU104 RevC", ["xlnx,zynqmp-zcu104-revC", "xlnx,zynqmp-zcu104", "xlnx,zynqmp"])
  }

  /// Takes the identity of a board.
  package func become(model: String, _ compatible: [String]) throws {
    try set("/sys/firmware/devicetree/base/model", model + "\0")
    try set("/sys/firmware/devicetree/base/compatible", compatible.map { $0 + "\0" }.joined())
  }

  /// Sets a file as the kernel or another program does.
  package func set(_ path: String, _ text: String) throws { try set(path, Array(text.utf8)) }

  /// Sets a file as the kernel or another program does.
  package func set(_ path: String, _ bytes: [UInt8]) throws {
    let url = URL(fileURLWithPath: root + path)
    try FileManager.default.createDirectory(at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
    try Data(bytes).write(to: url)
  }

  /// Removes a file or a folder as the kernel or another program does.
  package func drop(_ path: String) throws { try FileManager.default.removeItem(atPath: root + path) }

  /// The state of the PL.
  package func setState(_ state: String) throws { try set("\(Self.manager)/state", state + "\n") }

  // MARK: What is read

  package func read(_ path: String, limit: Int) throws(BoardError) -> [UInt8] {
    var bytes = try files.read(path, limit: limit)
    if garblesOverlays, path.hasSuffix("/dtbo"), !bytes.isEmpty { bytes[bytes.count - 1] ^= 1 }
    return bytes
  }
  package func list(_ path: String) -> [String] { files.list(path) }
  package func exists(_ path: String) -> Bool { files.exists(path) }
  package func isFolder(_ path: String) -> Bool { files.isFolder(path) }
  package func link(_ path: String) -> String? { files.link(path) }

  package func hold(_ path: String) throws(BoardError) -> FolderHold { try files.hold(path) }

  // MARK: What changes something

  package func write(_ bytes: [UInt8], to path: String) throws(BoardError) {
    try change("write \(path)") { () throws(BoardError) in
      try files.write(bytes, to: path)
      if path == "\(Self.manager)/firmware" {
        try program(String(decoding: bytes.prefix { $0 != 0x0A }, as: UTF8.self))
      }
      guard path.hasPrefix(Self.overlays), path.hasSuffix("/dtbo") else { return }
      guard appliesInBackground else { return try apply(bytes, path) }
      Thread.detachNewThread { [self] in
        Thread.sleep(forTimeInterval: 0.05)
        try? apply(bytes, path)
      }
    }
  }

  package func replace(_ path: String, with bytes: [UInt8]) throws(BoardError) {
    try change("replace \(path)") { () throws(BoardError) in try files.replace(path, with: bytes) }
  }

  package func makeFolder(_ path: String) throws(BoardError) {
    try change("mkdir \(path)") { () throws(BoardError) in
      try files.makeFolder(path)
      guard path.hasPrefix(Self.overlays) else { return }
      for attribute in ["dtbo", "path", "status"] { try files.write([], to: "\(path)/\(attribute)") }
    }
  }

  package func removeFolder(_ path: String) throws(BoardError) {
    try change("rmdir \(path)") { () throws(BoardError) in
      if keepsFolders { throw BoardError(.inputOutput, "is kept on purpose", path: path) }
      if path.hasPrefix(Self.overlays) {
        for attribute in files.list(path) { try files.removeFile("\(path)/\(attribute)") }
        for node in files.list(Self.region) { try? drop("\(Self.region)/\(node)") }
        for clock in files.list(Self.clocks) { try? drop("\(Self.clocks)/\(clock)") }
      }
      try files.removeFolder(path)
    }
  }

  package func removeFile(_ path: String) throws(BoardError) {
    try change("unlink \(path)") { () throws(BoardError) in try files.removeFile(path) }
  }

  package func run(_ program: String, _ arguments: [String], seconds: Int) throws(BoardError) -> (
    output: String, code: Int32
  ) {
    // Asking changes nothing.
    if arguments == ["-listPackage"] { return try files.run(program, arguments, seconds: seconds) }
    var answer: (output: String, code: Int32) = ("", 0)
    try change("run \(program) \(arguments.joined(separator: " "))") { () throws(BoardError) in
      answer = try files.run(program, arguments, seconds: seconds)
    }
    return answer
  }

  // MARK: What the kernel does

  /// Plays the kernel for another program that works on the same folder, until a closure returns.
  ///
  /// An attribute that was written is answered a moment later, where a kernel answers at once.
  package func playing<R>(_ body: () throws -> R) rethrows -> R {
    lock.withLock { isPlaying = true }
    let isDone = DispatchSemaphore(value: 0)
    Thread.detachNewThread { [self] in
      while lock.withLock({ isPlaying }) {
        lock.withLock { answer() }
        Thread.sleep(forTimeInterval: 0.002)
      }
      isDone.signal()
    }
    defer {
      lock.withLock { isPlaying = false }
      isDone.wait()
    }
    return try body()
  }

  /// Takes the attributes out of the folders of overlays, which only a kernel can remove together with them.
  package func emptyOverlays() throws {
    for name in files.list(Self.overlays) {
      for attribute in files.list("\(Self.overlays)/\(name)") { try drop("\(Self.overlays)/\(name)/\(attribute)") }
    }
  }

  private func answer() {
    for name in files.list(Self.overlays) where files.line("\(Self.overlays)/\(name)/status") == nil {
      let path = "\(Self.overlays)/\(name)/dtbo"
      // Half a blob is one that is still being written.
      guard let bytes = try? files.read(path, limit: 1 << 20), (try? DeviceTreeBlob.read(bytes)) != nil else {
        continue
      }
      try? apply(bytes, path)
    }
    let manager = "\(Self.manager)/firmware"
    if let name = files.line(manager), !name.isEmpty {
      try? set(manager, "")
      try? program(name)
    }
  }

  private func change(_ words: String, _ action: () throws(BoardError) -> Void) throws(BoardError) {
    lock.lock()
    defer { lock.unlock() }
    changes += 1
    attempts.append(words)
    guard changes <= lastChange else { throw BoardError(.failed, "was killed before \(words)") }
    let fails = changes == failingChange
    if !fails || failsLate { try action() }
    if fails { throw BoardError(.inputOutput, "failed on purpose at \(words)") }
  }

  private func program(_ name: String) throws(BoardError) {
    guard let bytes = try? files.read("/lib/firmware/\(name)", limit: 1 << 20) else {
      try? setState("firmware request error")
      throw BoardError(.unavailable, "cannot write: No such file or directory")
    }
    image = bytes
    guard programsInBackground else {
      try? setState(states.last ?? "unknown")
      return
    }
    let states = states
    Thread.detachNewThread { [self] in
      for state in states {
        try? setState(state)
        Thread.sleep(forTimeInterval: 0.02)
      }
    }
  }

  private func apply(_ bytes: [UInt8], _ path: String) throws(BoardError) {
    let root = try DeviceTreeBlob.read(bytes)
    if overlayStatus == "applied" {
      for fragment in root.children {
        for content in fragment.children where content.name == "__overlay__" {
          if let name = content.texts("firmware-name").first { try program(name) }
          for node in content.children { grow(node, Self.region) }
        }
      }
    }
    // At last, since who waits for it takes the rest as done.
    let status = URL(fileURLWithPath: self.root + path).deletingLastPathComponent().appendingPathComponent("status")
    try? Data("\(overlayStatus)\n".utf8).write(to: status)
  }

  private func grow(_ node: DeviceTreeNode, _ folder: String) {
    for (property, value) in node.properties { try? set("\(folder)/\(node.name)/\(property)", value) }
    if node.texts("compatible") == ["xlnx,fclk"], let wanted = node.cells("assigned-clock-rates")?.first {
      try? set("\(Self.clocks)/fpga-full:\(node.name)/set_rate", "\(hertz ?? UInt64(wanted))\n")
    }
    for child in node.children { grow(child, "\(folder)/\(node.name)") }
  }
}
