import Glibc
import Tensors
import Threads
import Vision

/// How long each conversion of a frame takes, in turn with a copy that moves as many bytes: the floor of what memory allows.
///
/// A conversion reads so many bytes and writes so many; the copy reads half of their sum and writes it elsewhere. Both
/// take the same buffers again and again, so caches hold as much of them as fits.
struct ConversionBench {
  /// The schema of the JSON document.
  static let schema = "swift-dpu/bench-conversions/1"

  private static let samples = 41
  /// Long enough for the clock.
  private static let sampleTime = Duration.microseconds(100)

  private let isJSON: Bool

  /// Prepares to measure.
  init(isJSON: Bool) { self.isJSON = isJSON }

  /// One conversion by one kernel set.
  struct Result: Encodable {
    /// The network whose sizes it has.
    let network: String
    /// The conversion.
    let conversion: String
    /// The kernels.
    let kernels: String
    /// Bytes read and written.
    let byteCount: Int
    /// The median of the samples.
    let medianMicroseconds: Double
    /// The best sample.
    let bestMicroseconds: Double
    /// The median of the copies beside them.
    let copyMedianMicroseconds: Double
    /// The best of the copies.
    let copyBestMicroseconds: Double
    /// The median of the samples' ratios to the copy beside each.
    let ratioMedian: Double
    /// The best sample over the best copy.
    let ratioBest: Double
    /// The greatest ratio that is aimed at.
    let target: Double?
  }

  /// The whole host work of a frame.
  struct Frame: Encodable {
    /// The network.
    let network: String
    /// What is done.
    let work: String
    /// The median time on processors.
    let medianProcessorMicroseconds: Double
    /// The best.
    let bestProcessorMicroseconds: Double
  }

  /// The JSON document.
  struct Document: Encodable {
    /// What the fields are.
    let schema = ConversionBench.schema
    /// The machine, before the first run.
    let machine: MachineRecord
    /// The conversions.
    let results: [Result]
    /// Their sums.
    let frames: [Frame]
  }

  private struct Conversion {
    let name: String
    let kernels: ConversionKernels
    let byteCount: Int
    var target: Double?
    let run: () throws -> Void
  }

  /// Measures everything and prints what comes out.
  ///
  /// - Returns: Whether all reached what is aimed at.
  func report() throws -> Bool {
    let machine = MachineRecord.current()
    var results: [Result] = []
    var frames: [Frame] = []
    if !isJSON {
      print(
        "each conversion in turn with a copy that reads half of its bytes and writes as many; medians of \(Self.samples)"
      )
    }
    for network in HostWork.Network.all {
      let work = try HostWork(network)
      let measured = try measure(Self.conversions(of: work), of: work)
      let frame = try Self.frame(work)
      if !isJSON {
        measured.forEach(printRow)
        print(
          "  \(network.name): \(frame.work): \(Decimals.text(frame.medianProcessorMicroseconds, 2)) µs on a processor"
            + " (best \(Decimals.text(frame.bestProcessorMicroseconds, 2)))")
      }
      results += measured
      frames.append(frame)
    }
    if isJSON {
      print(try JSON.document(Document(machine: machine, results: results, frames: frames)))
    } else {
      print("\(machine.processor), load \(machine.loadAverage ?? 0), \(machine.compiler), \(machine.configuration)")
    }
    return results.allSatisfy { result in result.target.map { result.ratioMedian <= $0 } ?? true }
  }

  private static func conversions(of work: HostWork) -> [Conversion] {
    let count = work.network.input.elementCount
    let classes = work.network.output[-1], pixels = work.network.output.elementCount / classes
    let best = ConversionKernels.best
    var all: [Conversion] = []
    for kernels in ConversionKernels.available.reversed() {
      let target = kernels == best ? 1.5 : nil
      all.append(
        Conversion(name: "float to int8", kernels: kernels, byteCount: 5 * count, target: target) {
          work.values.bytes.withUnsafeBytes {
            _ = kernels.quantize(
              $0.assumingMemoryBound(to: Float.self), scale: HostWork.Network.fixPoint.scale, into: work.buffer)
          }
        })
    }
    all.append(
      Conversion(name: "measured float to int8", kernels: best, byteCount: 5 * count, target: 1.5) {
        _ = try work.measuring.fill(work.buffer, from: work.measured)
      })
    all.append(
      Conversion(name: "8-bit to int8", kernels: best, byteCount: 2 * count) {
        _ = try work.measuring.fill(work.buffer, from: work.samples)
      })
    if let picture = work.picture {
      all.append(
        Conversion(name: "resize and 8-bit to int8", kernels: best, byteCount: picture.samples.count + count) {
          _ = try work.preprocessor.fill(work.buffer, from: picture)
        })
    }
    let floats = Results<Float>(count)
    all.append(
      Conversion(name: "int8 to float", kernels: best, byteCount: 5 * count) {
        best.dequantize(UnsafeBufferPointer(work.buffer), step: HostWork.Network.fixPoint.step, into: floats.memory)
      })
    guard pixels > 1 else { return all }
    let labels = Results<UInt8>(pixels)
    for kernels in ConversionKernels.available.reversed() {
      let target = kernels == best ? 3.0 : nil
      all.append(
        Conversion(
          name: "argmax of \(classes)", kernels: kernels, byteCount: pixels * (classes + 1), target: target
        ) {
          work.scores.withUnsafeBufferPointer { kernels.argmax($0, classes: classes, into: labels.memory) }
        })
    }
    return all
  }

  private func measure(_ conversions: [Conversion], of work: HostWork) throws -> [Result] {
    var times = [[(time: Double, copy: Double)]](repeating: [], count: conversions.count)
    let copies = conversions.map { Copy(byteCount: $0.byteCount / 2) }
    let repetitions = try conversions.map { Self.repetitions(of: try Self.time($0.run, 3)) }
    let copyRepetitions = copies.map { copy in Self.repetitions(of: Self.time(copy.run, 3)) }
    for sample in 0...Self.samples {
      for (index, conversion) in conversions.enumerated() {
        let copy = Self.time(copies[index].run, copyRepetitions[index])
        let time = try Self.time(conversion.run, repetitions[index])
        // The first round warms up.
        if sample > 0 { times[index].append((time, copy)) }
      }
    }
    return zip(conversions, times).map { conversion, times in
      let best = times.map(\.time).min() ?? 0, copyBest = times.map(\.copy).min() ?? 0
      return Result(
        network: work.network.name, conversion: conversion.name, kernels: conversion.kernels.description,
        byteCount: conversion.byteCount, medianMicroseconds: Self.median(times.map(\.time)), bestMicroseconds: best,
        copyMedianMicroseconds: Self.median(times.map(\.copy)), copyBestMicroseconds: copyBest,
        ratioMedian: Self.median(times.map { $0.time / $0.copy }), ratioBest: best / copyBest,
        target: conversion.target)
    }
  }

  private static func frame(_ work: HostWork) throws -> Frame {
    var times: [Double] = []
    for _ in 0...samples {
      let start = ProcessorTime.now()
      for _ in 0..<10 { try work.run() }
      times.append(Double((ProcessorTime.now() - start).nanoseconds) / 10_000)
    }
    times.removeFirst()
    return Frame(
      network: work.network.name,
      work: work.network.takesPictures
        ? "a picture into the input, the class out" : "an array into the input, labels out",
      medianProcessorMicroseconds: median(times), bestProcessorMicroseconds: times.min() ?? 0)
  }

  /// - Returns: Microseconds of each of so many runs.
  private static func time(_ run: () throws -> Void, _ count: Int) rethrows -> Double {
    let start = Moment.now
    for _ in 0..<count { try run() }
    return Double((Moment.now - start).nanoseconds) / 1000 / Double(count)
  }

  private static func repetitions(of microseconds: Double) -> Int {
    max(1, Int(Double(sampleTime.nanoseconds) / 1000 / max(microseconds, 0.1)))
  }

  private static func median(_ times: [Double]) -> Double { times.sorted()[times.count / 2] }

  private func printRow(_ result: Result) {
    let target = result.target.map {
      " (aimed at: \($0); \(result.ratioMedian <= $0 ? "reached" : "NOT reached"))"
    }
    print(
      "  \(result.network): \(result.conversion), \(result.kernels): \(Decimals.text(result.medianMicroseconds, 2)) µs"
        + " (best \(Decimals.text(result.bestMicroseconds, 2))), copy \(Decimals.text(result.copyMedianMicroseconds, 2))"
        + " (\(Decimals.text(result.copyBestMicroseconds, 2))), ratio \(Decimals.text(result.ratioMedian, 2))"
        + " (\(Decimals.text(result.ratioBest, 2)))\(target ?? "")")
  }
}

/// Memory for results.
private final class Results<Element: BitwiseCopyable> {
  let memory: UnsafeMutableBufferPointer<Element>

  init(_ count: Int) {
    memory = .allocate(capacity: count)
    UnsafeMutableRawBufferPointer(memory).initializeMemory(as: UInt8.self, repeating: 0)
  }

  deinit { memory.deallocate() }
}

/// A copy of so many bytes from one place to another.
private final class Copy {
  private let source: UnsafeMutableRawPointer
  private let target: UnsafeMutableRawPointer
  private let byteCount: Int

  init(byteCount: Int) {
    self.byteCount = byteCount
    source = .allocate(byteCount: byteCount, alignment: 64)
    target = .allocate(byteCount: byteCount, alignment: 64)
    memset(source, 1, byteCount)
    memset(target, 2, byteCount)
  }

  deinit {
    source.deallocate()
    target.deallocate()
  }

  func run() { memcpy(target, source, byteCount) }
}
