import Boards
import Foundation
import TestSupport
import Testing

@Suite struct BoardCatalogueTests {
  static let folder = Repository.root.appendingPathComponent("board-overlays").path

  /// What is known of fingerprints, apart from the boards: the registered targets and their numbers.
  ///
  /// - Source: prototxt files of AMD's target factory, Vitis AI 1.3 to 3.5.
  static let knownFingerprints: [UInt64: String] = [
    0x100_0020_F601_4405: "DPUCZDX8G_ISA0_B2304_MAX_BG2", 0x100_0020_F601_4406: "DPUCZDX8G_ISA0_B3136_MAX_BG2",
    0x100_0020_F601_4407: "DPUCZDX8G_ISA0_B4096_MAX_BG2", 0x101_0000_1601_0404: "DPUCZDX8G_ISA1_B1600",
    0x101_0000_1601_0406: "DPUCZDX8G_ISA1_B3136", 0x101_0000_1601_0407: "DPUCZDX8G_ISA1_B4096",
    0x101_0000_5601_0407: "DPUCZDX8G_ISA1_B4096",
  ]

  @Test("holds three boards whose files are well formed")
  func boards() throws {
    let catalogue = try BoardCatalogue(folder: Self.folder)
    #expect(catalogue.boards.map(\.name) == ["kv260", "ultra96v2", "zcu104"])
    for board in catalogue.boards {
      #expect(!board.dpu.images.isEmpty && !board.axiPorts.isEmpty && !board.sensors.isEmpty, "\(board.name)")
      #expect(Set(board.axiPorts.map(\.port)).count == board.axiPorts.count, "\(board.name) names a port twice")
    }
  }

  @Test("every value of every board names its source")
  func sources() throws {
    for board in try BoardCatalogue(folder: Self.folder).boards {
      let path = URL(fileURLWithPath: "\(Self.folder)/\(board.name)/board.json")
      let tree = try JSONSerialization.jsonObject(with: Data(contentsOf: path))
      var checked = 0
      func walk(_ value: Any, _ place: String) {
        if let list = value as? [Any] {
          for (index, item) in list.enumerated() { walk(item, "\(place)[\(index)]") }
        } else if let object = value as? [String: Any] {
          // Whatever holds plain values has to say where they come from; names and groups of objects need not.
          let plain = object.filter { !($0.value is [String: Any]) && !($0.value is [[String: Any]]) }
          if !plain.isEmpty, place != board.name, place != "\(board.name).memory" {
            checked += 1
            #expect((object["source"] as? String)?.count ?? 0 > 3, "\(place) has no source")
          }
          for (key, item) in object { walk(item, "\(place).\(key)") }
        }
      }
      walk(tree, board.name)
      #expect(checked > 20, "\(board.name)")
    }
  }

  @Test("names fingerprints as they are registered, and writes the arch.json for them")
  func fingerprints() throws {
    for board in try BoardCatalogue(folder: Self.folder).boards {
      for image in board.dpu.images {
        let number = try #require(image.fingerprintValue, "\(board.name): \(image.fingerprint)")
        #expect(Self.knownFingerprints[number] == image.target, "\(board.name), \(image.release)")
        let json = try JSONSerialization.jsonObject(with: Data(image.archJSON.utf8)) as? [String: String]
        #expect(json.flatMap { $0["fingerprint"] }.flatMap { UInt64($0.dropFirst(2), radix: 16) } == number)
      }
    }
  }

  @Test("the table of the README has a row for every image, and no others")
  func readme() throws {
    let catalogue = try BoardCatalogue(folder: Self.folder)
    var expected: Set<String> = []
    for image in catalogue.boards.flatMap(\.dpu.images) {
      let titles = catalogue.boards.filter { board in
        board.dpu.images.contains { $0.release == image.release && $0.fingerprint == image.fingerprint }
      }.map(\.title).joined(separator: ", ")
      expected.insert(
        "| \(titles): \(image.release) | \(image.fingerprint) | \(image.target) | \(image.models) | `\(image.archJSON)` |"
      )
    }
    let text = try String(contentsOfFile: "\(Self.folder)/README.md", encoding: .utf8)
    let rows = text.split(separator: "\n").filter { $0.contains("{\"fingerprint\"") }.map(String.init)
    #expect(Set(rows) == expected && rows.count == expected.count)
  }

  @Test(
    "agrees with the shared table of fingerprints",
    .enabled(if: Shared.isPresent, Comment(rawValue: Shared.absence)))
  func sharedTable() throws {
    let table = String(decoding: try Data(contentsOf: Shared.url("facts/fingerprints.csv")), as: UTF8.self)
    for board in try BoardCatalogue(folder: Self.folder).boards {
      for image in board.dpu.images {
        #expect(
          table.split(whereSeparator: \.isNewline).contains {
            $0.hasPrefix("\(image.fingerprint),") && $0.contains(",\(image.target),")
          },
          "\(board.name), \(image.release): \(image.fingerprint) \(image.target)")
      }
    }
  }

  @Test(
    "sensors agree with the shared table of rails",
    .enabled(if: Shared.isPresent, Comment(rawValue: Shared.absence)))
  func rails() throws {
    let rows = Self.fields(String(decoding: try Data(contentsOf: Shared.url("facts/rails.csv")), as: UTF8.self))
    let names = ["zcu104": "ZCU104", "ultra96v2": "Ultra96-V2", "kv260": "KV260"]
    for board in try BoardCatalogue(folder: Self.folder).boards {
      let name = try #require(names[board.name])
      for sensor in board.sensors {
        let fits = rows.contains { row in
          guard row.count > 5, sensor.hwmon.contains(where: { row[2].contains($0) }) else { return false }
          let isOfAll = row[0].hasPrefix("all ZynqMP")
          return (isOfAll || row[0].hasPrefix(name) && row[5].hasPrefix(sensor.label))
            && Self.attributes(row[4]).contains(sensor.attribute)
        }
        #expect(fits, "\(board.name): \(sensor.label), \(sensor.attribute) of \(sensor.hwmon)")
      }
    }
  }

  /// The attributes of `in2/curr2/power2_input` or `power1_input,curr1_input`.
  private static func attributes(_ text: String) -> [String] {
    text.split { $0 == "/" || $0 == "," }.map { $0.hasSuffix("_input") ? String($0) : "\($0)_input" }
  }

  /// The fields of a table with commas, some of them in quotes.
  private static func fields(_ text: String) -> [[String]] {
    text.split(whereSeparator: \.isNewline).map { line in
      var fields = [""]
      var isQuoted = false
      for character in line {
        switch character {
        case "\"": isQuoted.toggle()
        case "," where !isQuoted: fields.append("")
        default: fields[fields.count - 1].append(character)
        }
      }
      return fields
    }
  }

  @Test(
    "device-tree overlays compile without complaint and set what board.json says",
    .enabled(
      if: DeviceTreeCompiler.program != nil || OutsideProgram.areExpected,
      Comment(rawValue: DeviceTreeCompiler.absence)),
    arguments: ["kv260", "ultra96v2", "zcu104"])
  func overlays(name: String) throws {
    let board = try #require(BoardCatalogue(folder: Self.folder).board(named: name))
    let (blob, complaints) = try DeviceTreeCompiler.compile(URL(fileURLWithPath: "\(Self.folder)/\(name)/dpu.dtso"))
    #expect(complaints == "")
    let settings = try OverlaySettings(of: DeviceTreeBlob.read(blob))
    for port in board.axiPorts { #expect(settings.widths[port.port] == port.width, "\(port.port)") }
    #expect(settings.clocks.map(\.index) == board.plClocks.map(\.index))
    #expect(settings.clocks.map(\.hertz) == board.plClocks.map { UInt32($0.hertz) })
    #expect(settings.firmwareNames == ["dpu-overlay.bin"])
    #expect(settings.hasZocl == (name == "kv260"))
  }

  @Test("finds the folder beside the program, or in the source tree above it")
  func finding() throws {
    let program = Repository.root.appendingPathComponent(".build/release/dpu").path
    #expect(try BoardCatalogue.find(given: nil, program: program).boards.count == 3)
    let error = thrownError(BoardError.self) { try BoardCatalogue.find(given: "/nowhere", program: program) }
    #expect(error?.code == .unavailable)
  }

  @Test(
    "says what is wrong with a board.json",
    arguments: [
      ("{", "is not a description of a board"), ("{\"schema\": \"dpu.board/1\"}", "the key name is missing"),
      ("[]", "is not a description of a board"),
    ])
  func damage(text: String, words: String) throws {
    try TemporaryFolder.with { folder in
      try FileManager.default.createDirectory(
        at: folder.appendingPathComponent("zcu104"), withIntermediateDirectories: true)
      try Data(text.utf8).write(to: folder.appendingPathComponent("zcu104/board.json"))
      let error = thrownError(BoardError.self) { try BoardCatalogue(folder: folder.path) }
      #expect(error?.code == .malformed && error?.description.contains(words) == true, "\(String(describing: error))")
      #expect(error?.path?.hasSuffix("zcu104/board.json") == true)
    }
  }
}
