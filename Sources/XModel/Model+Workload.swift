import Tensors

extension Model {
  /// The multiplications with a sum that an operation asks for, as the definition of the operation counts them.
  ///
  /// A convolution takes one for each output element and weight of its window, in padding too; a transposed one takes
  /// one for each input element and weight that it meets. Other operations multiply nothing with weights and count 0.
  ///
  /// - Returns: The number, `Int.max` where it does not fit.
  package func multiplyAccumulateCount(of operation: Int) -> Int {
    let node = graph.operations[operation]
    guard let weights = producers(of: operation, argument: "weights").first.map({ graph.operations[$0].output.shape }),
      weights.rank == 4
    else { return 0 }
    let output = node.output.shape
    let input = producers(of: operation, argument: "input").first.map { graph.operations[$0].output.shape }
    switch node.type {
    case "conv2d", "conv2d-fix":
      return product([output.elementCount, weights[1], weights[2], weights[3]])
    case "depthwise-conv2d", "depthwise-conv2d-fix":
      return product([output.elementCount, weights[1], weights[2]])
    case "transposed-conv2d", "transposed-conv2d-fix":
      return product([input?.elementCount ?? 0, weights[0], weights[1], weights[2]])
    case "transposed-depthwise-conv2d", "transposed-depthwise-conv2d-fix":
      return product([input?.elementCount ?? 0, weights[1], weights[2]])
    default: return 0
    }
  }

  /// The multiplications with a sum that some operations ask for together, `Int.max` where they do not fit.
  package func multiplyAccumulateCount(of operations: some Sequence<Int>) -> Int {
    operations.reduce(0) {
      let (sum, overflow) = $0.addingReportingOverflow(multiplyAccumulateCount(of: $1))
      return overflow ? .max : sum
    }
  }

  /// The numbers that the constants among some operations hold: weights, biases and other operands.
  package func constantElementCount(of operations: some Sequence<Int>) -> Int {
    operations.reduce(0) { graph.operations[$1].isConstant ? $0 + graph.operations[$1].output.shape.elementCount : $0 }
  }

  private func product(_ factors: [Int]) -> Int {
    var result = 1
    for factor in factors {
      let (product, overflow) = result.multipliedReportingOverflow(by: factor)
      if overflow { return factors.contains(0) ? 0 : .max }
      result = product
    }
    return result
  }
}
