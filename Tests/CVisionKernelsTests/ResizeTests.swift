import CVisionKernels
import Tensors
import TestSupport
import Testing

@Suite struct ResizeTests {
  /// One axis of a resize, of any positions and weights.
  private struct Axis {
    let source: Int
    let first: [Int32]
    let second: [Int32]
    let firstWeight: [Int16]
    let secondWeight: [Int16]

    /// Positions that run along the source as those of a resize do, or jump about.
    init(source: Int, target: Int, _ random: inout SeededGenerator) {
      self.source = source
      let jumps = random.pick(0...4) == 0
      first = (0..<target).map { index in
        Int32(jumps ? random.pick(0...source - 1) : min(source - 1, index * source / target))
      }
      second = first.map { min(Int32(source - 1), $0 + random.pick(0...1)) }
      let weights = first.map { _ in random.pick(0...4) == 0 ? Int16(0) : random.pick(0...2048) }
      secondWeight = weights
      // Both are rounded, and so their sum may be 2049.
      firstWeight = weights.map { 2048 - $0 + ($0 > 0 && random.pick(0...3) == 0 ? 1 : 0) }
    }

    func withAxis<Result>(_ body: (UnsafePointer<dpuv_axis>) -> Result) -> Result {
      first.withUnsafeBufferPointer { first in
        second.withUnsafeBufferPointer { second in
          firstWeight.withUnsafeBufferPointer { firstWeight in
            secondWeight.withUnsafeBufferPointer { secondWeight in
              var axis = dpuv_axis(
                source: Int32(source), target: Int32(first.count), first: first.baseAddress,
                second: second.baseAddress, first_weight: firstWeight.baseAddress,
                second_weight: secondWeight.baseAddress)
              return body(&axis)
            }
          }
        }
      }
    }
  }

  private static func expected(_ samples: [UInt8], _ columns: Axis, _ rows: Axis, channels: Int) -> [UInt8] {
    func weighed(_ y: Int32, _ x: Int, _ channel: Int) -> Int {
      let line: Int = Int(y) * columns.source
      let left: Int = (line + Int(columns.first[x])) * channels + channel
      let right: Int = (line + Int(columns.second[x])) * channels + channel
      let one: Int = Int(samples[left]) * Int(columns.firstWeight[x])
      let other: Int = Int(samples[right]) * Int(columns.secondWeight[x])
      return (one + other) >> 4
    }
    func result(_ y: Int, _ x: Int, _ channel: Int) -> UInt8 {
      let upper: Int = (weighed(rows.first[y], x, channel) * Int(rows.firstWeight[y])) >> 16
      let lower: Int = (weighed(rows.second[y], x, channel) * Int(rows.secondWeight[y])) >> 16
      return UInt8((upper + lower + 2) >> 2)
    }
    var results: [UInt8] = []
    for y in rows.first.indices {
      for x in columns.first.indices { for channel in 0..<channels { results.append(result(y, x, channel)) } }
    }
    return results
  }

  @Test("resizing equals its definition for any size and number of channels", arguments: KernelSet.all)
  func resizing(set: KernelSet) {
    for seed in UInt64(1)...600 {
      var random = SeededGenerator(seed: seed)
      let channels = [1, 3, 4, 2, 5][random.pick(0...4)]
      let wide = random.pick(0...2) > 0
      let columns = Axis(source: random.pick(1...(wide ? 120 : 8)), target: random.pick(1...60), &random)
      let rows = Axis(source: random.pick(1...12), target: random.pick(1...12), &random)
      let samples =
        seed % 9 == 0
        ? [UInt8](repeating: 255, count: columns.source * rows.source * channels)
        : random.samples(columns.source * rows.source * channels)
      let input = GuardedMemory(samples, atEnd: seed % 2 == 0)
      let rowCount = columns.first.count * channels
      let output = GuardedMemory(count: rowCount * rows.first.count, atEnd: seed % 3 != 0, filledWith: 0x77)
      let resize = columns.withAxis { columns in
        rows.withAxis { dpuv_resize_create(set.isa, columns, $0, channels) }
      }
      defer { dpuv_resize_destroy(resize) }
      // The second picture must not get rows of the first one.
      for _ in 0..<2 {
        dpuv_resize_begin(resize)
        for row in rows.first.indices {
          dpuv_resize_row(
            resize, input.elements(as: UInt8.self).baseAddress, row,
            output.elements(as: UInt8.self).baseAddress.map { $0 + row * rowCount })
        }
        let found = Array(output.elements(as: UInt8.self))
        let now = Array(input.elements(as: UInt8.self))
        let isEqual = found == Self.expected(now, columns, rows, channels: channels)
        #expect(isEqual, "seed \(seed): \(channels) channels")
        for index in now.indices { input.elements(as: UInt8.self)[index] = ~now[index] }
      }
    }
  }
}
