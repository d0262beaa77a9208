#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// What was loaded into the PL, kept in /run/dpu/overlay.json until the next load, unload or boot.
package struct OverlayRecord: Equatable, Sendable, Codable {
  /// Where it is kept.
  package static let path = "/run/dpu/overlay.json"
  /// The name of the form.
  package static let schema = "dpu.overlay/1"

  /// Who programmed the PL.
  package enum Programmer: String, Sendable, Codable {
    /// The kernel's fpga_manager, told by this program.
    case fpgaManager = "fpga_manager"
    /// The kernel, for a device-tree overlay that names the bitstream.
    case deviceTree = "device-tree"
    /// dfx-mgr, told by this program.
    case dfxManager = "dfx-mgr"
    /// Something else, and a person said that it holds this design.
    case assumed
  }

  /// A file with its SHA-256.
  package struct File: Equatable, Sendable, Codable {
    /// Where it lay.
    package let path: String
    /// The digest of its bytes, 64 hexadecimal digits.
    package let sha256: String
  }

  /// The name of the form.
  package let schema: String
  /// The board by its name in the catalogue, `nil` for one that is not there.
  package let board: String?
  /// The folder that was loaded.
  package let folder: String
  /// Who programmed the PL.
  package let programmedBy: Programmer
  /// The bitstream, `nil` where a person vouched for what is loaded.
  package let bitstream: File?
  /// The xclbin that belongs to it.
  package let xclbin: File
  /// The UUID in that xclbin.
  package let xclbinUUID: String
  /// The device-tree overlay, `nil` where a person vouched for what is loaded.
  package let deviceTree: File?
  /// The name of the overlay in configfs, `nil` where this program applied none.
  package let overlay: String?
  /// The overlays that were in force before.
  package let overlaysBefore: [String]
  /// When it was loaded, in UTC.
  package let time: String
  /// The boot during which it was loaded.
  package let bootID: String

  /// The record as a JSON text.
  func json() -> [UInt8] {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    // A struct of texts can be encoded.
    guard let data = try? encoder.encode(self) else { preconditionFailure("a record of texts is no JSON") }
    return [UInt8](data) + [0x0A]
  }

  /// Reads a JSON text.
  ///
  /// - Throws: `malformed` where it is not a record.
  static func read(_ bytes: [UInt8]) throws(BoardError) -> OverlayRecord {
    guard let record = try? JSONDecoder().decode(OverlayRecord.self, from: Data(bytes)), record.schema == schema else {
      throw BoardError(.malformed, "is not a record of an overlay (\(schema))", path: path)
    }
    return record
  }
}
