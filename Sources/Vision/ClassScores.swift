#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif
package import Tensors

/// The probabilities of the classes of one picture.
package struct ClassScores: Equatable, Sendable {
  /// One probability per class; they add up to 1.
  package private(set) var probabilities: [Float] = []
  /// The class with the greatest logit; ties go to the lowest.
  package private(set) var best = 0

  /// Makes scores of no class, to be taken later.
  package init() {}

  /// Computes the softmax of int8 logits: `exp(x - max)` over its sum, with `x` the numbers that they stand for.
  ///
  /// - Precondition: At least one logit.
  package init(logits: UnsafeBufferPointer<Int8>, fixPoint: FixPoint) { take(logits: logits, fixPoint: fixPoint) }

  /// Takes the float output of a model.
  ///
  /// - Parameters:
  ///   - values: At least one number; where they are not probabilities yet, their softmax is taken.
  ///   - areProbabilities: Whether the model ends with a softmax.
  package init(values: UnsafeBufferPointer<Float>, areProbabilities: Bool) {
    take(values: values, areProbabilities: areProbabilities)
  }

  /// Takes int8 logits, in the memory of these scores.
  package mutating func take(logits: UnsafeBufferPointer<Int8>, fixPoint: FixPoint) {
    precondition(!logits.isEmpty, "no classes, no scores")
    best = argmax(logits)
    let greatest = Double(logits[best])
    let step = Double(fixPoint.step)
    takeSoftmax(of: logits) { exp((Double($0) - greatest) * step) }
  }

  /// Takes the float output of a model, in the memory of these scores.
  package mutating func take(values: UnsafeBufferPointer<Float>, areProbabilities: Bool) {
    precondition(!values.isEmpty, "no classes, no scores")
    best = values.greatest
    guard !areProbabilities else {
      probabilities.removeAll(keepingCapacity: true)
      return probabilities.append(contentsOf: values)
    }
    let greatest = Double(values[best])
    takeSoftmax(of: values) { exp(Double($0) - greatest) }
  }

  /// Takes powers over their sum; all in double: the reference computes so, and rounds the result to single precision.
  private mutating func takeSoftmax<Number>(of numbers: UnsafeBufferPointer<Number>, power: (Number) -> Double) {
    let sum = numbers.reduce(0) { $0 + power($1) }
    probabilities.removeAll(keepingCapacity: true)
    for number in numbers { probabilities.append(Float(power(number) / sum)) }
  }

  /// The classes with the greatest probabilities, greatest first; of equal ones the lower class comes first.
  package func top(_ count: Int) -> [(label: Int, probability: Float)] {
    let order = probabilities.indices.sorted {
      probabilities[$0] != probabilities[$1] ? probabilities[$0] > probabilities[$1] : $0 < $1
    }
    return order.prefix(count).map { (label: $0, probability: probabilities[$0]) }
  }
}
