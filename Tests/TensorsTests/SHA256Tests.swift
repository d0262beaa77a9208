import Tensors
import Testing

@Suite struct SHA256Tests {
  /// Source of the three texts: FIPS 180-2 appendix B; the others were made with coreutils' sha256sum.
  @Test(
    "gives the published digests",
    arguments: [
      ("", 1, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
      ("abc", 1, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
      (
        "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", 1,
        "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
      ),
      ("a", 1000000, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"),
      ("x", 55, "d5e285683cd4efc02d021a5c62014694958901005d6f71e89e0989fac77e4072"),
      ("x", 56, "04c26261370ee7541549d16dee320c723e3fd14671e66a099afe0a377c16888e"),
      ("x", 63, "75220b47218278e656f2013bb8f0c455a25eaf01e86c64924e9d48d89776d6f2"),
      ("x", 64, "7ce100971f64e7001e8fe5a51973ecdfe1ced42befe7ee8d5fd6219506b5393c"),
      ("x", 119, "000b48d4edf0fa7bee3c6236ecd2785baa5db4eeb8bb54341b029e0d9fa5fb0c"),
      ("x", 120, "13f05a0b594787f5ecd315edc96141bd3243203d1b7d4f0836f37308b276ba98"),
    ])
  func vectors(piece: String, count: Int, digest: String) {
    let bytes = Array(String(repeating: piece, count: count).utf8)
    #expect(bytes.withUnsafeBytes { SHA256.hexDigest(of: $0) } == digest)
  }

  @Test("does not depend on how the bytes are cut")
  func pieces() {
    let bytes = SeededBytes.make(seed: 3, count: 1000)
    let whole = bytes.withUnsafeBytes { SHA256.hexDigest(of: $0) }
    for step in [1, 7, 63, 64, 65, 128, 999] {
      var digest = SHA256()
      for start in stride(from: 0, to: bytes.count, by: step) {
        Array(bytes[start..<min(bytes.count, start + step)]).withUnsafeBytes { digest.update($0) }
      }
      #expect(digest.hexDigest() == whole, "pieces of \(step) bytes, seed 3")
    }
  }
}

private enum SeededBytes {
  static func make(seed: UInt64, count: Int) -> [UInt8] {
    var random = SeededGenerator(seed: seed)
    return random.int8s(count).map { UInt8(bitPattern: $0) }
  }
}
