import SimulatedDPU

/// How fast the simulator's inner loop multiplies int8 numbers on one thread: by this, times of two machines, or of one
/// machine on a good and on a bad day, can be compared.
struct KernelRate {
  private let loop: KernelLoop
  private var rates: [Double] = []

  /// Prepares to measure.
  init(_ kernels: Kernels) { loop = KernelLoop(kernels: kernels) }

  /// Measures for some milliseconds.
  mutating func sample() {
    for _ in 0..<9 {
      let start = ProcessorTime.now()
      var runs = 0
      var time = Duration.zero
      while time < .milliseconds(2) {
        for _ in 0..<8 { loop.run() }
        runs += 8
        time = ProcessorTime.now() - start
      }
      rates.append(Double(runs * KernelLoop.productCount) / Double(time.nanoseconds))
    }
  }

  /// The median.
  ///
  /// - Units: 10^9 products of two bytes per second
  var median: Double { rates.sorted()[rates.count / 2] }
}
