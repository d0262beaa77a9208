import Devices
import Foundation
import Inference
import SoftwareDPU
import TestSupport
import Tensors
import Testing
import XModel

@Suite(.enabled(if: Shared.isPresent, Comment(rawValue: Shared.absence)))
struct SessionTests {
  let device = SoftwareDevice(threadCount: 2)

  @Test(
    "compiled models run from the first input to the last output, whatever the number of subgraphs",
    arguments: [
      ("600k", 1, 31), ("CNN_zcu104", 1, 10), ("dpu_mnist_classifier", 1, 10), ("ganmodel", 1, 1024), ("sp_net", 1, 28),
      ("squeezenet_pt", 1, 1000), ("zdce", 1, 786_432),
    ])
  func whole(name: String, outputs: Int, elements: Int) throws {
    let model = try Model(path: Shared.url("models/more/\(name).xmodel").path)
    let session = try Session(model: model, device: device, host: device, scope: .whole)
    #expect(session.inputs.count == 1)
    #expect(session.outputs.count == outputs)
    #expect(session.outputs[0].shape.elementCount == elements)
    #expect(session.outputs[0].elementType == .float32)
    let job = try session.makeJob()
    var random = SeededGenerator(seed: 3)
    job.withInput(0) { $0.copyBytes(from: random.int8s($0.count).map { UInt8(bitPattern: $0) }) }
    let timings = try job.run()
    #expect(timings.count == model.partitions.filter { $0.kind != .user }.count)
    let values = job.withOutput(0) { [Float]($0.bindMemory(to: Float.self)) }
    #expect(values.allSatisfy { $0.isFinite })
    #expect(Set(values).count > 1)
  }

  @Test(
    "a custom operation is named, with what can still run",
    arguments: [
      ("tf2_custom_op.ISA0B4096_vai1.4.0", "Mylayer"), ("tf2_custom_op.ISA1B4096_vai2.5.0", "Mylayer"),
      ("pointpillars_custom_op.ISA1B4096_vai3.0.0", "PPScatterV2"),
    ])
  func custom(name: String, type: String) throws {
    let model = try Model(path: Shared.url("models/more/\(name).xmodel").path)
    let error = thrownError(DeviceError.self) {
      try Session(model: model, device: device, host: device, scope: .whole)
    }
    #expect(error?.code == .unsupported)
    #expect(error?.message.contains(type) == true)
    #expect(error?.message.contains("can still run") == true)
    for partition in model.partitions where partition.kind == .dpu {
      #expect(error?.message.contains(partition.name) == true)
    }
  }

  @Test("stopping before the tail gives int8 logits with the same greatest class")
  func tail() throws {
    let model = try Model(path: Shared.url("models/nerone/ctorg.xmodel").path)
    let short = try Session(model: model, device: device, host: device, scope: .beforeTail)
    let whole = try Session(model: model, device: device, host: device, scope: .whole)
    #expect(short.outputs[0].elementType == .int8)
    #expect(whole.outputs[0].elementType == .float32)
    let jobs = (try short.makeJob(), try whole.makeJob())
    let input = try Data(contentsOf: Shared.url("models/golden/nerone/ctorg/0.input.npy")).suffix(65_536)
    jobs.0.withInput(0) { $0.copyBytes(from: input) }
    jobs.1.withInput(0) { $0.copyBytes(from: input) }
    try jobs.0.run()
    try jobs.1.run()
    let logits = jobs.0.withOutput(0) { [Int8]($0.bindMemory(to: Int8.self)) }
    let scores = jobs.1.withOutput(0) { [Float]($0.bindMemory(to: Float.self)) }
    for pixel in stride(from: 0, to: logits.count, by: 6) {
      let int8Class = logits[pixel..<pixel + 6].withUnsafeBufferPointer { argmax(.init(rebasing: $0[...])) }
      var best = 0
      for other in 1..<6 where scores[pixel + other] > scores[pixel + best] { best = other }
      // Where logits tie to the last bit of float, the lowest index wins in both.
      #expect(int8Class == best, "pixel \(pixel / 6)")
    }
  }

  @Test("a model that is not compiled is refused with words")
  func uncompiled() throws {
    let model = try Model(path: Shared.url("models/quantized/CNN_int.xmodel").path)
    let error = thrownError(DeviceError.self) {
      try Session(model: model, device: device, host: device, scope: .whole)
    }
    #expect(error?.code == .unsupported)
    #expect(error?.message.contains("not compiled") == true)
  }
}
