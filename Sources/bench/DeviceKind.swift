import Devices
import SimulatedDPU
import SoftwareDPU
import XModel

/// The devices that can be measured.
package enum DeviceKind: String, CaseIterable {
  case software
  case simulated

  /// The kernels that this processor runs, by the name that `--isa` takes.
  package var instructionSets: [String] {
    switch self {
    case .software: InstructionSet.available.map(\.rawValue)
    case .simulated: Kernels.available.map(\.rawValue)
    }
  }

  /// The best of them.
  package var bestInstructionSet: String {
    switch self {
    case .software: InstructionSet.best.rawValue
    case .simulated: Kernels.best.rawValue
    }
  }

  /// Makes the device that a model needs.
  ///
  /// - Parameters:
  ///   - instructionSet: One of those that this processor runs.
  ///   - threadCount: Threads that share a frame; a simulated core is one.
  /// - Throws: `DeviceError` for a model without a compiled program, or one for a core that can't be simulated.
  func makeDevice(for model: Model, instructionSet: String, threadCount: Int) throws -> any Device {
    switch self {
    case .software:
      SoftwareDevice(threadCount: threadCount, instructionSet: InstructionSet(rawValue: instructionSet) ?? .best)
    case .simulated:
      try DPUDevice(
        SimulatedPort(configuration(for: model, kernels: Kernels(rawValue: instructionSet) ?? .best)))
    }
  }

  private func configuration(for model: Model, kernels: Kernels) throws -> SimulatedPort.Configuration {
    guard let fingerprint = model.partitions.compactMap({ $0.program?.fingerprint }).first else {
      throw DeviceError(.unsupported, "\(model.path): no compiled program, which the simulated device needs")
    }
    var configuration = SimulatedPort.Configuration(fingerprint: Fingerprint(fingerprint))
    configuration.kernels = kernels
    return configuration
  }
}
