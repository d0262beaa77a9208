import Foundation
import TestSupport
import Testing

/// What goes wrong in the field, as users of boards have reported it, and the test of what is said then.
///
/// | number | in the field | here |
/// |---|---|---|
/// | 2, 7, 11, 16 | nothing can provoke it without a board | the advice is checked, and the refusal that prevents it |
/// | the others | | provoked on a board in a library, or on a reconstructed tree |
///
/// - Source: issue threads of Vitis AI, DPU-PYNQ, XRT and Kria, and the sources of XRT and zocl.
enum Symptom: Int, CaseIterable, CustomStringConvertible {
  case fingerprintFailure = 1
  case compilerRejectsTarget
  case timeoutBeforeAnyInstruction
  case timeoutInLoad
  case timeoutWaiting
  case worksOnce
  case randomTimeouts
  case allocationFailure
  case noDevice
  case coreNotFound
  case kernelOops
  case contextRefused
  case waitsForLock
  case deadlock
  case wrongResults
  case boardResets
  case configurationFight
  case notOperating
  case sameUUID
  case registerZero

  /// The words of people who saw it.
  var description: String {
    switch self {
    case .fingerprintFailure: "fingerprint check failure"
    case .compilerRejectsTarget: "the compiler rejects an ISA0 target"
    case .timeoutBeforeAnyInstruction: "dpu timeout, all counters 0"
    case .timeoutInLoad: "dpu timeout, LSTART > LEND"
    case .timeoutWaiting: "dpu timeout, every START is its END"
    case .worksOnce: "works once after power-on, then times out"
    case .randomTimeouts: "random timeouts under load"
    case .allocationFailure: "bo_ != NULL allocation failure"
    case .noDevice: "No device can use"
    case .coreNotFound: "DPUCZDX8G:DPUCZDX8G_1 not found, CU index -2"
    case .kernelOops: "kernel oops in xrt_cu_hls_init, or Bus error"
    case .contextRefused: "context EINVAL or EBUSY"
    case .waitsForLock: "waits for ever at the start"
    case .deadlock: "EDEADLK"
    case .wrongResults: "results wrong but plausible"
    case .boardResets: "the board resets"
    case .configurationFight: "dfx-mgr and PYNQ fight over vart.conf"
    case .notOperating: "fpga_manager: unknown or write error"
    case .sameUUID: "a second load changes nothing"
    case .registerZero: "hangs when a debug tool polls register 0"
    }
  }

  /// Whether it is made to happen; of the others, the advice and the refusal are checked.
  var isProvoked: Bool { ![.compilerRejectsTarget, .randomTimeouts, .kernelOops, .boardResets].contains(self) }

  /// Checks what is said.
  func check() throws {
    switch self {
    case .fingerprintFailure: try ModelSymptoms.fingerprintFailure()
    case .compilerRejectsTarget: try ModelSymptoms.compilerRejectsTarget()
    case .timeoutBeforeAnyInstruction: try JobSymptoms.timeoutBeforeAnyInstruction()
    case .timeoutInLoad: try JobSymptoms.timeoutInLoad()
    case .timeoutWaiting: try JobSymptoms.timeoutWaiting()
    case .worksOnce: try JobSymptoms.worksOnce()
    case .randomTimeouts: try BoardSymptoms.randomTimeouts()
    case .allocationFailure: try ModelSymptoms.allocationFailure()
    case .noDevice: try BoardSymptoms.noDevice()
    case .coreNotFound: try BoardSymptoms.coreNotFound()
    case .kernelOops: try BoardSymptoms.kernelOops()
    case .contextRefused: try BoardSymptoms.contextRefused()
    case .waitsForLock: try BoardSymptoms.waitsForLock()
    case .deadlock: try JobSymptoms.deadlock()
    case .wrongResults: try JobSymptoms.wrongResults()
    case .boardResets: try BoardSymptoms.boardResets()
    case .configurationFight: try BoardSymptoms.configurationFight()
    case .notOperating: try BoardSymptoms.notOperating()
    case .sameUUID: try BoardSymptoms.sameUUID()
    case .registerZero: try JobSymptoms.registerZero()
    }
  }
}

struct SymptomTests {
  @Test("each symptom of the field leads to its cause and its remedy", arguments: Symptom.allCases)
  func symptom(symptom: Symptom) throws { try symptom.check() }

  @Test("there are 20 of them, and 16 are made to happen")
  func complete() {
    #expect(Symptom.allCases.map(\.rawValue) == Array(1...20))
    #expect(Symptom.allCases.filter(\.isProvoked).count == 16)
  }
}
