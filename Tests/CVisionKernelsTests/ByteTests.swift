import CVisionKernels
import Tensors
import TestSupport
import Testing

@Suite struct ByteTests {
  /// A table of 256 entries that a line gives, and the line; or one of any entries.
  private static func table(isLine: Bool, _ random: inout SeededGenerator) -> (entries: [Int8], line: dpuv_byte_line?) {
    guard isLine else { return (random.int8s(256), nil) }
    let factor = Float.random(in: -1...1, using: &random), offset = Float.random(in: -200...200, using: &random)
    let (low, high) = (random.pick(-128...0), random.pick(0...127))
    let entries = (0..<256).map { (sample: Int) -> Int8 in
      let exact: Double = Double(sample) * Double(factor) + Double(offset) + 0.5
      return Int8(min(max(Int(exact.rounded(.down)), low), high))
    }
    var line = dpuv_byte_line()
    return (entries, dpuv_find_byte_line(entries, factor, offset, &line) ? line : nil)
  }

  @Test("samples go through the table of their channel, in any order", arguments: KernelSet.all)
  func tables(set: KernelSet) {
    var lineCount = 0
    for seed in UInt64(1)...3000 {
      var random = SeededGenerator(seed: seed)
      let order = [DPUV_ORDER_SAME, DPUV_ORDER_SAME, DPUV_ORDER_REVERSED, DPUV_ORDER_SPREAD][random.pick(0...3)]
      let channels = order == DPUV_ORDER_SAME ? random.pick(1...6) : 3
      let perPixel = order == DPUV_ORDER_SPREAD ? 1 : channels
      let isUniform = random.pick(0...1) == 0, isLine = random.pick(0...1) == 0
      let pixels = seed % 10 == 0 ? random.pick(0...2000) : random.pick(0...200)
      var tables: [Int8] = []
      var lines: [dpuv_byte_line] = []
      let first = Self.table(isLine: isLine, &random)
      for _ in 0..<channels {
        let (entries, line) = isUniform ? first : Self.table(isLine: isLine, &random)
        tables += entries
        if let line { lines.append(line) }
      }
      let hasLines = lines.count == channels
      lineCount += hasLines ? 1 : 0
      let samples = random.samples(pixels * perPixel)
      let input = GuardedMemory(samples, atEnd: seed % 2 == 0)
      let output = GuardedMemory(count: pixels * channels, atEnd: seed % 3 != 0, filledWith: 0x77)
      tables.withUnsafeBufferPointer { tables in
        lines.withUnsafeBufferPointer { lines in
          var map = dpuv_byte_map(
            channels: channels, order: order, is_uniform: isUniform, tables: tables.baseAddress,
            lines: hasLines ? lines.baseAddress : nil)
          dpuv_map_bytes(
            set.isa, &map, input.elements(as: UInt8.self).baseAddress, output.elements(as: Int8.self).baseAddress,
            pixels)
        }
      }
      let expected = (0..<pixels * channels).map { index -> Int8 in
        let (pixel, channel) = (index / channels, index % channels)
        let from = order == DPUV_ORDER_SPREAD ? 0 : order == DPUV_ORDER_REVERSED ? 2 - channel : channel
        return tables[channel * 256 + Int(samples[pixel * perPixel + from])]
      }
      #expect(output.elements(as: Int8.self).elementsEqual(expected), "seed \(seed)")
    }
    #expect(lineCount > 500, "most lines are found")
  }

  @Test("a line is taken only where it gives every entry of the table")
  func lines() {
    var line = dpuv_byte_line()
    // 0 to 255 become 0 to 127 with halves up: what pictures divided by 255 are at fix point 7.
    var entries = (0..<256).map { FixPoint(7).quantize(Float(Double($0) / 255)) }
    #expect(dpuv_find_byte_line(entries, 128 / 255, 0, &line))
    #expect(line.lowest == 0 && line.highest == 127)
    for sample in [1, 77, 255] {
      entries[sample] ^= 1
      #expect(!dpuv_find_byte_line(entries, 128 / 255, 0, &line), "entry \(sample) is not on the line")
      entries[sample] ^= 1
    }
    for bad: Float in [.nan, .infinity, 1e30] {
      #expect(!dpuv_find_byte_line(entries, bad, 0, &line))
      #expect(!dpuv_find_byte_line(entries, 128 / 255, bad, &line))
    }
  }

  @Test("samples outside a range are counted", arguments: KernelSet.all)
  func outside(set: KernelSet) {
    for seed in UInt64(1)...500 {
      var random = SeededGenerator(seed: seed)
      let samples = random.samples(random.pick(0...500))
      let (first, last): (UInt8, UInt8) = (random.pick(0...255), random.pick(0...255))
      let input = GuardedMemory(samples, atEnd: seed % 2 == 0)
      let found = dpuv_count_outside(
        set.isa, input.elements(as: UInt8.self).baseAddress, samples.count, first, last)
      #expect(found == UInt64(samples.filter { $0 < first || $0 > last }.count), "seed \(seed)")
    }
  }

  @Test("brightness equals its definition", arguments: KernelSet.all)
  func brightness(set: KernelSet) {
    for seed in UInt64(1)...500 {
      var random = SeededGenerator(seed: seed)
      let samples = random.samples(3 * random.pick(0...200))
      let input = GuardedMemory(samples, atEnd: seed % 2 == 0)
      let output = GuardedMemory(count: samples.count / 3, atEnd: seed % 3 != 0, filledWith: 0x77)
      let results = output.elements(as: UInt8.self)
      dpuv_brightness(set.isa, input.elements(as: UInt8.self).baseAddress, results.baseAddress, results.count)
      let expected = results.indices.map { (pixel: Int) -> UInt8 in
        let red = 19595 * Int(samples[3 * pixel])
        let green = 38470 * Int(samples[3 * pixel + 1])
        let blue = 7471 * Int(samples[3 * pixel + 2])
        let sum: Int = red + green + blue + 32768
        return UInt8(sum >> 16)
      }
      #expect(results.elementsEqual(expected), "seed \(seed)")
    }
  }

  @Test("the greatest class wins, the lowest of equal ones", arguments: KernelSet.all)
  func argmax(set: KernelSet) {
    let usual = Array(1...20) + [31, 32, 33, 64, 65, 255, 256]
    for seed in UInt64(1)...2000 {
      var random = SeededGenerator(seed: seed)
      let classes = usual[random.pick(0...usual.count - 1)], pixels = random.pick(0...(classes > 60 ? 20 : 200))
      let isPoor = random.pick(0...1) == 0
      let scores = (0..<pixels * classes).map { _ -> Int8 in
        isPoor ? [-128, -1, 0, 127][random.pick(0...3)] : random.pick(-128...127)
      }
      let input = GuardedMemory(scores, atEnd: seed % 2 == 0)
      let output = GuardedMemory(count: pixels, atEnd: seed % 3 != 0, filledWith: 0x77)
      let labels = output.elements(as: UInt8.self)
      dpuv_argmax(set.isa, input.elements(as: Int8.self).baseAddress, labels.baseAddress, pixels, classes)
      let expected = (0..<pixels).map { (pixel: Int) -> UInt8 in
        let these: ArraySlice<Int8> = scores[pixel * classes..<(pixel + 1) * classes]
        let greatest: Int8 = these.max() ?? 0
        let first: Int = these.firstIndex(of: greatest) ?? 0
        return UInt8(first - these.startIndex)
      }
      #expect(labels.elementsEqual(expected), "seed \(seed): \(classes) classes")
    }
  }
}
