package import XModel

/// What a prediction has to know of a board: cores, clock, and what its images put into the programmable logic.
package struct BoardFigures: Equatable, Sendable {
  /// A DPU that images of the board have.
  package struct Image: Equatable, Sendable {
    /// The configuration of the cores.
    package let fingerprint: Fingerprint
    /// Which images have it.
    package let source: String
  }

  /// The name as given to `--board`.
  package let name: String
  /// The name for people.
  package let title: String
  /// The number of cores of the usual images.
  package let coreCount: Int
  /// The clock of the cores in MHz, `nil` where no source tells it.
  package let megahertz: Double?
  /// Where cores and clock come from.
  package let source: String
  /// The configurations that images of the board have.
  package let images: [Image]

  /// The boards that are known.
  package static let all = [zcu104, kv260, ultra96v2]

  /// The board with a name, `nil` if it is not known.
  package static func named(_ name: String) -> BoardFigures? { all.first { $0.name == name } }

  /// AMD's evaluation board.
  package static let zcu104 = BoardFigures(
    name: "zcu104", title: "ZCU104", coreCount: 2, megahertz: 300,
    source: "DPU-PYNQ 2.5: two B4096 at 300 MHz",
    images: [
      Image(fingerprint: Fingerprint(0x100_0020_F601_4407), source: "Vitis AI 1.3 to 2.0"),
      Image(fingerprint: Fingerprint(0x101_0000_1601_0407), source: "Vitis AI 2.5, DPU-PYNQ 2.5"),
      Image(fingerprint: Fingerprint(0x101_0000_5601_0407), source: "Vitis AI 3.0 and 3.5"),
    ])

  /// AMD's vision starter kit.
  package static let kv260 = BoardFigures(
    name: "kv260", title: "Kria KV260", coreCount: 1, megahertz: 300,
    source: "DPU-PYNQ 2.5: one B4096 at 300 MHz; the xclbin files of kria-apps-firmware: one core at 299.997 MHz",
    images: [
      Image(fingerprint: Fingerprint(0x101_0000_1601_0407), source: "Vitis AI 2.5, DPU-PYNQ 2.5"),
      Image(fingerprint: Fingerprint(0x101_0000_5601_0407), source: "Vitis AI 3.0 and 3.5"),
      Image(fingerprint: Fingerprint(0x100_0020_F601_4406), source: "Kria apps 2021.1"),
      Image(fingerprint: Fingerprint(0x101_0000_1601_0406), source: "Kria apps 2022.1"),
    ])

  /// Avnet's small board.
  package static let ultra96v2 = BoardFigures(
    name: "ultra96v2", title: "Ultra96-V2", coreCount: 1, megahertz: nil,
    source: "DPU-PYNQ 2.5: one B1600; its clock is in no public file",
    images: [
      Image(fingerprint: Fingerprint(0x101_0000_1601_0404), source: "DPU-PYNQ 2.5"),
      Image(fingerprint: Fingerprint(0x100_0020_F601_4405), source: "own builds with Vitis AI 1.3 and 1.4"),
    ])

  /// The image whose cores a model is compiled for, `nil` if there is none.
  package func image(for model: Fingerprint) -> Image? {
    images.first { $0.fingerprint == model }
  }

  /// Why a model does not run on any image of the board, with both sides in words; `nil` if it runs on one.
  package func misfit(of model: Fingerprint) -> String? {
    guard image(for: model) == nil else { return nil }
    let found = images.map { "\($0.fingerprint) (\($0.fingerprint.hexadecimal), \($0.source))" }
    return "the model is compiled for \(model) (\(model.hexadecimal)), but images of the \(title) have "
      + found.joined(separator: "; or ")
  }
}
