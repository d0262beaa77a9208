package import Devices
package import XModel

/// The registers of one simulated core, with the habits of the real ones.
///
/// AP_CTRL's done bit is cleared by whoever reads it, so that a second reader finds none. A done flag that DONECLR did
/// not clear before the start swallows the next one.
package struct RegisterFile {
  /// Bits of AP_CTRL.
  ///
  /// - Source: AP_CTRL_HS, the handshake of AMD's generated cores.
  package enum Control {
    /// Written: the core starts.
    package static let start: UInt32 = 1
    /// Read once: the job has ended.
    package static let done: UInt32 = 2
    /// Read: the core does nothing.
    package static let idle: UInt32 = 4
  }

  private var words: [UInt32: UInt32] = [:]
  private var isDone = false
  private var isIdle = true
  /// Whether the flag behind the done bit still stands from the last job.
  private var isFlagSet = false

  /// Makes the registers of a core after power-on.
  ///
  /// - Parameter megahertz: The clock that the core was built for.
  package init(fingerprint: Fingerprint, megahertz: Int) {
    self[.fingerprintLow] = UInt32(truncatingIfNeeded: fingerprint.rawValue)
    self[.fingerprintHigh] = UInt32(truncatingIfNeeded: fingerprint.rawValue >> 32)
    // IP version 3.x or 4.x in the top byte, type 1 (DPU) below it.
    self[.version] = (fingerprint.instructionSet == 0 ? 0x30 : 0x40) << 24 | 1 << 16
    self[.frequency] = UInt32(truncatingIfNeeded: megahertz)
  }

  private subscript(register: CoreRegister) -> UInt32 {
    get { words[register.rawValue] ?? 0 }
    set { words[register.rawValue] = newValue }
  }

  /// Reads a word; reading AP_CTRL takes the done bit away.
  package mutating func read(_ offset: UInt32) -> UInt32 {
    guard offset == 0 else { return words[offset] ?? 0 }
    let value = (isDone ? Control.done : 0) | (isIdle ? Control.idle : 0)
    isDone = false
    return value
  }

  /// Writes a word.
  package mutating func write(_ offset: UInt32, _ value: UInt32) {
    switch offset {
    case 0: if value & Control.start != 0 { isIdle = false }
    case 0x40: if value & 1 != 0 { isFlagSet = false }
    default: words[offset] = value
    }
  }

  /// The address of the code as the registers hold it.
  package var codeAddress: UInt64 { address(at: 0x50) }

  /// The addresses of the regions as the registers hold them, `nil` for all ones.
  package var bases: [UInt64?] {
    (0..<StartCommand.baseCount).map { number in
      let base = address(at: 0x60 + 8 * UInt32(number))
      return base == .max ? nil : base
    }
  }

  private func address(at offset: UInt32) -> UInt64 {
    UInt64(words[offset + 4] ?? 0) << 32 | UInt64(words[offset] ?? 0)
  }

  /// Notes what the engines did.
  package mutating func setCounters(_ counters: EngineCounters) {
    let engines: [(CoreRegister, CoreRegister, EngineCounters.Engine)] = [
      (.loadsStarted, .loadsEnded, counters.load), (.savesStarted, .savesEnded, counters.save),
      (.convolutionsStarted, .convolutionsEnded, counters.convolution),
      (.miscellaneousStarted, .miscellaneousEnded, counters.miscellaneous),
    ]
    for (started, ended, counts) in engines {
      self[started] = UInt32(truncatingIfNeeded: counts.started)
      self[ended] = UInt32(truncatingIfNeeded: counts.ended)
    }
    self[.cyclesLow] = UInt32(truncatingIfNeeded: counters.cycles)
    self[.cyclesHigh] = UInt32(truncatingIfNeeded: counters.cycles >> 32)
  }

  /// Notes that a job has ended.
  package mutating func finish() {
    isIdle = true
    if !isFlagSet { isDone = true }
    isFlagSet = true
  }
}
