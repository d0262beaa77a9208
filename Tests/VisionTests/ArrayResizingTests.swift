import Testing

import Vision

struct ArrayResizingTests {
  @Test("an array has as many elements as asked for, and its memory where that is enough")
  func resizing() {
    var array: [UInt8] = []
    array.resize(to: 100, filler: 7)
    #expect(array == [UInt8](repeating: 7, count: 100))
    let place = array.withUnsafeBufferPointer { $0.baseAddress }
    for count in [3, 0, 64, 100] {
      array.resize(to: count, filler: 1)
      #expect(array.count == count)
      #expect(array.withUnsafeBufferPointer { $0.baseAddress } == place)
    }
    array.resize(to: 100_000, filler: 2)
    #expect(array.count == 100_000)
  }

  @Test("who looks at the old elements still sees them")
  func copies() {
    var array: [UInt8] = [1, 2, 3]
    let copy = array
    array.resize(to: 2, filler: 0)
    array[0] = 9
    #expect(copy == [1, 2, 3] && array == [9, 2])
  }
}
