import Tensors
import Testing

@Suite struct ShapeTests {
  @Test("counts elements, of a scalar one")
  func counting() {
    #expect(Shape([1, 256, 250, 3]).elementCount == 192_000)
    #expect(Shape([]).elementCount == 1)
    #expect(Shape([4, 0, 9]).elementCount == 0)
  }

  @Test(
    "refuses negative extents and products that overflow",
    arguments: [[-1], [3, -2], [Int.max, 2], [1 << 40, 1 << 40]])
  func refusing(dimensions: [Int]) {
    #expect(Shape(checking: dimensions) == nil)
  }

  @Test("replaces the batch and counts axes from the end")
  func axes() {
    let shape = Shape([1, 2, 3, 4])
    #expect(shape.replacingBatch(with: 5).dimensions == [5, 2, 3, 4])
    #expect(shape[-1] == 4)
    #expect(shape.description == "1x2x3x4")
  }
}
