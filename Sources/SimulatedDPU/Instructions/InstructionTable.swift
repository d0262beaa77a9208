// The instruction table: decoder, disassembler, assembler and executor all read it, and nothing else knows a bit.
//
// Source: AMD's headers dpuczdx8g_isa0.h and dpuczdx8g_isa1.h, its instruction simulator for the layouts of CONVINIT to
// DPTWISE and of ISA0's ELEWINIT and ELEW; executed bit-exactly over 193 public programs. docs/dpu-isa.md tells each field.

extension ISA {
  /// The layouts of all instructions.
  package var layouts: [InstructionLayout] { self == .isa0 ? ISA.isa0Layouts : ISA.isa1Layouts }

  /// The layout of a number in bits 31:28 of word 0, `nil` where the encoding has none.
  package func layout(code: UInt32) -> InstructionLayout? { ISA.byCode[rawValue][Int(code & 15)] }

  /// The layout of a kind of instruction, `nil` where the encoding has none.
  package func layout(_ opcode: Opcode) -> InstructionLayout? { layouts.first { $0.opcode == opcode } }

  private static let byCode: [[InstructionLayout?]] = allCases.map { isa in
    (0..<16).map { code in isa.layouts.first { $0.code == UInt32(code) } }
  }

  private static let isa0Layouts = isa0Own + common
  private static let isa1Layouts = isa1Own + common

  /// Instructions that are laid out the same in both; ISA1 programs use ALU in place of POOL and DPTWISE.
  private static let common: [InstructionLayout] = [
    InstructionLayout(
      .convinit, 0x9,
      [
        [.minusOne(.jumpRead, 0...9), .plain(.shiftCut, 10...15), .plain(.actType, 16...19)],
        [
          .minusOne(.jumpReadEndl, 0...9), .plain(.shiftBias, 10...15), .reserved(16...27),
          .minusOne(.strideOut, 28...31),
        ],
        [
          .minusOne(.jumpWrite, 0...9), .plain(.strideOffsetIn, 10...12), .minusOne(.vpp, 13...15),
          .reserved(16...23), .minusOne(.kernelH, 24...27), .minusOne(.strideH, 28...31),
        ],
        [
          .minusOne(.jumpWriteEndl, 0...9), .plain(.strideOffsetOut, 10...12), .reserved(13...23),
          .minusOne(.kernelW, 24...27), .minusOne(.strideW, 28...31),
        ],
      ]),
    InstructionLayout(
      .conv, 0x8,
      [
        [.plain(.bankAddressIn, 0...11), .plain(.padTop, 12...15), .plain(.padLeft, 16...19)],
        [
          .plain(.bankAddressOut, 0...11), .plain(.padBottom, 12...15), .plain(.padRight, 16...19),
          .reserved(20...23), .minusOne(.channelGroup, 24...31),
        ],
        [
          .plain(.bankAddressWeights, 0...11), .plain(.bankIDIn, 12...17), .reserved(18...21),
          .minusOne(.length, 22...31),
        ],
        [
          .plain(.bankAddressBias, 0...11), .plain(.bankIDOut, 12...17), .plain(.bankAddressIn1, 18...29),
          .reserved(30...31),
        ],
        [
          .plain(.bankAddressIn2, 0...11), .plain(.bankAddressIn3, 12...23), .plain(.channelOffset, 24...28),
          .reserved(29...31),
        ],
      ]),
    InstructionLayout(
      .poolinit, 0x6,
      [
        [
          .minusOne(.jumpRead, 0...9), .minusOne(.kernelH, 10...12), .minusOne(.kernelW, 13...15),
          .plain(.shiftCut, 16...19),
        ],
        [
          .plain(.poolType, 0...1), .minusOne(.strideH, 2...4), .minusOne(.strideW, 5...7),
          .plain(.strideOffsetIn, 8...10), .minusOne(.vpp, 11...13), .plain(.strideOffsetOut, 14...16),
          .minusOne(.strideOut, 17...20), .minusOne(.jumpWrite, 21...30), .reserved(31...31),
        ],
      ]),
    InstructionLayout(
      .pool, 0xC,
      [
        [.plain(.bankAddressIn, 0...11), .minusOne(.channelGroup, 12...19)],
        [
          .plain(.bankIDIn, 0...5), .plain(.padBottom, 6...8), .plain(.padRight, 9...11), .plain(.padTop, 12...14),
          .plain(.padLeft, 15...17), .minusOne(.jumpWriteEndl, 18...29), .reserved(30...31),
        ],
        [
          .plain(.bankIDOut, 0...5), .minusOne(.length, 6...15), .minusOne(.jumpReadEndl, 16...27),
          .reserved(28...31),
        ],
        [.plain(.bankAddressOut, 0...11), .plain(.bankAddressIn1, 12...23), .minusOne(.dsKernelW, 24...31)],
        [.plain(.bankAddressIn2, 0...11), .plain(.bankAddressIn3, 12...23), .minusOne(.dsKernelH, 24...31)],
      ]),
    InstructionLayout(
      .dwinit, 0xB,
      [
        [.minusOne(.jumpReadEndl, 0...9), .minusOne(.jumpRead, 10...19)],
        [
          .minusOne(.jumpWriteEndl, 0...9), .minusOne(.kernelH, 10...13), .minusOne(.kernelW, 14...17),
          .minusOne(.strideH, 18...21), .minusOne(.strideW, 22...25), .minusOne(.vpp, 26...28),
          .plain(.strideOffsetIn, 29...31),
        ],
        [
          .plain(.shiftCut, 0...5), .plain(.shiftBias, 6...11), .plain(.strideOffsetOut, 12...14),
          .minusOne(.strideOut, 15...18), .minusOne(.jumpWrite, 19...28), .reserved(29...31),
        ],
      ]),
    InstructionLayout(
      .dptwise, 0xA,
      [
        [.plain(.bankAddressIn, 0...11), .minusOne(.channelGroup, 12...19)],
        [
          .plain(.bankAddressOut, 0...11), .reserved(12...15), .plain(.padBottom, 16...19),
          .plain(.padTop, 20...23), .plain(.padRight, 24...27), .plain(.padLeft, 28...31),
        ],
        [
          .plain(.bankAddressWeights, 0...11), .plain(.bankIDIn, 12...17), .minusOne(.length, 18...27),
          .plain(.actType, 28...31),
        ],
        [
          .plain(.bankAddressBias, 0...11), .plain(.bankIDOut, 12...17), .plain(.bankAddressIn1, 18...29),
          .reserved(30...31),
        ],
        [
          .plain(.bankAddressIn2, 0...11), .plain(.bankAddressIn3, 12...23), .plain(.channelOffset, 24...28),
          .reserved(29...31),
        ],
      ]),
    InstructionLayout(
      .end, 0x7,
      [
        [.reserved(0...19)]
      ]),
  ]

  private static let isa0Own: [InstructionLayout] = [
    InstructionLayout(
      .load, 0x0,
      [
        [.plain(.bankAddress, 0...11), .plain(.bankID, 12...17), .plain(.hpID, 18...19)],
        [
          .minusOne(.jumpRead, 0...15), .minusOne(.padIndex, 16...20), .plain(.padEnd, 21...25),
          .plain(.padStart, 26...30), .reserved(31...31),
        ],
        [
          .minusOne(.channel, 0...11), .plain(.modeAvg, 12...13), .minusOne(.length, 14...23),
          .minusOne(.jumpWrite, 24...31),
        ],
        [.plain(.ddrAddress, 0...28), .plain(.regID, 29...31)],
      ]),
    InstructionLayout(
      .save, 0x4,
      [
        [.plain(.bankAddress, 0...11), .plain(.bankID, 12...17), .plain(.hpID, 18...19)],
        [.minusOne(.jumpWrite, 0...15), .reserved(16...31)],
        [.minusOne(.channel, 0...11), .reserved(12...13), .minusOne(.length, 14...23), .minusOne(.jumpRead, 24...31)],
        [.plain(.ddrAddress, 0...28), .plain(.regID, 29...31)],
      ]),
    InstructionLayout(
      .elewinit, 0xD,
      [
        [.minusOne(.jumpRead, 0...9), .plain(.shiftRead, 10...13), .plain(.bankIDIn, 14...19)],
        [.plain(.bankAddressIn, 0...11), .plain(.id, 12...13), .minusOne(.jumpReadEndl, 14...25), .reserved(26...31)],
      ]),
    InstructionLayout(
      .elew, 0xE,
      [
        [.minusOne(.jumpWrite, 0...9), .plain(.shiftWrite, 10...13), .plain(.bankIDOut, 14...19)],
        [
          .plain(.bankAddressOut, 0...11), .minusOne(.length, 12...20), .plain(.actType, 21...21),
          .minusOne(.channelGroup, 22...29), .minusOne(.num, 30...31),
        ],
        [.minusOne(.jumpWriteEndl, 0...11), .minusOne(.vpp, 12...14), .reserved(15...31)],
      ]),
  ]

  private static let isa1Own: [InstructionLayout] = [
    InstructionLayout(
      .load, 0x0,
      [
        [.plain(.bankAddress, 0...11), .reserved(12...13), .plain(.bankID, 14...19)],
        [.minusOne(.jumpWrite, 0...9), .minusOne(.jumpRead, 10...25), .reserved(26...31)],
        [.minusOne(.length, 0...9), .minusOne(.channel, 10...23), .reserved(24...26), .minusOne(.padIndex, 27...31)],
        [
          .plain(.regID, 0...2), .reserved(3...7), .plain(.constValue, 8...15), .plain(.broadcast, 16...19),
          .plain(.modeAvg, 20...21), .plain(.padEnd, 22...26), .plain(.padStart, 27...31),
        ],
        [.plain(.ddrAddress, 0...28), .reserved(29...31)],
      ]),
    InstructionLayout(
      .save, 0x4,
      [
        [.plain(.bankAddress, 0...11), .reserved(12...13), .plain(.bankID, 14...19)],
        [
          .minusOne(.jumpRead, 0...9), .minusOne(.jumpWrite, 10...25), .reserved(26...26),
          .plain(.argmax, 27...28), .plain(.hpID, 29...30), .reserved(31...31),
        ],
        [.minusOne(.length, 0...9), .minusOne(.channel, 10...21), .reserved(22...31)],
        [
          .plain(.regID, 0...2), .reserved(3...7), .plain(.constValue, 8...15), .plain(.constEn, 16...16),
          .reserved(17...31),
        ],
        [.plain(.ddrAddress, 0...28), .reserved(29...31)],
      ]),
    InstructionLayout(
      .aluinit, 0x1,
      [
        [.minusOne(.kernelW, 0...7), .minusOne(.kernelH, 8...15), .plain(.execMode, 16...19)],
        [
          .plain(.strideOffsetOut, 0...7), .plain(.strideOffsetIn, 8...15), .minusOne(.strideW, 16...23),
          .minusOne(.strideH, 24...31),
        ],
        [
          .minusOne(.length, 0...10), .plain(.channelOffset, 11...15), .minusOne(.channelGroup, 16...23),
          .minusOne(.strideOut, 24...31),
        ],
        [
          .plain(.shiftPreluN, 0...5), .plain(.shiftCut, 6...11), .plain(.shiftBias, 12...17),
          .plain(.actType, 18...21), .plain(.shiftPreluP, 22...27), .reserved(28...31),
        ],
        [
          .minusOne(.jumpReadEndl, 0...12), .minusOne(.jumpRead, 13...22), .signed(.multiFactor, 23...30),
          .reserved(31...31),
        ],
        [.minusOne(.jumpWriteEndl, 0...12), .minusOne(.jumpWrite, 13...22), .plain(.jumpReadWeights, 23...31)],
      ]),
    InstructionLayout(
      .alu, 0x2,
      [
        [.plain(.bankAddressOut, 0...13), .plain(.bankIDOut, 14...19)],
        [
          .plain(.bankAddressIn, 0...13), .plain(.bankIDIn, 14...19), .minusOne(.vpp, 20...22),
          .plain(.padBottom, 23...30), .reserved(31...31),
        ],
        [
          .plain(.bankAddressIn1, 0...13), .plain(.padRight, 14...21), .plain(.padLeft, 22...25),
          .plain(.padTop, 26...29), .reserved(30...31),
        ],
        [.plain(.bankAddressIn2, 0...13), .plain(.bankAddressWeights, 14...27), .minusOne(.kernelD, 28...31)],
        [.plain(.bankAddressIn3, 0...13), .plain(.bankAddressBias, 14...27), .reserved(28...31)],
      ]),
    InstructionLayout(
      .elewinit, 0xD,
      [
        [.reserved(0...12), .plain(.sharePP, 13...13), .plain(.bankIDIn, 14...19)],
        [
          .plain(.bankAddressIn, 0...13), .minusOne(.jumpReadEndl, 14...26), .plain(.id, 27...28),
          .minusOne(.jumpBank, 29...31),
        ],
        [.plain(.jumpRead, 0...11), .plain(.shiftRead, 12...15), .reserved(16...31)],
      ]),
    InstructionLayout(
      .elew, 0xE,
      [
        [
          .minusOne(.length, 0...10), .plain(.actType, 11...11), .plain(.elewType, 12...13),
          .plain(.bankIDOut, 14...19),
        ],
        [
          .plain(.bankAddressOut, 0...13), .minusOne(.jumpWriteEndl, 14...26), .minusOne(.num, 27...28),
          .minusOne(.vpp, 29...31),
        ],
        [
          .minusOne(.jumpWrite, 0...11), .plain(.shiftWrite, 12...16), .minusOne(.channelGroup, 17...24),
          .reserved(25...31),
        ],
      ]),
  ]
}
