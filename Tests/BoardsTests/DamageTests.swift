import Boards
import Foundation
import Tensors
import TestSupport
import Testing

/// Whatever is done to a file, reading gives a typed error or something that can be written and read again.
@Suite struct DamageTests {
  @Test("an xclbin cut at any byte gives an error")
  func truncation() throws {
    for (name, xclbin) in try SampleXclbins.all() {
      let bytes = xclbin.serialized()
      for count in 0..<bytes.count {
        let error = thrownError(BoardError.self) { try Xclbin(reading: Array(bytes[..<count])) }
        #expect(
          error?.code == .malformed && (error?.byteOffset ?? .max) <= count || error?.byteOffset == 304,
          "\(name) cut at \(count)")
      }
    }
  }

  @Test("flipped bits give an error or another good file, never a crash")
  func bitFlips() throws {
    let seed: UInt64 = 20_260_401
    var random = SeededGenerator(seed: seed)
    var errors = 0
    for (_, original) in try BoardSeeds.all() {
      for bit in 0..<min(original.count, 4096) * 8 {
        var bytes = original
        bytes[bit / 8] ^= 1 << (bit % 8)
        errors += try outcome(of: bytes)
      }
      for _ in 0..<2000 {
        var bytes = original
        for _ in 0..<Int.random(in: 2...8, using: &random) {
          bytes[Int.random(in: bytes.indices, using: &random)] = UInt8.random(in: 0...255, using: &random)
        }
        errors += try outcome(of: bytes)
      }
    }
    #expect(errors > 1000, "seed \(seed)")
  }

  @Test("the fuzzer's corpus, with every input that ever made it stop, reads or fails in order")
  func corpus() throws {
    let files = try FileManager.default.contentsOfDirectory(at: BoardSeeds.folder, includingPropertiesForKeys: nil)
    #expect(try files.count >= BoardSeeds.all().count)
    for file in files { _ = try outcome(of: [UInt8](try Data(contentsOf: file))) }
  }

  @Test("the fuzzer's seeds are what the tests build; DPU_UPDATE_FIXTURES writes them")
  func seeds() throws {
    for (name, bytes) in try BoardSeeds.all() {
      let file = BoardSeeds.folder.appendingPathComponent("seed-\(name)")
      if ProcessInfo.processInfo.environment["DPU_UPDATE_FIXTURES"] != nil {
        try FileManager.default.createDirectory(at: BoardSeeds.folder, withIntermediateDirectories: true)
        try Data(bytes).write(to: file)
      }
      #expect(try [UInt8](Data(contentsOf: file)) == bytes, "\(name)")
    }
  }

  /// Gives bytes to every reader, as the fuzzer does; an xclbin that can be read must come back the same.
  ///
  /// - Returns: 1 where no reader takes it, 0 for a good file of some kind.
  private func outcome(of bytes: [UInt8]) throws -> Int {
    let others = [
      failure { () throws(BoardError) in _ = try Bitstream(reading: bytes).imageForKernel() },
      failure { () throws(BoardError) in _ = try OverlaySettings(of: DeviceTreeBlob.read(bytes)) },
    ]
    return try others.contains(0) ? 0 : xclbinOutcome(of: bytes)
  }

  private func failure(_ body: () throws(BoardError) -> Void) -> Int {
    do throws(BoardError) {
      try body()
      return 0
    } catch {
      #expect(!error.description.isEmpty)
      return 1
    }
  }

  private func xclbinOutcome(of bytes: [UInt8]) throws -> Int {
    do throws(BoardError) {
      let xclbin = try Xclbin(reading: bytes)
      let again = try Xclbin(reading: xclbin.serialized())
      // Not inside the macro, which would spell out both files.
      if again != xclbin { Issue.record("\(bytes.count) bytes read, written and read again differ") }
      return 0
    } catch {
      #expect(!error.description.isEmpty)
      return 1
    }
  }
}

/// What the fuzzer starts from.
enum BoardSeeds {
  static let folder = Repository.root.appendingPathComponent("Tests/Fixtures/boards-corpus")

  /// All seeds by name.
  static func all() throws -> [(name: String, bytes: [UInt8])] {
    try SampleXclbins.all().map { ($0.name, $0.xclbin.serialized()) } + [
      ("bit", SampleBitstreams.bit()), ("bit-bin", SampleBitstreams.turned(SampleBitstreams.data())),
      ("dtbo", SampleOverlays.overlay().blob()),
    ]
  }
}
