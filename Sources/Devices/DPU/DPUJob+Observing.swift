import XModel

extension DPUJob {
  /// Runs the whole program, then the superlayers one by one; shows what each of these leaves in memory, and the outputs
  /// of the whole program.
  ///
  /// The whole program comes first: were it to follow, it could pass off as its own what the superlayers left.
  func run(observer: (Int, UnsafeRawBufferPointer) -> Void) throws(DeviceError) -> [HiddenTensor] {
    let plan = ObservationPlan(program.partition, of: program.model, in: program.memory)
    try run()
    let outputs = program.memory.outputs.indices.map { index in withOutput(index) { [UInt8]($0) } }
    do { try runSuperlayers(plan.steps, observer) } catch { throw error.during(program.memory.place) }
    for (index, output) in program.memory.outputs.enumerated() {
      withHostBytes(of: output) { $0.copyBytes(from: outputs[index]) }
      withOutput(index) { bytes in for operation in output.operations { observer(operation, bytes) } }
    }
    return plan.hidden
  }

  private func runSuperlayers(
    _ steps: [ObservationPlan.Step], _ observer: (Int, UnsafeRawBufferPointer) -> Void
  ) throws(DeviceError) {
    guard !steps.isEmpty else { return }
    // Tensors may lie where inputs were, and what is read back lands in the same host memory.
    let inputs = program.memory.inputs.indices.map { index in withInput(index) { [UInt8]($0) } }
    defer { for (index, bytes) in inputs.enumerated() { withInput(index) { $0.copyBytes(from: bytes) } } }
    try carryInputs()
    for step in steps {
      do {
        if let code = step.code {
          let buffer = try program.port.allocate(code.count, for: "the code of a superlayer")
          try buffer.fill(with: code)
          try execute(buffer)
        }
        for tensor in step.tensors {
          let buffer = region(tensor.place.register)
          try buffer.syncFromDevice(tensor.place.range)
          let elements = buffer.withHostBytes {
            tensor.place.elements(in: UnsafeRawBufferPointer(rebasing: $0[tensor.place.range]))
          }
          elements.withUnsafeBytes { observer(tensor.operation, $0) }
        }
      } catch {
        throw error.during("superlayer \"\(step.name)\"")
      }
    }
  }
}
