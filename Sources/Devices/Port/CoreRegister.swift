/// The registers of a core that may be read at any time, by their offsets.
///
/// | offset | register | access | meaning |
/// |---|---|---|---|
/// | 0x00 | AP_CTRL | driver only | start, done (cleared by reading), idle, ready |
/// | 0x20 0x24 0x28 | SYS TIMESTAMP FREQ | read | version and type, time of building, configured MHz |
/// | 0x40 | DONECLR | write 1 | clears the done flag; without it only the first job ends |
/// | 0x44 | PROF_EN | write 1 | counters on |
/// | 0x48 | HP_CMD | write 0x07070f0f | limits of bursts |
/// | 0x50 0x54 | INSTR_ADDR | write | address of the code, low and high word |
/// | 0x60 + 8i, 0x64 + 8i | BASEi, i = 0…7 | write | address of region i, low and high word; all ones if unused |
/// | 0x100 … 0x130 | GIT_COMMIT_ID … MISC | read | what the core was built from and how wide its engines are |
/// | 0x180 … 0x19C | LSTART … MEND | read | instructions started and ended by each engine |
/// | 0x1A0 0x1A4 | CYCLE | read | cycles of the last job, low and high word |
/// | 0x1A8 0x1AC | DPU_STS AXI_STS | read | status words |
/// | 0x1F0 0x1F4 | FINGERPRINT | read | configuration, low and high word |
///
/// AP_CTRL has no case here: whoever reads it while a job runs takes the done flag from the driver, which then waits
/// for ever.
///
/// - Source: register headers of Vitis AI's `dpu_control_xrt_edge`, `dpu_edge.hpp` and `xdputil`.
package enum CoreRegister: UInt32, CaseIterable, Sendable {
  case version = 0x20
  case buildTime = 0x24
  case frequency = 0x28
  case commit = 0x100
  case commitTime = 0x104
  case subversion = 0x108
  case architecture = 0x110
  case memoryConfiguration = 0x114
  case loadConfiguration = 0x118
  case convolutionConfiguration = 0x11C
  case saveConfiguration = 0x120
  case poolConfiguration = 0x124
  case eltwiseConfiguration = 0x128
  case depthwiseConfiguration = 0x12C
  case miscellaneousConfiguration = 0x130
  case loadsStarted = 0x180
  case loadsEnded = 0x184
  case convolutionsStarted = 0x188
  case convolutionsEnded = 0x18C
  case savesStarted = 0x190
  case savesEnded = 0x194
  case miscellaneousStarted = 0x198
  case miscellaneousEnded = 0x19C
  case cyclesLow = 0x1A0
  case cyclesHigh = 0x1A4
  case status = 0x1A8
  case busStatus = 0x1AC
  case fingerprintLow = 0x1F0
  case fingerprintHigh = 0x1F4
}
