import Tensors
import Vision
import XModel

/// What `dpu inspect` tells of a model, gathered once for both of its forms.
struct ModelReport {
  /// An input or output of the model.
  struct Port {
    let name: String
    let shape: Shape
    let elementType: String
    let fixPoint: FixPoint?
  }

  /// A memory region of a DPU subgraph.
  struct Region {
    let register: Int
    let context: String
    let byteCount: Int
  }

  /// What is known of a subgraph.
  struct Subgraph {
    let index: Int
    let name: String
    let kind: Partition.Kind
    let operationCount: Int
    let multiplyAccumulates: Int
    let constantElements: Int
    let program: CompiledProgram?
    let regions: [Region]

    /// The fingerprint of the target; 0 in a file means none.
    var fingerprint: Fingerprint? { program?.fingerprint.flatMap { $0 == 0 ? nil : Fingerprint($0) } }
  }

  /// A line of the table of operations.
  struct Line {
    let subgraph: Int
    let device: String
    let type: String
    let port: Port
    let multiplyAccumulates: Int
  }

  let path: String
  let byteCount: Int
  let sha256: String
  let graphName: String
  let origin: String?
  /// Libraries with their versions, such as `xcompiler.1.4.1`, and the revision of each.
  let compilers: [(library: String, revision: String)]
  /// Files that the model was made from, and their MD5 sums.
  let sources: [(path: String, md5: String)]
  let inputs: [Port]
  let outputs: [Port]
  let subgraphs: [Subgraph]
  let lines: [Line]
  /// The model's card.
  let card: FoundCard?
  /// Why the card that is there can't be used.
  let cardProblem: String?

  /// Reads a model and gathers what is to tell.
  init(path: String) throws(XModelError) {
    let file = try MappedFile(path: path)
    let model = try Model(path: path)
    let graph = model.graph
    self.path = path
    byteCount = file.count
    sha256 = file.withUnsafeBytes { SHA256.hexDigest(of: $0) }
    graphName = graph.name
    origin = graph.attributes.string("origin")
    compilers = Self.pairs(graph.attributes["libs_info"]).map { (library: $0, revision: $1) }
    sources = Self.pairs(graph.attributes["files_md5sum"]).map { (path: $0, md5: $1) }
    (card, cardProblem) = Self.card(of: model)
    inputs = model.inputs.map { Port(graph.operations[$0]) }
    outputs = model.outputs.map { Port(graph.operations[$0]) }
    subgraphs = model.partitions.map { partition in
      let regions = (partition.program?.regions ?? [:]).sorted { $0.key < $1.key }
      return Subgraph(
        index: partition.index, name: partition.name, kind: partition.kind,
        operationCount: partition.operations.filter { model.constant($0) == nil }.count,
        multiplyAccumulates: model.multiplyAccumulateCount(of: partition.operations),
        constantElements: model.constantElementCount(of: partition.operations), program: partition.program,
        regions: regions.map { Region(register: $0.key, context: $0.value.context, byteCount: $0.value.byteCount) })
    }
    lines = model.partitions.flatMap { partition in
      partition.operations.filter { model.constant($0) == nil }.map { operation in
        Line(
          subgraph: partition.index, device: partition.kind.label, type: graph.operations[operation].type,
          port: Port(graph.operations[operation]),
          multiplyAccumulates: model.multiplyAccumulateCount(of: operation))
      }
    }
  }

  /// The work of one frame.
  var multiplyAccumulates: Int { subgraphs.reduce(0) { $0.saturatingAdd($1.multiplyAccumulates) } }

  /// The numbers that the file brings along.
  var constantElements: Int { subgraphs.reduce(0) { $0.saturatingAdd($1.constantElements) } }

  private static func card(of model: Model) -> (FoundCard?, String?) {
    guard !model.inputs.isEmpty, !model.outputs.isEmpty else { return (nil, nil) }
    do {
      return (try FoundCard.find(for: model), nil)
    } catch {
      return (nil, "\(error)")
    }
  }

  private static func pairs(_ value: AttributeValue?) -> [(String, String)] {
    guard case .stringMap(let map)? = value else { return [] }
    return map.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
  }
}

extension ModelReport.Port {
  /// What an operation makes.
  init(_ operation: Operation) {
    name = operation.name
    shape = operation.output.shape
    elementType = operation.output.elementTypeName
    fixPoint = operation.output.fixPoint
  }
}

extension Partition.Kind {
  /// The device for a person; an uncompiled graph has none.
  var label: String { rawValue.isEmpty ? "none" : rawValue }
}

extension TensorDescription {
  /// The element type for a person, also of types that no device here holds.
  var elementTypeName: String {
    if let elementType { return elementType.rawValue }
    return dataType.map { "\($0)\(bitWidth)" } ?? "type \(rawDataType) of \(bitWidth) bits"
  }
}

extension Int {
  /// The sum, or the greatest number where it does not fit.
  func saturatingAdd(_ other: Int) -> Int {
    let (sum, overflow) = addingReportingOverflow(other)
    return overflow ? .max : sum
  }
}
