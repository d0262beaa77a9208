import Testing
import Vision

/// Expects an error of one kind whose text contains some words.
func expectError<R>(
  _ code: VisionError.Code, containing words: String, sourceLocation: SourceLocation = #_sourceLocation,
  from body: () throws -> R
) {
  do {
    _ = try body()
    Issue.record("no error, expected \(code) with \"\(words)\"", sourceLocation: sourceLocation)
  } catch let error as VisionError {
    #expect(error.code == code, "\(error)", sourceLocation: sourceLocation)
    #expect(error.description.contains(words), "\(error)", sourceLocation: sourceLocation)
  } catch {
    Issue.record("\(error)", sourceLocation: sourceLocation)
  }
}
