/// Runs something that should fail and gives its error, `nil` if it did not fail or failed with another type.
///
/// - Note: `#expect(throws:)` gives no error back before Swift 6.1.
package func thrownError<E: Error, R>(_ type: E.Type, by body: () throws -> R) -> E? {
  do {
    _ = try body()
    return nil
  } catch {
    return error as? E
  }
}
