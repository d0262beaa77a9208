/// AMD's dfx-mgr, which programs the PL of Kria boards; nobody else should while it runs.
///
/// `dfx-mgr-client -listPackage` prints a line for each application: its name first, and last the slots that it is
/// loaded in, each with a comma behind, or -1. The client's exit code says nothing. Releases have different columns in
/// between.
///
/// - Source: Xilinx/dfx-mgr, src/daemon_helper.c and example/sys/linux/dfx-mgr-client.c.
struct DFXManager {
  /// Where applications lie, a folder each.
  static let folder = "/lib/firmware/xilinx"
  /// The program that talks to the daemon.
  static let client = "/usr/bin/dfx-mgr-client"

  /// An application.
  struct Application: Equatable {
    /// Its name, which is that of its folder.
    let name: String
    /// The slots that it is loaded in, empty where it is not.
    let slots: [Int]
  }

  let files: any BoardFiles
  /// How long the daemon may take.
  let seconds: Int

  /// Whether the daemon runs.
  var isRunning: Bool { processes(of: files).contains { files.line("/proc/\($0)/comm") == "dfx-mgrd" } }

  /// The applications that the daemon knows.
  func applications() throws(BoardError) -> [Application] {
    let answer = try files.run(Self.client, ["-listPackage"], seconds: seconds)
    return Self.read(answer.output)
  }

  /// The applications of the daemon's answer; lines that are no rows are passed over.
  static func read(_ answer: String) -> [Application] {
    answer.split(whereSeparator: \.isNewline).compactMap { line in
      let words = line.split { $0 == " " || $0 == "\t" }
      guard let name = words.first, let last = words.last, words.count >= 3 else { return nil }
      let slots = last.split(separator: ",").compactMap { Int($0) }
      guard !slots.isEmpty, last.allSatisfy({ $0.isNumber || $0 == "," || $0 == "-" }) else { return nil }
      return Application(name: String(name), slots: slots.filter { $0 >= 0 })
    }
  }

  /// Where the files of an application may lie: a folder of its own, or one below its base design's where it fills a
  /// slot of that.
  func folders(of name: String) -> [String] {
    ["\(Self.folder)/\(name)"]
      + files.list(Self.folder).map { "\(Self.folder)/\($0)/\(name)" }.filter { files.isFolder($0) }
  }

  /// Loads an application and checks that the daemon says so afterwards.
  func load(_ name: String) throws(BoardError) {
    let answer = try files.run(Self.client, ["-load", name], seconds: seconds)
    guard try applications().first(where: { $0.name == name })?.slots.isEmpty == false else {
      throw BoardError(
        .failed,
        "dfx-mgr did not load \(name): it says \"\(Self.oneLine(answer.output))\"; see 'journalctl -u dfx-mgr' for the reason"
      )
    }
  }

  /// Unloads an application and checks that the daemon says so afterwards.
  func unload(_ application: Application) throws(BoardError) {
    for slot in application.slots { _ = try files.run(Self.client, ["-remove", String(slot)], seconds: seconds) }
    guard try applications().first(where: { $0.name == application.name })?.slots.isEmpty != false else {
      throw BoardError(
        .failed, "dfx-mgr did not unload \(application.name); see 'journalctl -u dfx-mgr' for the reason")
    }
  }

  private static func oneLine(_ text: String) -> String {
    String(text.split(whereSeparator: \.isNewline).joined(separator: " ").prefix(200))
  }
}

/// The numbers of the processes that the board shows.
func processes(of files: any BoardFiles) -> [Int] { files.list("/proc").compactMap { Int($0) }.sorted() }
