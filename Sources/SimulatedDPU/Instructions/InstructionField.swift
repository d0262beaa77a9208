/// The named fields of instructions, by the names of AMD's documents.
package enum InstructionField: String, CaseIterable, Sendable, CustomStringConvertible {
  // Where in the banks.
  case bankID = "bank_id"
  case bankAddress = "bank_addr"
  case bankIDIn = "bank_id_in"
  case bankAddressIn = "bank_addr_in"
  case bankAddressIn1 = "bank_addr_in_1"
  case bankAddressIn2 = "bank_addr_in_2"
  case bankAddressIn3 = "bank_addr_in_3"
  case bankIDOut = "bank_id_out"
  case bankAddressOut = "bank_addr_out"
  case bankAddressWeights = "bank_addr_weights"
  case bankAddressBias = "bank_addr_bias"
  case jumpBank = "jump_bank"
  case jumpRead = "jump_read"
  case jumpReadEndl = "jump_read_endl"
  case jumpReadWeights = "jump_read_weights"
  case jumpWrite = "jump_write"
  case jumpWriteEndl = "jump_write_endl"
  case sharePP = "share_pp"

  // Where in memory.
  case regID = "reg_id"
  case ddrAddress = "ddr_addr"
  case hpID = "hp_id"

  // How much.
  case length
  case channel
  case channelGroup = "channel_group"
  case channelOffset = "channel_offset"
  case vpp
  case num
  case id

  // The window.
  case kernelW = "kernel_w"
  case kernelH = "kernel_h"
  case kernelD = "kernel_d"
  case dsKernelW = "ds_kernel_w"
  case dsKernelH = "ds_kernel_h"
  case strideW = "stride_w"
  case strideH = "stride_h"
  case strideOut = "stride_out"
  case strideOffsetIn = "stride_offset_in"
  case strideOffsetOut = "stride_offset_out"
  case padTop = "pad_top"
  case padLeft = "pad_left"
  case padBottom = "pad_bottom"
  case padRight = "pad_right"
  case padIndex = "pad_idx"
  case padStart = "pad_start"
  case padEnd = "pad_end"

  // The arithmetic.
  case shiftCut = "shift_cut"
  case shiftBias = "shift_bias"
  case shiftRead = "shift_read"
  case shiftWrite = "shift_write"
  case shiftPreluN = "shift_prelu_n"
  case shiftPreluP = "shift_prelu_p"
  case actType = "act_type"
  case poolType = "pool_type"
  case elewType = "elew_type"
  case execMode = "exec_mode"
  case multiFactor = "multi_factor"
  case modeAvg = "mode_avg"
  case argmax
  case constEn = "const_en"
  case constValue = "const_value"
  case broadcast

  /// The name.
  package var description: String { rawValue }
}
