/// The file formats that are told apart by their first bytes; names do not count.
package enum FileFormat: String, Sendable {
  case jpeg = "JPEG"
  case png = "PNG"
  case numpy = "NPY"

  /// Recognizes a format by its signature, `nil` where there is none that we know.
  package init?(of content: [UInt8]) {
    if content.starts(with: [0xFF, 0xD8, 0xFF]) {
      self = .jpeg
    } else if content.starts(with: [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]) {
      self = .png
    } else if content.starts(with: [0x93, 0x4E, 0x55, 0x4D, 0x50, 0x59]) {
      self = .numpy
    } else {
      return nil
    }
  }

  /// The first bytes in hexadecimal, for messages about files of no known format.
  static func beginning(of content: [UInt8]) -> String {
    guard !content.isEmpty else { return "nothing, the file is empty" }
    let digits = content.prefix(8).map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }
    return digits.joined(separator: " ")
  }
}
