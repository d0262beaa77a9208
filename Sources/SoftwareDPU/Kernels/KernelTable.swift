import Devices
import Tensors
import XModel

/// What the software device can run: one line per type of operation.
enum KernelTable {
  /// Types that give a tensor another shape or name and leave its elements.
  static let copies: Set<String> = [
    "reshape-fix", "upload", "download", "reshape", "flatten", "squeeze", "data", "data-fix",
  ]

  /// All types that there are kernels for.
  static let types: Set<String> = copies.union([
    "conv2d-fix", "depthwise-conv2d-fix", "transposed-conv2d-fix", "transposed-depthwise-conv2d-fix", "pool-fix",
    "eltwise-fix", "depthwise-fix", "concat-fix", "upsample-fix", "downsample-fix", "reorg-fix", "tile-fix", "pad-fix",
    "transpose", "reduction_max-fix", "reduction_mean-fix", "hard-sigmoid-fix", "fix2float", "float2fix", "fix",
    "softmax", "relu", "relu6", "leaky-relu", "prelu", "avgpool2d",
  ])

  /// Makes a kernel for an operation.
  ///
  /// - Parameters:
  ///   - inPlace: Inputs of a concatenation that lie in its output's buffer.
  /// - Throws: `.unsupported` with the type's name where there is none.
  static func kernel(_ reader: OperationReader, inPlace: Set<Int>) throws(DeviceError) -> any Kernel {
    switch reader.operation.type {
    case "conv2d-fix": return try ConvolutionOperation(reader, .dense, transposed: false)
    case "depthwise-conv2d-fix": return try ConvolutionOperation(reader, .depthwise, transposed: false)
    case "transposed-conv2d-fix": return try ConvolutionOperation(reader, .dense, transposed: true)
    case "transposed-depthwise-conv2d-fix": return try ConvolutionOperation(reader, .depthwise, transposed: true)
    case "pool-fix": return try Pool(reader)
    case "eltwise-fix", "depthwise-fix": return try Eltwise(reader)
    case "concat-fix": return try Concatenation(reader, inPlace: inPlace)
    case "upsample-fix":
      let rule = SamplingRule(upsampling: reader)
      return switch reader.keyword("mode") {
      case "NEAREST": try NearestSampling(reader, rule: rule)
      case "BILINEAR": try BilinearSampling(reader, rule: rule)
      case let mode: throw reader.unsupported("mode \"\(mode)\"; known are NEAREST and BILINEAR")
      }
    case "downsample-fix":
      // The compiler turns BILINEAR into plain strided sampling too: measured on zdce.xmodel, docs/arithmetic.md.
      guard ["NEAREST", "BILINEAR"].contains(reader.keyword("mode")) else {
        throw reader.unsupported("mode \"\(reader.keyword("mode"))\"; known are NEAREST and BILINEAR")
      }
      return try NearestSampling(reader, rule: SamplingRule(downsampling: reader))
    case "reorg-fix": return try Gather.reorganization(reader)
    case "tile-fix": return try Gather.tiling(reader)
    case "pad-fix": return try Gather.padding(reader)
    case "transpose": return try Gather.transposition(reader)
    case "reduction_max-fix": return try Reduction(reader, mean: false)
    case "reduction_mean-fix": return try Reduction(reader, mean: true)
    case "hard-sigmoid-fix":
      let sigmoid = try HardSigmoid(reader)
      return try TableLookup(reader) { sigmoid.apply($0) }
    case let type where copies.contains(type): return try copy(reader)
    case "fix2float": return try ScaleConversion(reader, .toFloat)
    case "float2fix": return try ScaleConversion(reader, .toFix)
    case "fix": return try ScaleConversion(reader, .thereAndBack)
    case "softmax": return try Softmax(reader)
    case "relu": return try FloatActivation(reader, .relu)
    case "relu6": return try FloatActivation(reader, .relu6)
    case "leaky-relu": return try FloatActivation(reader, .leaky)
    case "prelu": return try FloatActivation(reader, .parametric)
    case "avgpool2d": return try FloatAveragePool(reader)
    default: throw reader.unsupported("the software device has no such operation")
    }
  }

  /// A copy; between two scales it requantizes.
  private static func copy(_ reader: OperationReader) throws(DeviceError) -> any Kernel {
    let input = try reader.input
    let output = try reader.output
    guard input.elementType == .int8, let from = input.fixPoint, let to = output.fixPoint, from != to else {
      return try Copy(reader)
    }
    return try TableLookup(reader) { FixPoint.requantize(Int64($0), shift: from - to) }
  }

  /// Whether an operation can write its tensor into a concatenation's buffer.
  static func writesStrided(_ operation: Operation) -> Bool {
    switch operation.type {
    case "conv2d-fix", "depthwise-conv2d-fix", "transposed-conv2d-fix", "transposed-depthwise-conv2d-fix", "pool-fix",
      "downsample-fix":
      true
    case "upsample-fix": operation.attributes.string("mode")?.uppercased() == "NEAREST"
    default: false
    }
  }

  /// Whether an operation can read a tensor that lies in a concatenation's buffer.
  static func readsStrided(_ operation: Operation) -> Bool {
    writesStrided(operation) || operation.type == "concat-fix"
  }
}
