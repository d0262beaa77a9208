import Foundation

/// Small JPEG files of 16 x 8 pixels, made with Pillow from gradients (quality 90, no chroma subsampling).
enum JPEGFixture: String, CaseIterable {
  /// Red is 16 x, green 32 y, blue 255 - 8 x - 8 y.
  case color =
    """
    /9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAAMCAgMCAgMDAwMEAwMEBQgFBQQEBQoHBwYIDAoMDAsKCwsNDhIQDQ4RDgsLEBYQERMUFRUVDA8XGBYU\
    GBIUFRT/2wBDAQMEBAUEBQkFBQkUDQsNFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBT/wAARCAAIABADAREA\
    AhEBAxEB/8QAFQABAQAAAAAAAAAAAAAAAAAABgf/xAAZEAABBQAAAAAAAAAAAAAAAAAABggkMqL/xAAVAQEBAAAAAAAAAAAAAAAAAAAIB//EABoRAAIC\
    AwAAAAAAAAAAAAAAAAAGBSIHMTL/2gAMAwEAAhEDEQA/AASca5WJkRs/kPdyQrD1zcqaca5WJkOE/kPdxcrD1zc//9k=
    """
  /// The red of the former.
  case grey =
    """
    /9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAAMCAgMCAgMDAwMEAwMEBQgFBQQEBQoHBwYIDAoMDAsKCwsNDhIQDQ4RDgsLEBYQERMUFRUVDA8XGBYU\
    GBIUFRT/wAALCAAIABABAREA/8QAFQABAQAAAAAAAAAAAAAAAAAACAn/xAAXEAADAQAAAAAAAAAAAAAAAAAACESB/9oACAEBAAA/AB+tsuFVVtlw/9k=
    """
  /// The first, progressive.
  case progressive =
    """
    /9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAAMCAgMCAgMDAwMEAwMEBQgFBQQEBQoHBwYIDAoMDAsKCwsNDhIQDQ4RDgsLEBYQERMUFRUVDA8XGBYU\
    GBIUFRT/2wBDAQMEBAUEBQkFBQkUDQsNFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBT/wgARCAAIABADAREA\
    AhEBAxEB/8QAFQABAQAAAAAAAAAAAAAAAAAABQb/xAAVAQEBAAAAAAAAAAAAAAAAAAAHBv/aAAwDAQACEAMQAAABARpCqOFz/8QAFhAAAwAAAAAAAAAA\
    AAAAAAAAAAQG/9oACAEBAAEFAl5cXlz/xAAXEQEAAwAAAAAAAAAAAAAAAAAFACEx/9oACAEDAQE/ATHcuGO5c//EABcRAAMBAAAAAAAAAAAAAAAAAAAE\
    BmH/2gAIAQIBAT8BfodH6HT/xAAVEAEBAAAAAAAAAAAAAAAAAAAAMv/aAAgBAQAGPwKUv//EABYQAAMAAAAAAAAAAAAAAAAAAAAxwf/aAAgBAQABPyFc\
    i5P/2gAMAwEAAgADAAAAEMf/xAAUEQEAAAAAAAAAAAAAAAAAAAAQ/9oACAEDAQE/ECZ//8QAFREBAQAAAAAAAAAAAAAAAAAAADH/2gAIAQIBAT8Qu3f/\
    xAAUEAEAAAAAAAAAAAAAAAAAAAAQ/9oACAEBAAE/EDWv/9k=
    """
  /// Inks as Adobe's programs store them: cyan 16 x, magenta 32 y, yellow 40, black 10 y, inverted.
  case inks =
    """
    /9j/7gAOQWRvYmUAZAAAAAAA/9sAQwADAgIDAgIDAwMDBAMDBAUIBQUEBAUKBwcGCAwKDAwLCgsLDQ4SEA0OEQ4LCxAWEBETFBUVFQwPFxgWFBgS\
    FBUU/8AAFAgACAAQBEMRAE0RAFkRAEsRAP/EABcAAQEBAQAAAAAAAAAAAAAAAAAIBgn/xAAdEAABAgcAAAAAAAAAAAAAAAAACBcZRGNlgaGj/9oADgRD\
    AE0AWQBLAAA/AK9UlNZNREkunQugvV262zlUpKayIkl06AO3W2f/2Q==
    """

  var bytes: [UInt8] { Array(Data(base64Encoded: rawValue) ?? Data()) }

  /// The file with EXIF data behind its first marker.
  func bytes(exif: [UInt8]) -> [UInt8] {
    let content = Array("Exif\0\0".utf8) + exif
    let length = UInt16(content.count + 2)
    return bytes.prefix(2) + [0xFF, 0xE1, UInt8(length >> 8), UInt8(length & 0xFF)] + content + bytes.dropFirst(2)
  }
}

/// EXIF data whose one entry is the orientation.
///
/// - Parameter type: 3 for 16 bits, 4 for 32.
func exifData(orientation: UInt16, littleEndian: Bool, type: UInt16 = 3) -> [UInt8] {
  func number(_ value: UInt32, _ byteCount: Int) -> [UInt8] {
    let bytes = (0..<byteCount).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
    return littleEndian ? bytes : bytes.reversed()
  }
  let value = type == 3 ? number(UInt32(orientation), 2) + [0, 0] : number(UInt32(orientation), 4)
  return Array((littleEndian ? "II" : "MM").utf8)  // byte order
    + number(42, 2) + number(8, 4)  // TIFF, and where the directory is
    + number(2, 2)  // two entries
    + number(0x010F, 2) + number(2, 2) + number(4, 4) + Array("Cam\0".utf8)  // maker
    + number(0x0112, 2) + number(UInt32(type), 2) + number(1, 4) + value  // orientation
    + number(0, 4)  // no further directory
}
