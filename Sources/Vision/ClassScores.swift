#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif
package import Tensors

/// The probabilities of the classes of one picture.
package struct ClassScores: Equatable, Sendable {
  /// One probability per class; they add up to 1.
  package let probabilities: [Float]
  /// The class with the greatest logit; ties go to the lowest.
  package let best: Int

  /// Computes the softmax of int8 logits: `exp(x - max)` over its sum, with `x` the numbers that they stand for.
  ///
  /// - Precondition: At least one logit.
  package init(logits: UnsafeBufferPointer<Int8>, fixPoint: FixPoint) {
    precondition(!logits.isEmpty, "no classes, no scores")
    best = argmax(logits)
    let greatest = Double(logits[best])
    // All in double: the reference computes so, and rounds the result to single precision.
    let step = Double(fixPoint.step)
    let powers = logits.map { exp((Double($0) - greatest) * step) }
    let sum = powers.reduce(0, +)
    probabilities = powers.map { Float($0 / sum) }
  }

  /// Takes the float output of a model.
  ///
  /// - Parameters:
  ///   - values: At least one number; where they are not probabilities yet, their softmax is taken.
  ///   - areProbabilities: Whether the model ends with a softmax.
  package init(values: UnsafeBufferPointer<Float>, areProbabilities: Bool) {
    precondition(!values.isEmpty, "no classes, no scores")
    best = values.greatest
    guard !areProbabilities else {
      probabilities = Array(values)
      return
    }
    let greatest = Double(values[best])
    let powers = values.map { exp(Double($0) - greatest) }
    let sum = powers.reduce(0, +)
    probabilities = powers.map { Float($0 / sum) }
  }

  /// The classes with the greatest probabilities, greatest first; of equal ones the lower class comes first.
  package func top(_ count: Int) -> [(label: Int, probability: Float)] {
    let order = probabilities.indices.sorted {
      probabilities[$0] != probabilities[$1] ? probabilities[$0] > probabilities[$1] : $0 < $1
    }
    return order.prefix(count).map { (label: $0, probability: probabilities[$0]) }
  }
}
