/// What an instruction costs beyond the work that its fields ask for: all constants of the cycle model.
///
/// | work | cycles | of |
/// |---|---|---|
/// | LOAD, SAVE | length x ceil(channel / bank width) | one bank row in a cycle |
/// | CONV, POOL, DPTWISE, ALU | length x kernel_h x kernel_w x channel_group | one kernel position in a cycle |
/// | ELEW | num x length x channel_group | one bank row of one operand in a cycle |
/// | INITs, END | 0 | |
///
/// - Source: the work is what the array can do at most (PG338); the costs are fitted, see `calibrated`.
package struct CycleCosts: Equatable, Sendable {
  /// Cycles that every LOAD and SAVE takes longer.
  package let transfer: Int
  /// Cycles that every CONV, POOL, DPTWISE, ALU and ELEW takes longer.
  package let compute: Int
  /// Cycles that each pixel of a SAVE takes longer where pixels do not lie next to each other in memory.
  package let scatteredPixel: Int

  /// Nothing but the work, one bank row in a cycle; a bound but for LOADs, whose published peak rate is a little higher.
  package static let ideal = CycleCosts(transfer: 0, compute: 0, scatteredPixel: 0)

  /// Fitted to two measured programs.
  ///
  /// - Source: frames/s of SENECA's 1M and 2M models on a ZCU104 (two B4096 cores, VART, four threads): 335.40 and 254.87,
  ///   so 5.963 and 7.847 ms for a frame and core; this model says 5.813 and 7.619. 300 MHz is assumed. The ratio of
  ///   the two, 1.316, can't be had without the cost of scattered pixels; the other constants are the less certain.
  package static let calibrated = CycleCosts(transfer: 60, compute: 20, scatteredPixel: 3)
}
