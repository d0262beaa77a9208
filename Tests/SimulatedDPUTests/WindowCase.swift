import SimulatedDPU
import Tensors

/// A random window: an image in banks, read with pads and wraps, and rows of results written elsewhere.
///
/// The image stands in one bank group and is written to another, so that neither overwrites the other. What counts as
/// padding is loaded with data too.
struct WindowCase {
  let target: DPUTarget
  /// `[rows][columns][channels]`
  let image: [[[Int8]]]
  let rows: Int
  let columns: Int
  let groups: Int
  let channelOffset: Int
  let outputRows: Int
  let length: Int
  let kernelHeight: Int
  let kernelWidth: Int
  let strideHeight: Int
  let strideWidth: Int
  let padTop: Int
  let padLeft: Int
  let padBottom: Int
  let padRight: Int
  private let groupIn: Int
  private let groupOut: Int
  private let bankIn: Int
  private let offsetIn: Int
  private let bases: [Int]
  private let jumpRead: Int
  private let endlIn: Int
  private let bankOut: Int
  private let addressOut: Int
  private let strideOut: Int
  private let offsetOut: Int
  private let jumpWrite: Int
  private let endlOut: Int
  private let outputGroups: Int

  /// What an engine allows, and what a case must have.
  struct Limits {
    var kernel = 1...4
    var kernelHeight: ClosedRange<Int>?
    var stride = 1...3
    var padAtEnd = 15
    var hasChannelOffset = true
    var hasPads = true
    /// Whether strides are those of the kernel.
    var stepsByKernel = false
    /// Whether the window must reach the last of the four base addresses.
    var needsLastBase = false
  }

  /// Makes cases until one fits into the banks.
  init(_ target: DPUTarget, parallelism: Int, limits: Limits = Limits(), outputGroups: Int? = nil, seed: UInt64) {
    var attempt = seed
    while true {
      let candidate = WindowCase(
        target, attempt: attempt, parallelism: parallelism, limits: limits, outputGroups: outputGroups)
      if candidate.fits, !limits.needsLastBase || candidate.lastBase == 3 {
        self = candidate
        return
      }
      attempt = attempt &+ 0x1_0000_0000
    }
  }

  private init(
    _ target: DPUTarget, attempt: UInt64, parallelism: Int, limits: Limits, outputGroups: Int?
  ) {
    var random = SeededGenerator(seed: attempt)
    func pick(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &random) }
    self.target = target
    kernelHeight = pick(limits.kernelHeight ?? limits.kernel)
    kernelWidth = pick(limits.kernel)
    strideHeight = limits.stepsByKernel ? kernelHeight : pick(limits.stride)
    strideWidth = limits.stepsByKernel ? kernelWidth : pick(limits.stride)
    outputRows = pick(1...parallelism)
    length = pick(1...11)
    groups = pick(1...3)
    rows = (outputRows - 1) * strideHeight + kernelHeight
    columns = (length - 1) * strideWidth + kernelWidth
    channelOffset = limits.hasChannelOffset && pick(0...1) == 1 ? pick(0...target.bankWidth - 1) : 0
    padTop = limits.hasPads ? pick(0...min(2, rows)) : 0
    padLeft = limits.hasPads ? pick(0...min(2, columns)) : 0
    padBottom = limits.hasPads && pick(0...1) == 1 ? pick(0...kernelHeight - 1) : limits.padAtEnd
    padRight = limits.hasPads && pick(0...1) == 1 ? pick(0...kernelWidth - 1) : limits.padAtEnd
    let groupCount = target.imageBankCount / target.pixelParallelism
    groupIn = pick(0...groupCount - 1)
    groupOut = (groupIn + pick(1...groupCount - 1)) % groupCount
    bankIn = pick(0...target.pixelParallelism - 1)
    offsetIn = pick(0...strideHeight - 1)
    jumpRead = groups + pick(0...2)
    endlIn = columns * jumpRead + pick(0...5)
    // Bases far enough apart for the rows of a bank, the first one near the bank's end.
    let span = strideHeight * endlIn + 64
    let first = pick(1900...2047)
    bases = (0..<4).map { (first + $0 * span) % 2048 }
    bankOut = pick(0...target.pixelParallelism - 1)
    addressOut = pick(0...2047)
    strideOut = pick(1...3)
    offsetOut = pick(0...strideOut - 1)
    self.outputGroups = outputGroups ?? groups
    jumpWrite = self.outputGroups + pick(0...2)
    endlOut = length * jumpWrite + pick(0...5)
    let channels = groups * target.bankWidth
    var image: [[[Int8]]] = []
    for _ in 0..<rows { image.append((0..<columns).map { _ in random.int8s(channels) }) }
    self.image = image
  }

  /// Whether the image fits into its banks without overwriting itself.
  private var fits: Bool { 4 * (strideHeight * endlIn + 64) <= 2048 && lastBase < 4 }

  private var lastBase: Int {
    (bankIn + (offsetIn + rows - 1) / strideHeight) / target.pixelParallelism
  }

  /// What the case has that no public program has, by name.
  var rarities: Set<String> {
    var rarities: Set<String> = []
    if bankOut + (offsetOut + outputRows - 1) / strideOut >= target.pixelParallelism { rarities.insert("output wraps") }
    if lastBase > 0 { rarities.insert("input wraps") }
    if offsetOut > 0 { rarities.insert("stride_offset_out") }
    if strideOut > 1, offsetOut + outputRows > strideOut { rarities.insert("stride_out") }
    if offsetIn > 0 { rarities.insert("stride_offset_in") }
    if channelOffset > 0 { rarities.insert("channel_offset") }
    if max(groupIn, groupOut) > 1 { rarities.insert("third group") }
    if padTop >= kernelHeight || padLeft >= kernelWidth { rarities.insert("kernel of pads") }
    return rarities
  }

  /// The value that an instruction sees: padding in place of what is padding.
  func value(_ y: Int, _ x: Int, _ channel: Int, padding: Int = 0) -> Int {
    let isPad =
      y < padTop || x < padLeft || x >= columns - kernelWidth + padRight + 1
      || y >= rows - kernelHeight + padBottom + 1 || channel >= groups * target.bankWidth - channelOffset
    return isPad ? padding : Int(image[y][x][channel])
  }

  /// The image as bytes in memory.
  var imageBytes: [Int8] { image.joined().joined().map { $0 } }

  /// Adds LOADs that bring the image, from the beginning of a region, to where the window expects it.
  func load(into bench: ProgramBench, register: Int) {
    let channels = groups * target.bankWidth
    for y in 0..<rows {
      let slot = offsetIn + y
      let distance = bankIn + slot / strideHeight
      bench.add(
        "LOAD",
        [
          "bank_id": groupIn * target.pixelParallelism + distance % target.pixelParallelism,
          "bank_addr": (bases[distance / target.pixelParallelism] + slot % strideHeight * endlIn) % 2048,
          "jump_write": jumpRead, "length": columns, "channel": channels, "jump_read": channels, "reg_id": register,
          "ddr_addr": y * columns * channels,
        ])
    }
  }

  /// Adds SAVEs that bring the results to the beginning of a region: `[output rows, length, output channels]`.
  func save(from bench: ProgramBench, register: Int) {
    let channels = outputGroups * target.bankWidth
    for y in 0..<outputRows {
      let slot = y + offsetOut
      let distance = bankOut + slot / strideOut
      let row = addressOut + (distance / target.pixelParallelism * strideOut + slot % strideOut) * endlOut
      bench.add(
        "SAVE",
        [
          "bank_id": groupOut * target.pixelParallelism + distance % target.pixelParallelism,
          "bank_addr": row % 2048, "jump_read": jumpWrite, "length": length, "channel": channels,
          "jump_write": channels, "reg_id": register,
          "ddr_addr": y * length * channels,
        ])
    }
  }

  /// Bytes of the results.
  var resultByteCount: Int { outputRows * length * outputGroups * target.bankWidth }

  /// The fields of the instruction and its INIT that describe the window.
  var fields: [String: Int] {
    [
      "bank_id_in": groupIn * target.pixelParallelism + bankIn, "bank_addr_in": bases[0], "bank_addr_in_1": bases[1],
      "bank_addr_in_2": bases[2],
      "bank_addr_in_3": bases[3], "stride_offset_in": offsetIn, "jump_read": jumpRead, "jump_read_endl": endlIn,
      "bank_id_out": groupOut * target.pixelParallelism + bankOut, "bank_addr_out": addressOut, "stride_out": strideOut,
      "stride_offset_out": offsetOut,
      "jump_write": jumpWrite, "jump_write_endl": endlOut, "channel_group": groups, "channel_offset": channelOffset,
      "kernel_h": kernelHeight, "kernel_w": kernelWidth, "stride_h": strideHeight, "stride_w": strideWidth,
      "pad_top": padTop, "pad_left": padLeft, "pad_bottom": padBottom, "pad_right": padRight, "vpp": outputRows,
      "length": length,
    ]
  }
}

extension ProgramBench {
  /// Adds an INIT and its instruction, each with those of the fields that it has.
  func add(_ setup: Opcode, _ opcode: Opcode, _ fields: [String: Int]) {
    for part in [setup, opcode] {
      guard let layout = target.isa.layout(part) else { preconditionFailure("\(target.isa) has no \(part)") }
      let own = layout.fields.compactMap { field in fields[field.name.rawValue].map { "\(field.name)=\($0)" } }
      add(line: ([part.rawValue] + own).joined(separator: " "))
    }
  }
}
