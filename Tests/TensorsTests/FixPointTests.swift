import Tensors
import Testing

@Suite struct FixPointTests {
  @Test(
    "rounds halves toward plus infinity",
    arguments: [
      (5, 1, 3), (-5, 1, -2), (3, 1, 2), (-3, 1, -1), (6, 2, 2), (-6, 2, -1), (7, 0, 7), (7, -2, 28), (-7, -2, -28),
      (1, 64, 0), (-1, 63, 0),
    ] as [(Int64, Int, Int64)])
  func rounding(value: Int64, shift: Int, expected: Int64) {
    #expect(FixPoint.roundHalfUp(value, shift: shift) == expected)
  }

  @Test("equals the definition floor(v / 2^s + 1/2) in wider arithmetic")
  func definition() {
    var random = SeededGenerator(seed: 7)
    for _ in 0..<20_000 {
      let value = Int64(bitPattern: random.next()) >> Int64(random.next() % 63)
      let shift = Int(random.next() % 62) + 1
      let exact = (Int128(value) + (Int128(1) << Int128(shift - 1))) >> Int128(shift)
      #expect(Int128(FixPoint.roundHalfUp(value, shift: shift)) == exact, "seed 7: \(value) by \(shift)")
    }
  }

  @Test("left shifts that leave 64 bits clamp, so that saturation stays right")
  func clamping() {
    #expect(FixPoint.roundHalfUp(3, shift: -62) == .max)
    #expect(FixPoint.roundHalfUp(-3, shift: -62) == .min)
    #expect(FixPoint.roundHalfUp(0, shift: -100) == 0)
    #expect(FixPoint.requantize(1, shift: -7) == 127)
    #expect(FixPoint.requantize(-1, shift: -7) == -128)
  }

  @Test(
    "quantizes half up and saturates",
    arguments: [
      (0.5, 0, 1), (-0.5, 0, 0), (1.5, 0, 2), (-1.5, 0, -1), (0.49999997, 0, 0), (2.0, 6, 127), (-2.0, 6, -128),
      (-2.1, 6, -128), (.infinity, 6, 127), (-.infinity, 6, -128), (.nan, 6, 0), (200, -2, 50), (-6, -2, -1),
      (126.5, 0, 127), (126.49999, 0, 126), (-128.5, 0, -128), (-127.5, 0, -127),
    ] as [(Float, Int, Int8)])
  func quantizing(value: Float, exponent: Int, expected: Int8) {
    #expect(FixPoint(exponent).quantize(value) == expected)
  }

  @Test("dequantizing and quantizing again gives the same integer", arguments: [-9, -2, 0, 3, 6, 20])
  func roundTrip(exponent: Int) {
    let fixPoint = FixPoint(exponent)
    for integer in Int8.min...Int8.max { #expect(fixPoint.quantize(fixPoint.dequantize(integer)) == integer) }
  }
}
