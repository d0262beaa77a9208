import Tensors
package import XModel

/// What a compiled subgraph needs in the DPU's memory, and where in it its tensors lie; all checked.
///
/// | part | content | from |
/// |---|---|---|
/// | code | instructions, one copy for all jobs | `mc_code` |
/// | constants | regions with weights, one copy for all jobs | `reg_id_to_parameter_value` |
/// | working regions | the other regions, one copy for each job, at their full size | `reg_id_to_size` |
/// | tensor | at its region's base plus its address | `reg_id`, `ddr_addr` |
///
/// - Source: docs/dpu-job.md; the attributes are those of 239 subgraphs in 141 public files.
package struct ProgramMemory: Sendable {
  /// A region of memory that a register points to.
  package struct Region: Equatable, Sendable {
    /// The number of the register.
    package let register: Int
    /// Bytes of the region.
    package let byteCount: Int
    /// What a region of constants holds; `nil` for a working region.
    package let contents: Bytes?
  }

  /// An input or output in its region.
  package struct Place: Equatable, Sendable {
    /// The tensor.
    package let port: TensorPort
    /// The register of the region.
    package let register: Int
    /// The first byte within the region.
    package let offset: Int
    /// The operations whose tensor these bytes are: an upload, or a download and what it reads.
    package let operations: [Int]

    /// The bytes within the region.
    package var range: Range<Int> { offset..<offset + port.byteCount }
  }

  /// The name of the subgraph, for messages.
  package let name: String
  /// The file, for messages.
  package let path: String
  /// The instructions.
  package let code: Bytes
  /// The core that the program is compiled for.
  package let fingerprint: Fingerprint
  /// Regions that all jobs share.
  package let constants: [Region]
  /// Regions that each job has for itself.
  package let workingRegions: [Region]
  /// Where the inputs lie, in the order of the partition.
  package let inputs: [Place]
  /// Where the outputs lie, in the order of the partition.
  package let outputs: [Place]
  /// The operations whose tensors stay in the DPU.
  package let hiddenOperations: [Int]

  /// Bytes that all jobs share.
  package var sharedByteCount: Int { constants.reduce(code.count) { $0 + $1.byteCount } }
  /// Bytes that each job needs.
  package var jobByteCount: Int { workingRegions.reduce(0) { $0 + $1.byteCount } }

  /// Bytes that a program and its first job take, each buffer in whole pages of 4 KiB.
  package var wholeByteCount: Int {
    ([code.count] + (constants + workingRegions).map(\.byteCount)).reduce(0) { $0 + ($1 + 4095) / 4096 * 4096 }
  }

  /// Whether the program may write to an input's region, so that the input has to be put there before every run.
  package func isOverwritten(_ input: Place) -> Bool {
    !interfaces.contains(input.register) || outputs.contains { $0.register == input.register }
  }

  private let interfaces: Set<Int>

  /// Reads the needs of a partition.
  ///
  /// - Throws: `.unsupported` if there is no program in the file, or one that can't be run here; `.invalidModel` if a
  ///   tensor does not lie where the regions are.
  package init(_ partition: Partition, of model: Model) throws(DeviceError) {
    let place = "\(model.path): subgraph \"\(partition.name)\""
    guard partition.kind == .dpu || partition.kind == .unassigned else {
      throw DeviceError(.unsupported, "\(place) is for the host (\(partition.kind.rawValue)), not for a DPU")
    }
    guard let program = partition.program, program.code.count > 0 else {
      throw DeviceError(
        .unsupported,
        "\(place) has no instructions (mc_code): the file is made for the software device; compile the quantized model "
          + "with vai_c, or use --device software")
    }
    guard program.code.count % 4 == 0 else {
      throw DeviceError(
        .invalidModel,
        "\(place): mc_code has \(program.code.count) bytes, expected whole words of 4; "
          + "the file is damaged")
    }
    guard let fingerprint = program.fingerprint, fingerprint != 0 else {
      throw DeviceError(
        .unsupported,
        "\(place) has instructions but does not say for which core (dpu_fingerprint); compile it again with vai_c")
    }
    name = partition.name
    path = model.path
    code = program.code
    self.fingerprint = Fingerprint(fingerprint)

    var constants: [Region] = []
    var workingRegions: [Region] = []
    for (register, region) in program.regions.sorted(by: { $0.key < $1.key }) where region.byteCount > 0 {
      let isConstant = region.context == "CONST"
      guard isConstant == (region.contents != nil) else {
        throw DeviceError(
          .invalidModel,
          isConstant
            ? "\(place): REG_\(register) holds constants, but reg_id_to_parameter_value has none for it"
            : "\(place): REG_\(register) is of kind \"\(region.context)\" but has contents; only CONST regions may")
      }
      let result = Region(register: register, byteCount: region.byteCount, contents: region.contents)
      if isConstant { constants.append(result) } else { workingRegions.append(result) }
    }
    self.constants = constants
    self.workingRegions = workingRegions
    interfaces = Set(program.regions.filter { $0.value.context == "INTERFACE" }.keys)

    let reader = PlaceReader(model: model, regions: workingRegions, place: place)
    var inputs: [Place] = []
    for upload in partition.inputs { inputs.append(try reader.place(of: upload, in: upload, alsoKnownAs: [])) }
    var outputs: [Place] = []
    for download in partition.outputs {
      let source = model.producers(of: download)[0]
      outputs.append(try reader.place(of: download, in: source, alsoKnownAs: [source]))
    }
    self.inputs = inputs
    self.outputs = outputs
    let seen = Set((inputs + outputs).flatMap(\.operations))
    hiddenOperations = partition.operations.filter { model.constant($0) == nil && !seen.contains($0) }
  }
}

/// Finds the tensors of a model in the regions of one program.
private struct PlaceReader {
  let model: Model
  let regions: [ProgramMemory.Region]
  let place: String

  /// The place of an input or output.
  ///
  /// - Parameters:
  ///   - operation: The upload or download.
  ///   - carrier: The operation whose tensor says where the bytes lie.
  ///   - others: Further operations whose tensor these bytes are.
  func place(
    of operation: Int, in carrier: Int, alsoKnownAs others: [Int]
  ) throws(DeviceError) -> ProgramMemory.Place {
    let tensor = model.graph.operations[carrier].output
    let name = model.graph.operations[operation].name
    func fail(_ code: DeviceError.Code, _ words: String) -> DeviceError {
      DeviceError(code, "\(place): tensor \"\(tensor.name)\" of \"\(name)\" \(words)")
    }
    guard tensor.elementType == .int8 else {
      throw fail(.unsupported, "has elements of \(tensor.bitWidth) bits, but a DPU takes and gives int8")
    }
    guard let register = tensor.attributes.int("reg_id"), let address = tensor.attributes.int("ddr_addr") else {
      throw fail(.invalidModel, "does not say where it lies (reg_id and ddr_addr); the file is damaged")
    }
    guard let region = regions.first(where: { $0.register == register }) else {
      throw fail(.invalidModel, "lies in REG_\(register), which the program does not have as a working region")
    }
    let (end, overflow) = address.addingReportingOverflow(tensor.shape.elementCount)
    guard address >= 0, !overflow, end <= region.byteCount else {
      throw fail(
        .invalidModel,
        "lies at \(address) and has \(tensor.shape.elementCount) bytes, but REG_\(register) has \(region.byteCount)")
    }
    if let strides = tensor.attributes.ints("stride"), strides != dense(tensor.shape) {
      throw fail(.unsupported, "is not dense: strides \(strides), expected \(dense(tensor.shape))")
    }
    let port = TensorPort(
      name: name, shape: model.graph.operations[operation].output.shape, elementType: .int8, fixPoint: tensor.fixPoint)
    return ProgramMemory.Place(port: port, register: register, offset: address, operations: others + [operation])
  }

  private func dense(_ shape: Shape) -> [Int] {
    var strides: [Int] = []
    var product = 1
    for extent in shape.dimensions.reversed() {
      strides.append(product)
      product *= extent
    }
    return strides.reversed()
  }
}
