import CSimulatedKernels

/// The inner loop of convolutions alone, on numbers of its own: what the processor gives, without the rest of a simulation.
package final class KernelLoop {
  /// The window that is worked on: 3 rows of 66 pixels of 64 channels, under a 3x3 kernel.
  private static let (kernel, groups, outputs) = (3, 4, 64)
  private static let columns = outputs + kernel - 1
  private static let cells = kernel * kernel * groups

  /// Products of two bytes that one run adds up.
  package static let productCount = outputs * cells * Banks.rowPitch * Banks.rowPitch

  private let functions: dpus_kernels
  private let memory: UnsafeMutableRawPointer
  private let start: UnsafeMutablePointer<Int32>
  private let sums: UnsafeMutablePointer<Int32>
  private let window: UnsafeMutablePointer<UInt8>
  private let weights: UnsafeRawPointer

  /// Fills window and weights.
  ///
  /// - Precondition: The processor has the kernels.
  package init(kernels: Kernels) {
    functions = kernels.functions
    let windowBytes = KernelLoop.kernel * KernelLoop.columns * KernelLoop.groups * Banks.rowPitch
    let wovenBytes = KernelLoop.cells * Banks.wovenPitch
    let preparedBytes = (KernelLoop.cells * functions.prepared_cell_size + 63) / 64 * 64
    let sumBytes = KernelLoop.outputs * Banks.rowPitch * MemoryLayout<Int32>.stride
    // Every part is a multiple of 64 bytes.
    memory = .allocate(byteCount: 64 + sumBytes + windowBytes + wovenBytes + preparedBytes, alignment: 64)
    start = memory.initializeMemory(as: Int32.self, repeating: 0, count: Banks.rowPitch)
    sums = (memory + 64).initializeMemory(as: Int32.self, repeating: 0, count: sumBytes / MemoryLayout<Int32>.stride)
    window = (memory + 64 + sumBytes).initializeMemory(as: UInt8.self, repeating: 0, count: windowBytes)
    let woven = (memory + 64 + sumBytes + windowBytes).initializeMemory(as: Int8.self, repeating: 0, count: wovenBytes)
    for place in 0..<windowBytes { window[place] = UInt8(truncatingIfNeeded: place &* 167) }
    for place in 0..<wovenBytes { woven[place] = Int8(truncatingIfNeeded: place &* 89) }
    weights = functions.prepare(
      woven, Int32(KernelLoop.cells), 4, memory + 64 + sumBytes + windowBytes + wovenBytes, start)
  }

  deinit { memory.deallocate() }

  /// Adds up all products once.
  package func run() {
    let pixelBytes = KernelLoop.groups * Banks.rowPitch
    var row = dpus_conv_row(
      window: window, row_stride: KernelLoop.columns * pixelBytes, rows: Int32(KernelLoop.kernel),
      run: Int32(KernelLoop.kernel * KernelLoop.groups), quads: 4, step: pixelBytes,
      outputs: Int32(KernelLoop.outputs), weights: weights, start: start, sums: sums)
    functions.conv_row(&row)
  }
}
