import Devices
import Tensors

/// The nonlinear step that a DPU applies to sums before they leave it.
///
/// - Source: docs/arithmetic.md.
enum Activation: Equatable, Sendable {
  case none
  case relu
  /// The limit is 6 in the scale of the output; `nil` where the hardware drops it (fix point above 4).
  case relu6(limit: Int64?)
  case leakyRelu
  case hardSigmoid(HardSigmoid)
  case hardSwish(HardSigmoid, shift: Int)

  /// Reads attribute `nonlinear` of an operation whose output has a fix point.
  init(_ reader: OperationReader, outputFixPoint: Int) throws(DeviceError) {
    let name = reader.keyword("nonlinear")
    switch name {
    case "", "NONE": self = .none
    case "RELU": self = .relu
    case "RELU6": self = .relu6(limit: outputFixPoint <= 4 ? 96 : nil)
    case "LEAKYRELU": self = .leakyRelu
    case "HSIGMOID": self = .hardSigmoid(try HardSigmoid(reader))
    case "HSWISH": self = .hardSwish(try HardSigmoid(reader), shift: try reader.integer("shift_hswish"))
    default:
      throw reader.unsupported(
        "nonlinear \"\(name)\" is not known; known are NONE, RELU, RELU6, LEAKYRELU, HSIGMOID and HSWISH")
    }
  }

  /// Shifts, rounds, applies the step and saturates a sum.
  @inline(__always)
  func finish(_ sum: Int64, shift: Int) -> Int8 {
    switch self {
    case .none: return FixPoint.requantize(sum, shift: shift)
    case .relu: return max(0, FixPoint.requantize(sum, shift: shift))
    case .relu6(let limit):
      let value = max(0, FixPoint.roundHalfUp(sum, shift: shift))
      return FixPoint.saturate(limit.map { min($0, value) } ?? value)
    case .leakyRelu:
      // The slope is 26/256, applied before the only rounding.
      return FixPoint.requantize(sum < 0 ? 26 &* sum : 256 &* sum, shift: shift + 8)
    case .hardSigmoid(let sigmoid):
      return sigmoid.apply(FixPoint.requantize(sum, shift: shift))
    case .hardSwish(let sigmoid, let swishShift):
      let value = FixPoint.requantize(sum, shift: shift)
      return FixPoint.requantize(Int64(value) * Int64(sigmoid.apply(value)), shift: swishShift)
    }
  }

  /// The clamp that stands for the step after shifting and rounding, `nil` where it is more than a clamp.
  var clamp: (low: Int32, high: Int32)? {
    switch self {
    case .none: (-128, 127)
    case .relu: (0, 127)
    case .relu6(let limit): (0, Int32(limit ?? 127))
    case .leakyRelu, .hardSigmoid, .hardSwish: nil
    }
  }
}

/// The DPU's piecewise linear sigmoid.
struct HardSigmoid: Equatable, Sendable {
  /// The fix point of what goes in (`hsigmoid_in`).
  let inputFixPoint: Int
  /// The shift from the product's scale to the output's (`shift_hsigmoid`).
  let shift: Int

  init(_ reader: OperationReader) throws(DeviceError) {
    inputFixPoint = try reader.integer("hsigmoid_in")
    shift = try reader.integer("shift_hsigmoid")
    guard (0...48).contains(inputFixPoint), (0...63).contains(shift) else {
      throw reader.invalid(
        "hsigmoid_in \(inputFixPoint), shift_hsigmoid \(shift): expected 0...48 and 0...63 (-128 means unset)")
    }
  }

  /// One element; 2731 is 2^14 / 6.
  @inline(__always)
  func apply(_ value: Int8) -> Int8 {
    let line = 2731 * Int64(value) + 3 * 2731 << Int64(inputFixPoint)
    return FixPoint.requantize(max(0, min(line, 1 << 32)), shift: shift)
  }
}
