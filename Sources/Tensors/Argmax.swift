/// Finds the index of the greatest element; ties go to the lowest index.
///
/// - Parameter values: At least one element.
@inlinable
package func argmax(_ values: UnsafeBufferPointer<Int8>) -> Int {
  var best = 0
  for index in 1..<max(1, values.count) where values[index] > values[best] { best = index }
  return best
}
