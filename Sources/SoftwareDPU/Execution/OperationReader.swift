import Devices
import Tensors
import XModel

/// An operation of a model while it is made into a kernel: its attributes and tensors, read with checks.
struct OperationReader {
  let model: Model
  let index: Int
  let instructionSet: InstructionSet
  let layouts: [Int: TensorLayout]

  var operation: Operation { model.graph.operations[index] }

  /// The operations that feed argument `input`, in order.
  var inputs: [Int] { model.producers(of: index, argument: "input") }

  /// The tensor that the operation makes.
  var output: TensorLayout {
    get throws(DeviceError) { try layout(of: index) }
  }

  /// The tensor of the only input.
  var input: TensorLayout {
    get throws(DeviceError) {
      guard inputs.count == 1 else { throw invalid("has \(inputs.count) inputs, expected 1") }
      return try layout(of: inputs[0])
    }
  }

  /// The tensor of another operation that feeds this one.
  func layout(of producer: Int) throws(DeviceError) -> TensorLayout {
    guard let layout = layouts[producer] else {
      let tensor = model.graph.operations[producer].output
      throw DeviceError(
        .unsupported,
        "\(model.path): operation \"\(operation.name)\" (\(operation.type)): tensor \"\(tensor.name)\" has data type "
          + "\(tensor.rawDataType) of \(tensor.bitWidth) bits; the software device holds XINT8 and FLOAT32")
    }
    return layout
  }

  /// The scale of an int8 tensor.
  func fixPoint(of layout: TensorLayout, _ role: String) throws(DeviceError) -> Int {
    guard layout.elementType == .int8 else { throw invalid("\(role) is \(layout.elementType.rawValue), expected int8") }
    guard let fixPoint = layout.fixPoint else { throw invalid("\(role) has no fix_point") }
    guard abs(fixPoint) <= 64 else { throw invalid("\(role) has fix_point \(fixPoint), expected -64...64") }
    return fixPoint
  }

  /// Checks the element type of a tensor.
  func expect(_ type: ElementType, _ layout: TensorLayout, _ role: String) throws(DeviceError) {
    guard layout.elementType == type else {
      throw invalid("\(role) is \(layout.elementType.rawValue), expected \(type.rawValue)")
    }
  }

  /// Batch, height, width and channels of a tensor of four axes.
  func image(_ layout: TensorLayout, _ role: String) throws(DeviceError) -> ImageShape {
    guard layout.shape.rank == 4 else { throw invalid("\(role) has shape \(layout.shape), expected 4 axes (NHWC)") }
    return ImageShape(layout.shape)
  }

  /// The bytes of the constant that feeds an argument, with its layout; `nil` if the argument is absent.
  func constant(_ argument: String) throws(DeviceError) -> (bytes: Bytes, index: Int)? {
    let producers = model.producers(of: index, argument: argument)
    guard let producer = producers.first else { return nil }
    guard producers.count == 1, let bytes = model.constant(producer) else {
      throw DeviceError(
        .unsupported,
        "\(model.path): operation \"\(operation.name)\" (\(operation.type)): argument \(argument) comes from "
          + "\"\(model.graph.operations[producer].name)\", which is no constant; only constant \(argument) can run")
    }
    return (bytes, producer)
  }

  /// Whether a constant stands in the graph itself and not in `REG_0`: then the compiler has not rewritten it.
  func isInline(_ constant: Int) -> Bool {
    switch model.graph.operations[constant].attributes["data"] {
    case .bytes(let bytes)?: bytes.count > 0
    case .int32s(let list)?: !list.isEmpty
    case .floats(let list)?: !list.isEmpty
    default: false
    }
  }

  /// A `[w, h]` attribute; `absent` where the operation has none.
  func pair(_ name: String, absent: Int? = nil) throws(DeviceError) -> (width: Int, height: Int) {
    guard operation.attributes[name] != nil else {
      guard let absent else { throw invalid("attribute \(name) is missing") }
      return (absent, absent)
    }
    guard let list = operation.attributes.ints(name), list.count == 2, list.allSatisfy({ (1...1 << 20).contains($0) })
    else { throw invalid("attribute \(name) is \(text(name)), expected two numbers from 1 to 2^20") }
    return (list[0], list[1])
  }

  /// A string attribute in upper case, empty where the operation has none.
  func keyword(_ name: String) -> String { (operation.attributes.string(name) ?? "").uppercased() }

  /// An integer attribute.
  func integer(_ name: String) throws(DeviceError) -> Int {
    guard let value = operation.attributes.int(name) else {
      throw invalid("attribute \(name) is \(text(name)), expected an integer")
    }
    return value
  }

  /// Kernel, stride, dilation and pad of a windowed operation.
  func window() throws(DeviceError) -> Window {
    let kernel = try pair("kernel")
    let stride = try pair("stride", absent: 1)
    let dilation = try pair("dilation", absent: 1)
    var pad = [0, 0, 0, 0]
    if operation.attributes["pad"] != nil {
      guard let list = operation.attributes.ints("pad"), list.count == 4,
        list.allSatisfy({ (0...1 << 20).contains($0) })
      else { throw invalid("attribute pad is \(text("pad")), expected [left, right, top, bottom]") }
      pad = list
    }
    return Window(
      kernelWidth: kernel.width, kernelHeight: kernel.height, strideX: stride.width, strideY: stride.height,
      dilationX: dilation.width, dilationY: dilation.height, padLeft: pad[0], padRight: pad[1], padTop: pad[2],
      padBottom: pad[3])
  }

  /// An axis attribute, negative values counted from the last axis.
  func axis(_ value: Int, rank: Int) throws(DeviceError) -> Int {
    let axis = value < 0 ? value + rank : value
    guard (0..<rank).contains(axis) else { throw invalid("axis \(value) of a tensor with \(rank) axes") }
    return axis
  }

  /// An error about a contradiction in the model at this operation.
  func invalid(_ reason: String) -> DeviceError {
    DeviceError(.invalidModel, "\(model.path): operation \"\(operation.name)\" (\(operation.type)): \(reason)")
  }

  /// An error about something this device does not do.
  func unsupported(_ reason: String) -> DeviceError {
    DeviceError(.unsupported, "\(model.path): operation \"\(operation.name)\" (\(operation.type)): \(reason)")
  }

  private func text(_ name: String) -> String {
    guard let value = operation.attributes[name] else { return "missing" }
    if let list = operation.attributes.ints(name) { return "\(list)" }
    return "\(value)"
  }
}

/// The extents of an image tensor.
struct ImageShape: Equatable, Sendable {
  let batch: Int
  let height: Int
  let width: Int
  let channels: Int

  /// Reads a shape of four axes.
  init(_ shape: Shape) {
    precondition(shape.rank == 4, "an image has four axes")
    batch = shape[0]
    height = shape[1]
    width = shape[2]
    channels = shape[3]
  }

  /// The place of an element among the axes.
  func position(of element: Int) -> (n: Int, y: Int, x: Int, c: Int) {
    let pixel = element / channels
    let row = pixel / width
    return (row / height, row % height, pixel % width, element % channels)
  }

  /// The element at a place.
  func element(_ n: Int, _ y: Int, _ x: Int, _ c: Int) -> Int { ((n * height + y) * width + x) * channels + c }
}

/// The window of a convolution or pool; attributes stand in the file as `[w, h]` and `[left, right, top, bottom]`.
struct Window: Equatable, Sendable {
  let kernelWidth: Int
  let kernelHeight: Int
  let strideX: Int
  let strideY: Int
  let dilationX: Int
  let dilationY: Int
  let padLeft: Int
  let padRight: Int
  let padTop: Int
  let padBottom: Int
}
