package import Devices

extension SessionJob {
  /// Runs once over the inputs and shows each operation's tensor, dense, as it is made.
  ///
  /// - Parameter observer: Gets the operation's index in the model and its bytes, valid during the call.
  /// - Returns: The operations whose tensors a device could not show, each with the reason.
  /// - Throws: `.failed` when a device broke off.
  package func run(observer: (Int, UnsafeRawBufferPointer) -> Void) throws(DeviceError) -> [HiddenTensor] {
    carryModelInputs()
    var hidden: [HiddenTensor] = []
    for number in stages.indices {
      carryInputs(of: number)
      showInputs(of: number, to: observer)
      hidden += try jobs[number].run(observer: observer)
    }
    return hidden
  }

  /// Shows the inputs that are operations of the stage itself, as uploads are; what feeds others was shown before.
  private func showInputs(of number: Int, to observer: (Int, UnsafeRawBufferPointer) -> Void) {
    let partition = stages[number].partition
    for (port, operation) in partition.inputs.enumerated() where partition.operations.contains(operation) {
      jobs[number].withInput(port) { observer(operation, UnsafeRawBufferPointer($0)) }
    }
  }
}
