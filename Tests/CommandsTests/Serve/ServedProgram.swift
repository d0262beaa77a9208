import Foundation
import Glibc
import TestSupport

/// `dpu serve` while a test asks it.
final class ServedProgram {
  private let program: StartedProgram
  /// The folder of models.
  let models: URL
  /// Where it listens, `127.0.0.1:PORT`.
  private(set) var address = ""

  /// What did not happen.
  struct Failed: Error, CustomStringConvertible {
    /// The program's own words.
    let description: String
  }

  /// An answer.
  struct Answer: Equatable {
    let status: Int
    let body: String
  }

  /// Starts the service and waits until it listens.
  ///
  /// - Parameters:
  ///   - models: Names in the model folder, and the files that are linked there as version 1.
  ///   - device: The options that choose a device.
  init(
    _ models: [String: URL], _ arguments: [String] = [], device: [String] = ["-d", "software"],
    environment: [String: String] = [:], in folder: URL
  ) throws {
    self.models = folder.appendingPathComponent("models")
    for (name, file) in models { try ServedProgram.add(name, "1", file, to: self.models) }
    program = try StartedProgram(
      ["serve", self.models.path, "-l", "127.0.0.1:0", "--drain", "0"] + device + arguments, environment: environment,
      scratch: folder)
    guard program.waits(for: { listening != nil }), let listening else { throw Failed(description: words) }
    address = listening
  }

  /// Links a file as a version of a model, with the card that lies beside it.
  static func add(_ name: String, _ version: String, _ file: URL, to models: URL) throws {
    let folder = models.appendingPathComponent("\(name)/\(version)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    try FileManager.default.createSymbolicLink(
      at: folder.appendingPathComponent("model.xmodel"), withDestinationURL: file)
    let card = file.deletingPathExtension().appendingPathExtension("card.json")
    if FileManager.default.fileExists(atPath: card.path) {
      try FileManager.default.createSymbolicLink(
        at: folder.appendingPathComponent("model.card.json"), withDestinationURL: card)
    }
  }

  /// What it has said.
  var words: String { program.messages }
  /// The number of its process.
  var number: Int32 { program.number }

  private var listening: String? {
    words.components(separatedBy: "\n").first { $0.hasPrefix("listening: ") }.map {
      String($0.dropFirst("listening: ".count))
    }
  }

  /// Waits up to a minute until something is so.
  func waits(for condition: () throws -> Bool) rethrows -> Bool { try program.waits(for: condition) }

  /// Sends it a signal.
  func send(_ signal: Int32) { program.send(signal) }

  /// Waits for its end; gives its exit code.
  func code() -> Int32 { program.code() }

  /// Ends it in order; gives its exit code.
  func end() -> Int32 {
    send(SIGTERM)
    return code()
  }

  /// Asks something over a connection of its own; `nil` where nobody answers.
  func ask(_ method: String = "GET", _ path: String, headers: [String] = [], body: [UInt8] = []) -> Answer? {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    defer { close(descriptor) }
    var four = sockaddr_in()
    four.sin_family = sa_family_t(AF_INET)
    four.sin_port = (UInt16(address.split(separator: ":").last ?? "") ?? 0).bigEndian
    four.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    let code = withUnsafePointer(to: &four) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
    guard code == 0 else { return nil }
    var limit = timeval(tv_sec: 30, tv_usec: 0)
    setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
    let lines = ["\(method) \(path) HTTP/1.1", "Host: x", "Connection: close", "Content-Length: \(body.count)"]
    let request = Array(((lines + headers).joined(separator: "\r\n") + "\r\n\r\n").utf8) + body
    guard Glibc.send(descriptor, request, request.count, Int32(MSG_NOSIGNAL)) == request.count else { return nil }
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 65_536)
    while true {
      let count = recv(descriptor, &buffer, buffer.count, 0)
      guard count > 0 else { break }
      bytes += buffer.prefix(count)
    }
    let text = String(decoding: bytes, as: UTF8.self)
    guard let end = text.range(of: "\r\n\r\n"), let status = text.split(separator: " ").dropFirst().first else {
      return nil
    }
    return Answer(status: Int(status) ?? 0, body: String(text[end.upperBound...]))
  }

  /// Runs the sample model on zeros.
  func infer(_ model: String = "sample") -> Answer? {
    ask(
      "POST", "/v2/models/\(model)/infer", headers: ["Inference-Header-Content-Length: 0"],
      body: [UInt8](repeating: 0, count: 192))
  }

  /// A value of the metrics, by its name and labels as they are written.
  func metric(_ name: String) -> Double? {
    let lines = ask("/metrics")?.body.split(separator: "\n") ?? []
    return lines.first { $0.hasPrefix(name + " ") }.flatMap { Double($0.dropFirst(name.count + 1)) }
  }

  /// Serves while something is done.
  static func with<R>(
    _ models: [String: URL], _ arguments: [String] = [], device: [String] = ["-d", "software"],
    environment: [String: String] = [:], _ body: (ServedProgram) throws -> R
  ) throws -> R {
    try TemporaryFolder.with { folder in
      let served = try ServedProgram(models, arguments, device: device, environment: environment, in: folder)
      defer { served.send(SIGKILL) }
      return try body(served)
    }
  }
}

extension ServedProgram {
  /// Asks with GET.
  func ask(_ path: String) -> Answer? { ask("GET", path) }
}
