import SimulatedDPU
import Testing
import XModel

struct BoardFiguresTests {
  @Test("boards are found by name, and one without a known clock says so")
  func names() {
    #expect(BoardFigures.named("zcu104")?.coreCount == 2)
    #expect(BoardFigures.named("kv260")?.megahertz == 300)
    #expect(BoardFigures.named("ultra96v2")?.megahertz == nil)
    #expect(BoardFigures.named("zcu102") == nil)
  }

  @Test("every image is a core that can be simulated")
  func images() throws {
    for board in BoardFigures.all {
      for image in board.images {
        #expect(try DPUTarget(image.fingerprint).fingerprint == image.fingerprint)
        #expect(board.misfit(of: image.fingerprint) == nil)
      }
    }
  }

  @Test("a model for another core is told apart in words")
  func misfit() throws {
    let words = try #require(BoardFigures.ultra96v2.misfit(of: Fingerprint(0x101_0000_5601_0407)))
    #expect(words.contains("the model is compiled for DPUCZDX8G ISA1 B4096"))
    #expect(words.contains("argmax"))
    #expect(words.contains("images of the Ultra96-V2 have DPUCZDX8G ISA1 B1600"))
    #expect(words.contains("(0x1000020f6014405, own builds with Vitis AI 1.3 and 1.4)"))
  }
}
