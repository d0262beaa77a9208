import Foundation
import TestSupport
import XModel

/// python-protobuf, where a Python that has it is named by `DPU_PYTHON`.
struct ProtobufOracle {
  /// What the script says of a file.
  struct Description: Decodable {
    let graphName: String
    let operations: [String]
    let attributes: [String: String]
  }

  struct Failed: Error, CustomStringConvertible {
    let description: String
  }

  static let found: ProtobufOracle? = ProcessInfo.processInfo.environment["DPU_PYTHON"].map {
    ProtobufOracle(python: $0)
  }

  static let absence = "needs python-protobuf: set DPU_PYTHON to a Python that has it, as scripts/test --all does"

  let python: String

  /// What differs between a file and bytes, empty if nothing.
  func differences(of original: URL, and bytes: [UInt8]) throws -> [String: String] {
    try withFile(of: bytes) { try JSONDecoder().decode([String: String].self, from: run("compare", original, $0)) }
  }

  /// What the bytes of a file hold.
  func describe(_ bytes: [UInt8]) throws -> Description {
    try withFile(of: bytes) { try JSONDecoder().decode(Description.self, from: run("describe", $0)) }
  }

  /// A value as the script spells it.
  static func text(of value: AttributeValue) -> String {
    func list<T>(_ items: [T], _ text: (T) -> String = { "\($0)" }) -> String {
      "[" + items.map(text).joined(separator: ",") + "]"
    }
    func map<T>(_ kind: String, _ map: [String: T], _ text: (T) -> String = { "\($0)" }) -> String {
      "map \(kind) {" + map.sorted { $0.key < $1.key }.map { "\($0)=\(text($1))" }.joined(separator: ",") + "}"
    }
    func hex(_ bits: some FixedWidthInteger) -> String {
      let digits = String(bits, radix: 16)
      return String(repeating: "0", count: bits.bitWidth / 4 - digits.count) + digits
    }
    func bytes(_ value: Bytes) -> String { value.withUnsafeBytes { $0.map { hex($0) }.joined() } }
    switch value {
    case .bool(let value): return "bool \(value)"
    case .int32(let value): return "int32 \(value)"
    case .uint32(let value): return "uint32 \(value)"
    case .int64(let value): return "int64 \(value)"
    case .uint64(let value): return "uint64 \(value)"
    case .float(let value): return "float \(hex(value.bitPattern))"
    case .double(let value): return "double \(hex(value.bitPattern))"
    case .string(let value): return "string \(value)"
    case .bytes(let value): return "Bytes \(bytes(value))"
    case .bools(let items): return "BoolVec \(list(items))"
    case .int32s(let items): return "Int32Vec \(list(items))"
    case .uint32s(let items): return "Uint32Vec \(list(items))"
    case .int64s(let items): return "Int64Vec \(list(items))"
    case .uint64s(let items): return "Uint64Vec \(list(items))"
    case .floats(let items): return "FloatVec \(list(items) { hex($0.bitPattern) })"
    case .doubles(let items): return "DoubleVec \(list(items) { hex($0.bitPattern) })"
    case .strings(let items): return "StringVec \(list(items))"
    case .bytesList(let items): return "BytesVec \(list(items, bytes))"
    case .int32Map(let items): return map("int32", items)
    case .uint32Map(let items): return map("uint32", items)
    case .int64Map(let items): return map("int64", items)
    case .uint64Map(let items): return map("uint64", items)
    case .stringMap(let items): return map("string", items)
    case .bytesMap(let items): return map("Bytes", items, bytes)
    case .int32sMap(let items): return map("Int32Vec", items) { list($0) }
    case .uint32sMap(let items): return map("Uint32Vec", items) { list($0) }
    case .int64sMap(let items): return map("Int64Vec", items) { list($0) }
    case .uint64sMap(let items): return map("Uint64Vec", items) { list($0) }
    case .stringsMap(let items): return map("StringVec", items) { list($0) }
    case .unknown: return "none"
    }
  }

  private func withFile<R>(of bytes: [UInt8], _ body: (URL) throws -> R) throws -> R {
    let file = FileManager.default.temporaryDirectory.appendingPathComponent("oracle-\(UUID().uuidString).xmodel")
    try Data(bytes).write(to: file)
    defer { try? FileManager.default.removeItem(at: file) }
    return try body(file)
  }

  private func run(_ command: String, _ files: URL...) throws -> Data {
    let script = Repository.root.appendingPathComponent("Tests/Oracles/xmodel_protobuf.py")
    let process = Process()
    process.executableURL = URL(fileURLWithPath: python)
    process.arguments = [script.path, command] + files.map(\.path)
    let output = Pipe()
    process.standardOutput = output
    try process.run()
    let data = output.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    guard process.terminationStatus == 0 else {
      throw Failed(description: "\(python) \(script.path) \(command) ended with \(process.terminationStatus)")
    }
    return data
  }
}
