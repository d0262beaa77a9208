import Tensors
import Testing
import XModel

@Suite struct TensorPlaceTests {
  @Test("elements are gathered by their strides")
  func elements() throws {
    let memory = (0..<40).map { UInt8($0) }
    func dense(_ dimensions: [Int], _ strides: [Int]) throws -> [UInt8] {
      let place = try #require(
        TensorPlace(register: 1, address: 5, shape: Shape(dimensions), strides: strides))
      return memory.withUnsafeBytes { place.elements(in: UnsafeRawBufferPointer(rebasing: $0[..<place.extent])) }
    }
    #expect(try dense([2, 3], [3, 1]) == [0, 1, 2, 3, 4, 5])
    #expect(try dense([2, 3], [8, 1]) == [0, 1, 2, 8, 9, 10])
    #expect(try dense([2, 2, 2], [20, 6, 3]) == [0, 3, 6, 9, 20, 23, 26, 29])
    #expect(try dense([], []) == [0])
  }

  @Test("the extent ends behind the last element, and the range begins at the address")
  func extent() {
    let place = TensorPlace(register: 7, address: 100, shape: Shape([1, 2, 4, 3]), strides: [64, 32, 8, 1])
    let last = 32 + 3 * 8 + 2
    #expect(place?.extent == last + 1)
    #expect(place?.range == 100..<159)
  }

  @Test(
    "numbers that are no place are refused",
    arguments: [
      (8, 0, [2, 3], [3, 1]), (-1, 0, [2, 3], [3, 1]), (0, -1, [2, 3], [3, 1]), (0, 0, [2, 3], [3]),
      (0, 0, [2, 3], [0, 1]), (0, 0, [2, 3], [-3, 1]), (0, 0, [2, 0], [3, 1]), (0, .max, [2, 3], [3, 1]),
      (0, 0, [3, 3], [.max, 1]), (0, 0, [2, 2], [.max, .max]),
    ] as [(Int, Int, [Int], [Int])])
  func refused(register: Int, address: Int, dimensions: [Int], strides: [Int]) {
    #expect(
      TensorPlace(register: register, address: address, shape: Shape(dimensions), strides: strides) == nil)
  }

  @Test("a description without strides is dense, and one on chip or of other elements has no place")
  func descriptions() {
    var tensor = TensorDescription(name: "t", shape: Shape([1, 2, 3, 4]), dataType: .xint, bitWidth: 8)
    tensor.attributes = ["location": .int32(1), "reg_id": .int32(1), "ddr_addr": .int32(64)]
    #expect(tensor.place == TensorPlace(register: 1, address: 64, shape: tensor.shape, strides: [24, 12, 4, 1]))
    #expect(!tensor.staysOnChip)
    var onChip = tensor
    onChip.attributes["location"] = .int32(0)
    #expect(onChip.place == nil && onChip.staysOnChip)
    var wide = tensor
    wide.bitWidth = 32
    #expect(wide.place == nil)
    var strided = tensor
    strided.attributes["stride"] = .int32s([96, 48, 8, 1])
    #expect(strided.place?.strides == [96, 48, 8, 1])
    for name in ["reg_id", "ddr_addr", "location"] {
      var incomplete = tensor
      incomplete.attributes[name] = nil
      #expect(incomplete.place == nil, "\(name)")
    }
  }
}
