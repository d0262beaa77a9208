import Devices
import Tensors

/// `reduction_max-fix` and `reduction_mean-fix`: the maximum or the DPU's mean along some axes.
final class Reduction: Kernel {
  let rows: Int

  private enum Form { case maximum, mean(multiplier: Int64) }
  private let form: Form
  private let shift: Int
  /// Input offsets of the elements that fall together, relative to the first.
  private let offsets: [Int]
  /// For each kept axis its extent and input stride, innermost first.
  private let kept: [(extent: Int, stride: Int)]

  init(_ reader: OperationReader, mean: Bool) throws(DeviceError) {
    let inputLayout = try reader.input
    let outputLayout = try reader.output
    let shape = inputLayout.shape
    guard let list = reader.operation.attributes.ints("axis") ?? reader.operation.attributes.int("axis").map({ [$0] })
    else { throw reader.invalid("attribute axis is missing or no list of integers") }
    var axes: Set<Int> = []
    for value in list { axes.insert(try reader.axis(value, rank: shape.rank)) }
    guard outputLayout.shape.elementCount * axes.reduce(1, { $0 * shape[$1] }) == shape.elementCount,
      axes.allSatisfy({ shape[$0] > 0 })
    else { throw reader.invalid("axes \(axes.sorted()) do not take \(shape) to \(outputLayout.shape)") }

    var strides = [Int](repeating: 1, count: shape.rank)
    for axis in stride(from: shape.rank - 2, through: 0, by: -1) { strides[axis] = strides[axis + 1] * shape[axis + 1] }
    var offsets = [0]
    for axis in axes { offsets = offsets.flatMap { base in (0..<shape[axis]).map { base + $0 * strides[axis] } } }
    self.offsets = offsets
    kept = (0..<shape.rank).reversed().filter { !axes.contains($0) }.map { (shape[$0], strides[$0]) }

    let drop = try reader.fixPoint(of: inputLayout, "input") - reader.fixPoint(of: outputLayout, "output")
    if mean {
      let factors = axes.map { AverageFactor(count: shape[$0]) }
      form = .mean(multiplier: factors.reduce(1) { $0 * $1.multiplier })
      shift = factors.reduce(drop) { $0 + $1.shift }
    } else {
      form = .maximum
      shift = drop
    }
    rows = outputLayout.shape.elementCount
  }

  func run(rows: Range<Int>, _ operands: Operands) {
    let input = operands.int8Input(0)
    for element in rows {
      var rest = element
      var base = 0
      for axis in kept {
        base += rest % axis.extent * axis.stride
        rest /= axis.extent
      }
      switch form {
      case .maximum:
        var best = Int8.min
        for offset in offsets { best = max(best, input[base + offset]) }
        operands.int8Output[element] = FixPoint.requantize(Int64(best), shift: shift)
      case .mean(let multiplier):
        var sum: Int64 = 0
        for offset in offsets { sum += Int64(input[base + offset]) }
        operands.int8Output[element] = FixPoint.requantize(sum * multiplier, shift: shift)
      }
    }
  }
}
