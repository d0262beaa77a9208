import SimulatedDPU

/// The board, clock and cores of a prediction, and where each is known from.
struct PredictionSetting {
  let board: BoardFigures
  let megahertz: Double
  let isClockGiven: Bool
  let coreCount: Int
  let areCoresGiven: Bool
  /// Whether a model for another core is predicted too.
  let isWhatIf: Bool

  /// Takes the setting out of the arguments and the table of boards.
  ///
  /// - Throws: An error of usage without a board, and without a clock where no source tells it.
  init(_ arguments: Arguments) throws(CommandError) {
    guard let board = arguments.text("board").flatMap(BoardFigures.named) else {
      let names = BoardFigures.all.map(\.name).joined(separator: ", ")
      throw CommandError(.usage, "predict: needs --board, one of \(names) (see 'dpu help predict')")
    }
    guard let megahertz = arguments.number("clock") ?? board.megahertz else {
      throw CommandError(
        .usage,
        "predict: the clock of the \(board.title)'s DPU is in no public file; give it with --clock MHZ (a core tells it "
          + "in its register FREQ)")
    }
    self.board = board
    self.megahertz = megahertz
    isClockGiven = arguments.number("clock") != nil
    coreCount = arguments.integer("cores") ?? board.coreCount
    areCoresGiven = arguments.integer("cores") != nil
    isWhatIf = arguments.flag("what-if")
  }
}
