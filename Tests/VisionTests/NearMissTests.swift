import Testing
import Vision

@Suite struct NearMissTests {
  @Test(
    "finds slips of the fingers, and nothing in words that only share letters",
    arguments: [
      ("inspekt", "inspect"), ("insepct", "inspect"), ("RUN", "run"), ("evalute", "evaluate"), ("digset", "digest"),
      ("serve", nil), ("xyz", nil), ("", nil),
    ] as [(String, String?)])
  func nearMiss(word: String, meant: String?) {
    #expect(NearMiss.find(word, among: ["run", "evaluate", "inspect", "digest", "help"]) == meant)
  }
}
