package import Tensors

/// An array as NumPy's `.npy` files hold it, brought to C order and little endian.
package struct NumpyArray: Equatable, Sendable {
  /// The element types that are read; the raw values are NumPy's names.
  package enum Element: String, Sendable, CaseIterable {
    case bool, int8, uint8, int16, uint16, int32, uint32, int64, uint64, float16, float32, float64

    /// Bytes of one element.
    package var byteCount: Int {
      switch self {
      case .bool, .int8, .uint8: 1
      case .int16, .uint16, .float16: 2
      case .int32, .uint32, .float32: 4
      case .int64, .uint64, .float64: 8
      }
    }

    /// Whether the elements are floating point numbers.
    package var isFloat: Bool { self == .float16 || self == .float32 || self == .float64 }

    /// The type's letter and size in a file's `descr` field.
    var descriptor: String {
      switch self {
      case .bool: "b1"
      case .int8, .int16, .int32, .int64: "i\(byteCount)"
      case .uint8, .uint16, .uint32, .uint64: "u\(byteCount)"
      case .float16, .float32, .float64: "f\(byteCount)"
      }
    }
  }

  /// The type of the elements.
  package private(set) var element: Element
  /// The extents, outermost first.
  package private(set) var shape: Shape
  /// The elements.
  ///
  /// - Shape: `shape`, C order, little endian.
  package private(set) var bytes: [UInt8]

  /// Makes an array of elements given as bytes.
  ///
  /// - Precondition: As many bytes as type and shape ask for.
  package init(element: Element, shape: Shape, bytes: [UInt8]) {
    precondition(
      bytes.count == shape.elementCount * element.byteCount,
      "\(bytes.count) bytes for \(shape) of \(element.rawValue)")
    self.element = element
    self.shape = shape
    self.bytes = bytes
  }

  /// Puts other elements into the array, in the memory that it has where that is enough and nobody else looks at it.
  ///
  /// - Parameter fill: Gets as many bytes as type and shape ask for, of any content.
  mutating func refill(element: Element, shape: Shape, fill: (UnsafeMutableRawBufferPointer) -> Void) {
    bytes.resize(to: shape.elementCount * element.byteCount, filler: 0)
    (self.element, self.shape) = (element, shape)
    bytes.withUnsafeMutableBytes { fill($0) }
  }

  /// Makes an array of int8.
  package init(shape: Shape, int8 values: [Int8]) {
    self.init(element: .int8, shape: shape, bytes: values.withUnsafeBytes { Array($0) })
  }

  /// Makes an array of uint8.
  package init(shape: Shape, uint8 values: [UInt8]) {
    self.init(element: .uint8, shape: shape, bytes: values)
  }

  /// Makes an array of float32.
  package init(shape: Shape, float32 values: [Float]) {
    self.init(element: .float32, shape: shape, bytes: values.withUnsafeBytes { Array($0) })
  }

  /// Some of the elements as single precision numbers; large integers and doubles are rounded.
  ///
  /// - Precondition: The range lies within the array.
  package func floats(_ range: Range<Int>) -> [Float] {
    [Float](unsafeUninitializedCapacity: range.count) { target, count in
      convert(range, to: UnsafeMutableBufferPointer(rebasing: target[..<range.count]))
      count = range.count
    }
  }

  /// The same into memory of the caller's.
  ///
  /// - Precondition: The range lies within the array, and the memory is as long.
  func convert(_ range: Range<Int>, to target: UnsafeMutableBufferPointer<Float>) {
    precondition(
      range.lowerBound >= 0 && range.upperBound <= shape.elementCount && target.count == range.count,
      "elements \(range) of \(shape) for \(target.count)")
    bytes.withUnsafeBytes { all in
      element.convert(
        UnsafeRawBufferPointer(
          rebasing: all[range.lowerBound * element.byteCount..<range.upperBound * element.byteCount]), to: target)
    }
  }

  /// The numbers that the elements of an int8 array stand for.
  ///
  /// - Precondition: The elements are int8.
  package func dequantized(by fixPoint: FixPoint) -> [Float] {
    precondition(element == .int8, "elements of \(element.rawValue) have no fix point")
    return bytes.withUnsafeBytes { bytes in
      [Float](unsafeUninitializedCapacity: bytes.count) { target, count in
        ConversionKernels.best.dequantize(
          bytes.assumingMemoryBound(to: Int8.self), step: fixPoint.step,
          into: UnsafeMutableBufferPointer(rebasing: target[..<bytes.count]))
        count = bytes.count
      }
    }
  }

  /// All elements as single precision numbers.
  package var floats: [Float] { floats(0..<shape.elementCount) }
}

extension NumpyArray.Element {
  /// Turns little endian elements into single precision numbers.
  func convert(_ source: UnsafeRawBufferPointer, to target: UnsafeMutableBufferPointer<Float>) {
    switch self {
    case .bool: for index in 0..<target.count { target[index] = source[index] == 0 ? 0 : 1 }
    case .uint8: for index in 0..<target.count { target[index] = Float(source[index]) }
    case .int8: load(Int8.self, source, target) { Float($0) }
    case .int16: load(Int16.self, source, target) { Float($0) }
    case .uint16: load(UInt16.self, source, target) { Float($0) }
    case .int32: load(Int32.self, source, target) { Float($0) }
    case .uint32: load(UInt32.self, source, target) { Float($0) }
    case .int64: load(Int64.self, source, target) { Float($0) }
    case .uint64: load(UInt64.self, source, target) { Float($0) }
    case .float16: load(UInt16.self, source, target) { Float(halfBits: $0) }
    case .float32: UnsafeMutableRawBufferPointer(target).copyMemory(from: source)
    case .float64: load(Double.self, source, target) { Float($0) }
    }
  }

  @inline(__always)
  private func load<T: BitwiseCopyable>(
    _: T.Type, _ source: UnsafeRawBufferPointer, _ target: UnsafeMutableBufferPointer<Float>, _ convert: (T) -> Float
  ) {
    for index in 0..<target.count {
      target[index] = convert(source.loadUnaligned(fromByteOffset: index * MemoryLayout<T>.size, as: T.self))
    }
  }
}

extension Float {
  /// Widens a half precision number, exactly; own code because not every Swift on x86-64 has the type.
  ///
  /// - Source: IEEE 754-2008, binary16: sign, five bits of exponent with bias 15, ten of fraction.
  init(halfBits bits: UInt16) {
    let exponent = Int(bits >> 10 & 0x1F)
    let fraction = UInt32(bits & 0x3FF)
    let sign = UInt32(bits >> 15) << 31
    switch exponent {
    case 0: self = Float(fraction) * 0x1p-24 * (sign == 0 ? 1 : -1)
    case 31: self = Float(bitPattern: sign | 0x7F80_0000 | fraction << 13)
    default: self = Float(bitPattern: sign | UInt32(exponent + 112) << 23 | fraction << 13)
    }
  }
}
