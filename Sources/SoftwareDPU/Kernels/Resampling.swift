import Devices
import Glibc
import Tensors

/// `upsample-fix` and `downsample-fix` in mode NEAREST: each output pixel is one input pixel at another scale.
final class NearestSampling: Kernel {
  let rows: Int

  private let input: ImageShape
  private let output: ImageShape
  private let inputPixelStride: Int
  private let outputPixelStride: Int
  private let sourceRows: [Int]
  private let sourceColumns: [Int]
  private let shift: Int

  init(_ reader: OperationReader, rule: SamplingRule) throws(DeviceError) {
    let inputLayout = try reader.input
    let outputLayout = try reader.output
    input = try reader.image(inputLayout, "input")
    output = try reader.image(outputLayout, "output")
    try SamplingRule.check(reader, input, output)
    inputPixelStride = inputLayout.pixelStride
    outputPixelStride = outputLayout.pixelStride
    sourceRows = rule.sources(input: input.height, output: output.height, factor: rule.factorY)
    sourceColumns = rule.sources(input: input.width, output: output.width, factor: rule.factorX)
    shift = try reader.fixPoint(of: inputLayout, "input") - reader.fixPoint(of: outputLayout, "output")
    rows = output.batch * output.height
  }

  func run(rows: Range<Int>, _ operands: Operands) {
    let channels = output.channels
    let outputRow = output.width * outputPixelStride
    for row in rows {
      let frame = row / output.height
      let sourceRow = frame * input.height + sourceRows[row % output.height]
      let from = operands.int8Input(0) + sourceRow * input.width * inputPixelStride
      let to = operands.int8Output + row * outputRow
      for x in 0..<output.width {
        let source = from + sourceColumns[x] * inputPixelStride
        let target = to + x * outputPixelStride
        if shift == 0 {
          target.update(from: source, count: channels)
        } else {
          for channel in 0..<channels {
            target[channel] = FixPoint.requantize(Int64(source[channel]), shift: shift)
          }
        }
      }
    }
  }
}

/// `upsample-fix` in mode BILINEAR, in single precision, rows first across, then down.
final class BilinearSampling: Kernel {
  let rows: Int

  private let input: ImageShape
  private let output: ImageShape
  private let rowPlaces: [SamplingRule.Place]
  private let columnPlaces: [SamplingRule.Place]
  private let factor: Float

  init(_ reader: OperationReader, rule: SamplingRule) throws(DeviceError) {
    let inputLayout = try reader.input
    let outputLayout = try reader.output
    input = try reader.image(inputLayout, "input")
    output = try reader.image(outputLayout, "output")
    try SamplingRule.check(reader, input, output)
    rowPlaces = rule.places(input: input.height, output: output.height)
    columnPlaces = rule.places(input: input.width, output: output.width)
    let shift = try reader.fixPoint(of: outputLayout, "output") - reader.fixPoint(of: inputLayout, "input")
    factor = FixPoint.powerOfTwo(shift)
    rows = output.batch * output.height
  }

  func run(rows: Range<Int>, _ operands: Operands) {
    let source = operands.int8Input(0)
    let target = operands.int8Output
    for row in rows {
      let frame = row / output.height
      let vertical = rowPlaces[row % output.height]
      let low = (frame * input.height + vertical.low) * input.width
      let high = (frame * input.height + vertical.high) * input.width
      for x in 0..<output.width {
        let horizontal = columnPlaces[x]
        for channel in 0..<output.channels {
          func element(_ base: Int, _ column: Int) -> Float {
            Float(source[(base + column) * input.channels + channel])
          }
          let top = SamplingRule.blend(element(low, horizontal.low), element(low, horizontal.high), horizontal.weight)
          let bottom = SamplingRule.blend(
            element(high, horizontal.low), element(high, horizontal.high), horizontal.weight)
          let value = SamplingRule.blend(top, bottom, vertical.weight) * factor
          target[(row * output.width + x) * output.channels + channel] = FixPoint(0).quantize(value)
        }
      }
    }
  }
}

/// Which input position an output position of a resampling reads.
struct SamplingRule {
  let alignsCorners: Bool
  let halfPixelCenters: Bool
  /// Input pixels per output pixel of a downsampling, by attribute `scale`; `nil` for an upsampling.
  let factorX: Float?
  let factorY: Float?

  /// Reads the rule of an upsampling: positions follow from the extents.
  init(upsampling reader: OperationReader) {
    alignsCorners = reader.operation.attributes.bool("align_corners") ?? false
    halfPixelCenters = reader.operation.attributes.bool("half_pixel_centers") ?? false
    factorX = nil
    factorY = nil
  }

  /// Reads the rule of a downsampling: positions follow from attribute `scale`, `[w, h]`.
  init(downsampling reader: OperationReader) throws(DeviceError) {
    guard let scale = reader.operation.attributes.numbers("scale"), scale.count == 2,
      scale.allSatisfy({ $0 >= 1 && $0 <= 1_048_576 })
    else { throw reader.invalid("attribute scale is missing or not two numbers of at least 1") }
    alignsCorners = false
    halfPixelCenters = false
    factorX = Float(scale[0])
    factorY = Float(scale[1])
  }

  /// Checks what both kinds of resampling need.
  static func check(_ reader: OperationReader, _ input: ImageShape, _ output: ImageShape) throws(DeviceError) {
    guard input.batch == output.batch, input.channels == output.channels, input.height > 0, input.width > 0 else {
      throw reader.invalid("batch or channels differ between input and output, or the input is empty")
    }
  }

  /// For each output position the input position that mode NEAREST takes.
  func sources(input: Int, output: Int, factor: Float?) -> [Int] {
    (0..<output).map { position in
      let place: Float
      if let factor {
        place = Float(position) * factor
      } else if alignsCorners {
        place = output > 1 ? (Float(position) * (Float(input - 1) / Float(output - 1))).rounded() : 0
      } else if halfPixelCenters {
        place = (Float(position) + 0.5) * (Float(input) / Float(output))
      } else {
        place = Float(position) * (Float(input) / Float(output))
      }
      return min(Int(place), input - 1)
    }
  }

  /// Two neighbours and the weight of the higher one.
  struct Place: Equatable, Sendable {
    let low: Int
    let high: Int
    let weight: Float
  }

  /// For each output position the neighbours that mode BILINEAR blends.
  func places(input: Int, output: Int) -> [Place] {
    let step: Float =
      if alignsCorners {
        output > 1 ? Float(input - 1) / Float(output - 1) : 0
      } else {
        Float(input) / Float(output)
      }
    return (0..<output).map { position -> Place in
      let exact: Float = halfPixelCenters ? (Float(position) + 0.5) * step - 0.5 : Float(position) * step
      let floor: Float = exact.rounded(.down)
      return Place(
        low: max(Int(floor), 0), high: min(Int(exact.rounded(.up)), input - 1), weight: exact - floor)
    }
  }

  /// A step from one number to another, in the order of operations that the reference uses.
  @inline(__always)
  static func blend(_ low: Float, _ high: Float, _ weight: Float) -> Float { low + (high - low) * weight }
}
