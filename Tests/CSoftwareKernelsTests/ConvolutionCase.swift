import CSoftwareKernels
import Tensors

/// A convolution with its constants and its input, and what the arithmetic's definition says of it.
struct ConvolutionCase: CustomStringConvertible {
  var geometry: dpuk_conv_params
  var depthwise = false
  var weights: [Int8] = []
  var bias: [Int32] = []
  var input: [Int8] = []

  var description: String {
    let g = geometry
    return """
      \(depthwise ? "depthwise " : "")\(g.in_height)x\(g.in_width)x\(g.in_channels) -> \
      \(g.out_height)x\(g.out_width)x\(g.out_channels), kernel \(g.kernel_height)x\(g.kernel_width), \
      stride \(g.stride_y),\(g.stride_x), dilation \(g.dilation_y),\(g.dilation_x), \
      pad \(g.pad_top),\(g.pad_left), shift \(g.shift), clamp \(g.low)...\(g.high)
      """
  }

  /// Elements from the first to the last of a strided tensor.
  static func extent(_ height: Int32, _ width: Int32, _ channels: Int32, row: Int, pixel: Int) -> Int {
    (Int(height) - 1) * row + (Int(width) - 1) * pixel + Int(channels)
  }

  /// Elements from the first to the last of the input.
  var inputExtent: Int {
    Self.extent(
      geometry.in_height, geometry.in_width, geometry.in_channels, row: geometry.in_row_stride,
      pixel: geometry.in_pixel_stride)
  }

  /// Elements from the first to the last of the output.
  var outputExtent: Int {
    Self.extent(
      geometry.out_height, geometry.out_width, geometry.out_channels, row: geometry.out_row_stride,
      pixel: geometry.out_pixel_stride)
  }

  /// The number of weights.
  var weightCount: Int {
    Int(geometry.kernel_height) * Int(geometry.kernel_width) * Int(geometry.in_channels)
      * (depthwise ? 1 : Int(geometry.out_channels))
  }

  /// The sum of products at one output element, straight from the definition.
  func sum(y: Int, x: Int, channel: Int) -> Int {
    let g = geometry
    let (height, width, channels) = (Int(g.kernel_height), Int(g.kernel_width), Int(g.in_channels))
    var sum = 0
    for ky in 0..<height {
      let inY = y * Int(g.stride_y) - Int(g.pad_top) + ky * Int(g.dilation_y)
      guard inY >= 0, inY < Int(g.in_height) else { continue }
      for kx in 0..<width {
        let inX = x * Int(g.stride_x) - Int(g.pad_left) + kx * Int(g.dilation_x)
        guard inX >= 0, inX < Int(g.in_width) else { continue }
        let pixel = inY * g.in_row_stride + inX * g.in_pixel_stride
        if depthwise {
          sum += Int(input[pixel + channel]) * Int(weights[(ky * width + kx) * channels + channel])
        } else {
          let tap = ((channel * height + ky) * width + kx) * channels
          for c in 0..<channels { sum += Int(input[pixel + c]) * Int(weights[tap + c]) }
        }
      }
    }
    return sum
  }

  /// The finished output element of a sum.
  func finished(_ sum: Int, channel: Int) -> Int8 {
    let value = (2 * sum + Int(bias[channel]) + 1 << (Int(geometry.shift) - 1)) >> Int(geometry.shift)
    return Int8(min(max(value, Int(geometry.low)), Int(geometry.high)))
  }

  /// Prepares it for an instruction set; the caller destroys it.
  func prepared(for set: InstructionSet) -> OpaquePointer? {
    weights.withUnsafeBufferPointer { weights in
      bias.withUnsafeBufferPointer { bias in
        var parameters = geometry
        parameters.weights = weights.baseAddress
        parameters.bias = bias.baseAddress
        return depthwise ? dpuk_depthwise_create(set.isa, &parameters) : dpuk_conv_create(set.isa, &parameters)
      }
    }
  }
}

extension ConvolutionCase {
  /// A dense, unpadded geometry, to be changed at will.
  static func plain(
    height: Int32, width: Int32, channels: Int32, outChannels: Int32, kernel: Int32 = 1
  ) -> dpuk_conv_params {
    var g = dpuk_conv_params()
    (g.in_height, g.in_width, g.in_channels) = (height, width, channels)
    (g.out_height, g.out_width, g.out_channels) = (height - kernel + 1, width - kernel + 1, outChannels)
    (g.kernel_height, g.kernel_width) = (kernel, kernel)
    (g.stride_y, g.stride_x, g.dilation_y, g.dilation_x) = (1, 1, 1, 1)
    g.in_pixel_stride = Int(channels)
    g.in_row_stride = Int(width) * g.in_pixel_stride
    g.out_pixel_stride = Int(outChannels)
    g.out_row_stride = Int(g.out_width) * g.out_pixel_stride
    (g.shift, g.low, g.high) = (8, -128, 127)
    return g
  }

  /// Any legal convolution: mostly small and usual, sometimes with pads, strides and dilations far beyond the input.
  init(seed: UInt64, depthwise: Bool) {
    var random = SeededGenerator(seed: seed)
    func pick(_ range: ClosedRange<Int32>) -> Int32 { Int32.random(in: range, using: &random) }
    func oneIn(_ n: Int32) -> Bool { pick(1...n) == 1 }
    self.depthwise = depthwise
    let wide = oneIn(8)
    var g = Self.plain(
      height: pick(1...12), width: pick(1...(wide ? 70 : 24)), channels: pick(1...(oneIn(2) ? 9 : wide ? 70 : 40)),
      outChannels: pick(1...(oneIn(2) ? 12 : wide ? 70 : 40)))
    if depthwise {
      g.in_channels = pick(1...(oneIn(2) ? 20 : 100))
      g.out_channels = g.in_channels
    }
    (g.kernel_height, g.kernel_width) = (pick(1...(oneIn(4) ? 6 : 3)), pick(1...(oneIn(4) ? 7 : 3)))
    (g.stride_y, g.stride_x) = (pick(1...(oneIn(3) ? 5 : 2)), pick(1...(oneIn(3) ? 5 : 2)))
    (g.dilation_y, g.dilation_x) = (oneIn(3) ? pick(1...4) : 1, oneIn(3) ? pick(1...60) : 1)
    (g.pad_top, g.pad_left) = (pick(-3...4), pick(-3...4))
    if oneIn(20) { g.pad_top = pick(-30...30) }
    if oneIn(20) { g.pad_left = pick(oneIn(4) ? -(.max) ... .max : -60...60) }
    if oneIn(40) { g.stride_x = pick(1...1_000_000) }
    if oneIn(40) { g.stride_y = pick(1...1_000_000) }
    (g.out_height, g.out_width) = (pick(1...9), pick(1...(wide ? 70 : 20)))
    func spare(_ most: Int32) -> Int { oneIn(2) ? 0 : Int(pick(0...most)) }
    g.in_pixel_stride = Int(g.in_channels) + spare(20)
    g.in_row_stride = Int(g.in_width) * g.in_pixel_stride + spare(30)
    g.out_pixel_stride = Int(g.out_channels) + spare(20)
    g.out_row_stride = Int(g.out_width) * g.out_pixel_stride + spare(30)
    g.shift = oneIn(5) ? pick(1...30) : pick(5...14)
    (g.low, g.high) = (oneIn(2) ? -128 : pick(-128...0), oneIn(2) ? 127 : pick(0...127))
    geometry = g
    bias = (0..<g.out_channels).map { _ in oneIn(4) ? pick(-1_000_000_000...1_000_000_000) : pick(-100_000...100_000) }
    let extreme = pick(0...6)
    func numbers(_ count: Int) -> [Int8] {
      switch extreme {
      case 0: Array(repeating: -128, count: count)
      case 1: (0..<count).map { _ in oneIn(2) ? -128 : 127 }
      default: random.int8s(count)
      }
    }
    weights = numbers(weightCount)
    input = numbers(inputExtent)
  }
}
