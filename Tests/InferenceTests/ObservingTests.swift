import Devices
import Inference
import SoftwareDPU
import Tensors
import TestSupport
import Testing
import XModel

@Suite struct ObservingTests {
  @Test("shows every operation of the model but its input once, in order, and ends with the outputs of a plain run")
  func sample() throws {
    let path = Repository.root.appendingPathComponent("sample/model/phantom-ct.xmodel").path
    let model = try Model(path: path)
    let device = SoftwareDevice(threadCount: 1)
    let session = try Session(model: model, device: device, host: device, scope: .whole)
    var random = SeededGenerator(seed: 4)
    let input = random.int8s(session.inputs[0].byteCount).map { UInt8(bitPattern: $0) }
    let jobs = try (0..<2).map { _ in try session.makeJob() }
    for job in jobs { job.withInput(0) { $0.copyBytes(from: input) } }

    var shown: [(operation: Int, bytes: [UInt8])] = []
    let hidden = try jobs[0].run { shown.append(($0, Array($1))) }
    try jobs[1].run()
    let expected = model.partitions.filter { $0.kind != .user }.flatMap(\.operations)
      .filter { model.constant($0) == nil }
    #expect(hidden.isEmpty)
    #expect(shown.map(\.operation) == expected)
    #expect(shown.first?.bytes == input, "seed 4: the upload is the input")
    #expect(shown.last?.bytes == jobs[1].withOutput(0) { Array($0) }, "seed 4")
  }
}
