import Boards
import SimulatedDPU
import TestSupport
import Testing

/// The catalogue of boards and the small table that predictions use, which may not see each other.
@Suite struct BoardAgreementTests {
  @Test("boards, cores, clocks and images are the same for loading and for predicting")
  func agreement() throws {
    let boards = try BoardCatalogue(folder: OverlayBench.catalogueFolder).boards
    #expect(Set(boards.map(\.name)) == Set(BoardFigures.all.map(\.name)))
    for figures in BoardFigures.all {
      let board = try #require(boards.first { $0.name == figures.name })
      #expect(board.title == figures.title && board.dpu.cores.value == figures.coreCount, "\(figures.name)")
      #expect(board.dpu.clockMegahertz.value == figures.megahertz, "\(figures.name)")
      let known = Set(board.dpu.images.compactMap(\.fingerprintValue))
      #expect(known == Set(figures.images.map(\.fingerprint.rawValue)), "\(figures.name)")
    }
  }
}
