/// What is known of the design in the PL.
package enum PLState: Equatable, Sendable {
  /// There is no fpga_manager: not a Zynq UltraScale+, or a kernel without it.
  case absent
  /// No design runs; the kernel's own word for the state.
  case notProgrammed(String)
  /// A design runs that was loaded by this program, or vouched for by a person.
  case recorded(OverlayRecord)
  /// A design runs that dfx-mgr says it loaded: the application or several, and the UUIDs of the xclbins in their folders.
  case application(String, [XclbinUUID])
  /// A design runs, and nothing tells which; why not.
  case unknown(String)

  /// The state in words.
  package var words: String {
    switch self {
    case .absent: "no fpga_manager: this machine has no PL, or its kernel no driver for it"
    case .notProgrammed(let state): "not programmed (fpga_manager: \(state))"
    case .recorded(let record) where record.programmedBy == .assumed:
      "assumed to hold \(record.folder): programmed by something else, vouched for at \(record.time)"
    case .recorded(let record): "programmed from \(record.folder) by \(record.programmedBy.rawValue) at \(record.time)"
    case .application(let name, _): "programmed by dfx-mgr with the application \(name)"
    case .unknown(let reason): "programmed, but with what is unknown: \(reason)"
    }
  }
}
