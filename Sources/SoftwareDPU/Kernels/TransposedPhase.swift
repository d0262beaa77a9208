/// The outputs of a transposed convolution whose position has one remainder by the stride: a plain convolution.
///
/// The input is thought of with `stride - 1` zeros between its pixels, the kernel slides over it by 1, and the pad
/// of that picture is `kernel - 1 - pad`. Only every `stride`-th tap meets a pixel; which ones depends on the
/// remainder alone.
struct TransposedPhase {
  let geometry: ConvolutionGeometry
  /// Where the phase's first pixel stands in the output.
  let outputOffset: Int
  private let tapsY: StrideTo<Int>
  private let tapsX: StrideTo<Int>
  private let isEmpty: Bool

  /// The phases of a transposed convolution, described by the geometry that its attributes give.
  static func all(of whole: ConvolutionGeometry, _ window: Window) -> [TransposedPhase] {
    (0..<window.strideY).flatMap { y in
      (0..<window.strideX).compactMap { x in TransposedPhase(whole, window, y: y, x: x) }
    }
  }

  private init?(_ whole: ConvolutionGeometry, _ window: Window, y: Int, x: Int) {
    let vertical = Axis(y, kernel: window.kernelHeight, stride: window.strideY, pad: window.padTop)
    let horizontal = Axis(x, kernel: window.kernelWidth, stride: window.strideX, pad: window.padLeft)
    let height = (whole.outputHeight - y + window.strideY - 1) / window.strideY
    let width = (whole.outputWidth - x + window.strideX - 1) / window.strideX
    guard height > 0, width > 0 else { return nil }
    tapsY = vertical.taps
    tapsX = horizontal.taps
    isEmpty = vertical.count == 0 || horizontal.count == 0
    outputOffset = y * whole.outputRowStride + x * whole.outputPixelStride

    var geometry = whole
    geometry.outputHeight = height
    geometry.outputWidth = width
    // A phase that no tap meets is its bias alone: one tap of weight zero.
    geometry.kernelHeight = isEmpty ? 1 : vertical.count
    geometry.kernelWidth = isEmpty ? 1 : horizontal.count
    geometry.strideY = 1
    geometry.strideX = 1
    geometry.padTop = vertical.pad
    geometry.padLeft = horizontal.pad
    geometry.outputRowStride = whole.outputRowStride * window.strideY
    geometry.outputPixelStride = whole.outputPixelStride * window.strideX
    self.geometry = geometry
  }

  /// The weights of the phase's taps.
  func weights(_ weights: Weights, _ form: Convolution.Form) -> [Int8] {
    let channels = form == .dense ? geometry.inputChannels * geometry.outputChannels : geometry.outputChannels
    if isEmpty { return [Int8](repeating: 0, count: channels) }
    return weights.taps(
      form, y: tapsY, x: tapsX, inputChannels: geometry.inputChannels, outputChannels: geometry.outputChannels)
  }

  /// One direction of a phase.
  private struct Axis {
    let taps: StrideTo<Int>
    let count: Int
    /// The pad of the plain convolution; negative where it starts inside the input.
    let pad: Int

    init(_ phase: Int, kernel: Int, stride step: Int, pad: Int) {
      let slidingPad = kernel - 1 - pad
      // The first tap that meets a pixel, and the pixel that output `phase` meets there.
      let first = ((slidingPad - phase) % step + step) % step
      taps = stride(from: first, to: kernel, by: step)
      count = first < kernel ? (kernel - first + step - 1) / step : 0
      self.pad = -((phase - slidingPad + first) / step)
    }
  }
}
