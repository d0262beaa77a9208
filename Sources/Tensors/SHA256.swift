/// The SHA-256 digest of a stream of bytes, by which two devices, versions or machines compare tensors.
///
/// Written here because the toolchain brings no cryptographic library and the package takes no other packages;
/// nothing secret depends on it.
///
/// - Source: FIPS 180-4, sections 4.1.2, 4.2.2, 5.1.1, 5.3.3 and 6.2.
package struct SHA256: Sendable {
  private var state: [UInt32] = [
    0x6a09_e667, 0xbb67_ae85, 0x3c6e_f372, 0xa54f_f53a, 0x510e_527f, 0x9b05_688c, 0x1f83_d9ab, 0x5be0_cd19,
  ]
  /// Bytes that wait for their block to become whole; fewer than 64.
  private var pending: [UInt8] = []
  private var byteCount: UInt64 = 0

  /// Starts a digest.
  package init() {}

  /// Adds bytes.
  package mutating func update(_ bytes: UnsafeRawBufferPointer) {
    byteCount &+= UInt64(bytes.count)
    var rest = bytes[...]
    if !pending.isEmpty {
      let taken = rest.prefix(64 - pending.count)
      pending.append(contentsOf: taken)
      rest = rest.dropFirst(taken.count)
      guard pending.count == 64 else { return }
      pending.withUnsafeBytes { Self.compress($0, blocks: 1, into: &state) }
      pending.removeAll(keepingCapacity: true)
    }
    let blocks = rest.count / 64
    if blocks > 0 { Self.compress(UnsafeRawBufferPointer(rebasing: rest), blocks: blocks, into: &state) }
    pending.append(contentsOf: rest.dropFirst(blocks * 64))
  }

  /// Ends the digest.
  ///
  /// - Returns: 64 lower-case hexadecimal digits.
  package consuming func hexDigest() -> String {
    var tail = pending + [0x80]
    tail.append(contentsOf: repeatElement(0, count: (120 - tail.count) % 64))
    for shift in stride(from: 56, through: 0, by: -8) {
      tail.append(UInt8(truncatingIfNeeded: (byteCount &* 8) >> UInt64(shift)))
    }
    var final = state
    tail.withUnsafeBytes { Self.compress($0, blocks: tail.count / 64, into: &final) }
    return final.map { word in
      let digits = String(word, radix: 16)
      return String(repeating: "0", count: 8 - digits.count) + digits
    }.joined()
  }

  /// The digest of bytes that are all there.
  ///
  /// - Returns: 64 lower-case hexadecimal digits.
  package static func hexDigest(of bytes: UnsafeRawBufferPointer) -> String {
    var digest = SHA256()
    digest.update(bytes)
    return digest.hexDigest()
  }

  private static let roundConstants: [UInt32] = [
    0x428a_2f98, 0x7137_4491, 0xb5c0_fbcf, 0xe9b5_dba5, 0x3956_c25b, 0x59f1_11f1, 0x923f_82a4, 0xab1c_5ed5,
    0xd807_aa98, 0x1283_5b01, 0x2431_85be, 0x550c_7dc3, 0x72be_5d74, 0x80de_b1fe, 0x9bdc_06a7, 0xc19b_f174,
    0xe49b_69c1, 0xefbe_4786, 0x0fc1_9dc6, 0x240c_a1cc, 0x2de9_2c6f, 0x4a74_84aa, 0x5cb0_a9dc, 0x76f9_88da,
    0x983e_5152, 0xa831_c66d, 0xb003_27c8, 0xbf59_7fc7, 0xc6e0_0bf3, 0xd5a7_9147, 0x06ca_6351, 0x1429_2967,
    0x27b7_0a85, 0x2e1b_2138, 0x4d2c_6dfc, 0x5338_0d13, 0x650a_7354, 0x766a_0abb, 0x81c2_c92e, 0x9272_2c85,
    0xa2bf_e8a1, 0xa81a_664b, 0xc24b_8b70, 0xc76c_51a3, 0xd192_e819, 0xd699_0624, 0xf40e_3585, 0x106a_a070,
    0x19a4_c116, 0x1e37_6c08, 0x2748_774c, 0x34b0_bcb5, 0x391c_0cb3, 0x4ed8_aa4a, 0x5b9c_ca4f, 0x682e_6ff3,
    0x748f_82ee, 0x78a5_636f, 0x84c8_7814, 0x8cc7_0208, 0x90be_fffa, 0xa450_6ceb, 0xbef9_a3f7, 0xc671_78f2,
  ]

  /// Mixes whole blocks of 64 bytes into the state.
  private static func compress(_ bytes: UnsafeRawBufferPointer, blocks: Int, into state: inout [UInt32]) {
    precondition(bytes.count >= blocks * 64 && state.count == 8, "SHA-256 mixes whole blocks into eight words")
    func rotate(_ word: UInt32, _ count: UInt32) -> UInt32 { (word >> count) | (word << (32 - count)) }
    withUnsafeTemporaryAllocation(of: UInt32.self, capacity: 64) { words in
      roundConstants.withUnsafeBufferPointer { constants in
        for block in 0..<blocks {
          for index in 0..<16 {
            let word = bytes.loadUnaligned(fromByteOffset: block * 64 + index * 4, as: UInt32.self)
            words[index] = UInt32(bigEndian: word)
          }
          for index in 16..<64 {
            let early = words[index - 15]
            let late = words[index - 2]
            let mixedEarly = rotate(early, 7) ^ rotate(early, 18) ^ (early >> 3)
            let mixedLate = rotate(late, 17) ^ rotate(late, 19) ^ (late >> 10)
            words[index] = words[index - 16] &+ mixedEarly &+ words[index - 7] &+ mixedLate
          }
          var (a, b, c, d) = (state[0], state[1], state[2], state[3])
          var (e, f, g, h) = (state[4], state[5], state[6], state[7])
          for index in 0..<64 {
            let sumE = rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25)
            let choice = (e & f) ^ (~e & g)
            let first = h &+ sumE &+ choice &+ constants[index] &+ words[index]
            let sumA = rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22)
            let second = sumA &+ ((a & b) ^ (a & c) ^ (b & c))
            (h, g, f, e) = (g, f, e, d &+ first)
            (d, c, b, a) = (c, b, a, first &+ second)
          }
          state[0] &+= a
          state[1] &+= b
          state[2] &+= c
          state[3] &+= d
          state[4] &+= e
          state[5] &+= f
          state[6] &+= g
          state[7] &+= h
        }
      }
    }
  }
}
