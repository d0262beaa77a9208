import Foundation
import Tensors
import Testing
import Vision

@Suite struct ModelCardTests {
  static let minimal = """
    {"name": "x", "task": "segmentation", "colors": "grey", "values": {"mapping": "scale"}}
    """

  static func card(_ json: String) throws -> ModelCard {
    try ModelCard(decoding: Array(json.utf8), path: "m.card.json")
  }

  @Test func missingKeysTakeTheirDefaults() throws {
    let card = try Self.card(Self.minimal)
    #expect(card.resize == nil)
    #expect(card.values == .scale(divisor: 1, offset: 0))
    #expect(card.pictures == .values)
    #expect(card.floats == .normalized)
    #expect(card.labels.isEmpty && card.assumed.isEmpty && card.source.isEmpty)
    #expect(card.label(3) == "class 3")
  }

  @Test func allKeysAreRead() throws {
    let card = try Self.card(
      """
      {
        "name": "all", "task": "classification", "colors": "bgr",
        "resize": {"width": 25, "height": 20, "method": "nearest"},
        "values": {"mapping": "window", "low": -5, "high": 10}, "pictures": "window", "floats": "raw",
        "labels": ["a", "b"], "palette": ["#000000", "#FF8001"], "source": "here", "assumed": ["everything"]
      }
      """)
    #expect(card.name == "all" && card.task == .classification && card.colors == .bgr)
    #expect(card.resize?.width == 25 && card.resize?.height == 20 && card.resize?.method == .nearest)
    #expect(card.values == .window(low: -5, high: 10))
    #expect(card.pictures == .window && card.floats == .raw)
    #expect(card.labels == ["a", "b"] && card.label(1) == "b")
    #expect(card.palette.colors == [Color(0, 0, 0), Color(255, 128, 1)])
    #expect(card.source == "here" && card.assumed == ["everything"])
  }

  @Test(arguments: [
    (#"{"mapping": "scale", "divisor": 255, "offset": -1}"#, ValueMapping.scale(divisor: 255, offset: -1)),
    (#"{"mapping": "window", "low": -500, "high": 1000}"#, .window(low: -500, high: 1000)),
    (#"{"mapping": "percentile", "low": 1, "high": 2.5}"#, .percentile(low: 1, high: 2.5, scope: .frame)),
    (
      #"{"mapping": "percentile", "low": 0, "high": 0, "scope": "channel"}"#,
      .percentile(low: 0, high: 0, scope: .channel)
    ),
    (
      #"{"mapping": "standardize", "divisor": 255, "mean": [0.5], "deviation": [0.25]}"#,
      .standardize(divisor: 255, mean: [0.5], deviation: [0.25])
    ),
  ])
  func mappingsAreRead(_ json: String, _ mapping: ValueMapping) throws {
    #expect(
      try Self.card(Self.minimal.replacingOccurrences(of: #"{"mapping": "scale"}"#, with: json)).values == mapping)
  }

  /// What is replaced in the minimal card, by what, and what the error says.
  static let mistakes: [(old: String, new: String, words: String)] = [
    ("\"name\"", "\"nme\"", "key `name`: found nothing, expected a text"),
    ("\"x\"", "\"x\", \"lables\": []", "unknown key `lables`, did you mean `labels`?"),
    ("\"x\"", "\"x\", \"zzzzzzzz\": 1", "unknown key `zzzzzzzz`, expected one of name, task"),
    ("\"x\"", "7", "key `name`: found 7, expected a text"),
    (
      "\"segmentation\"", "\"segmentaton\"",
      "found \"segmentaton\", expected one of \"classification\", \"segmentation\""
    ),
    ("\"grey\"", "true", "key `colors`: found true, expected one of \"rgb\""),
    ("{\"mapping\": \"scale\"}", "[]", "key `values`: found a list of 0, expected an object"),
    ("\"scale\"", "\"scale\", \"divisr\": 2", "unknown key `values.divisr`, did you mean `values.divisor`?"),
    ("\"scale\"", "\"scale\", \"divisor\": 0", "key `values.divisor`: found 0"),
    ("\"scale\"", "\"window\", \"low\": 2, \"high\": 2", "key `values.high`: found 2, expected more than `low`"),
    ("\"scale\"", "\"window\", \"high\": 2", "key `values.low`: found nothing, expected a number"),
    ("\"scale\"", "\"percentile\", \"low\": 50, \"high\": 1", "key `values.low`: found 50, expected a percentage"),
    ("\"scale\"", "\"standardize\", \"mean\": [1], \"deviation\": [0]", "`values.deviation[0]`: found 0"),
    ("\"scale\"", "\"standardize\", \"mean\": [1], \"deviation\": []", "found 1 and 0 numbers"),
    (
      "\"scale\"", "\"standardize\", \"mean\": [1, 2], \"deviation\": [1, 2]",
      "`values.mean`: found 2 numbers, expected 1"
    ),
    (
      "\"scale\"", "\"standardize\", \"mean\": [\"a\"], \"deviation\": [1]",
      "`values.mean[0]`: found \"a\", expected a number"
    ),
    (
      "\"x\"", "\"x\", \"resize\": {\"width\": 0, \"height\": 2}",
      "`resize.width`: found 0, expected a whole number from 1"
    ),
    ("\"x\"", "\"x\", \"resize\": {\"width\": 2.5, \"height\": 2}", "`resize.width`: found 2.5"),
    ("\"x\"", "\"x\", \"resize\": {\"width\": 2}", "`resize.height`: found nothing"),
    ("\"x\"", "\"x\", \"pictures\": \"window\"", "`values.mapping` is no window"),
    ("\"x\"", "\"x\", \"labels\": [\"a\", 3]", "`labels[1]`: found 3, expected a text"),
    ("\"x\"", "\"x\", \"labels\": [\"a\"], \"palette\": [\"#000000\", \"#000001\"]", "found 2 colours, expected 1"),
    (
      "\"x\"", "\"x\", \"labels\": [\"a\"], \"palette\": [\"#00000G\"]",
      "`palette[0]`: found \"#00000G\", expected \"#RRGGBB\""
    ),
    ("\"x\"", "\"x\", \"labels\": [\"a\"], \"palette\": [\"#+00001\"]", "`palette[0]`"),
    ("}}", "}", "is not JSON"),
    (minimal, "[1]", "key `card`: found a list of 1, expected an object"),
    (minimal, "", "is not JSON"),
    (minimal, String(repeating: "[", count: 100_000), "is not JSON"),
  ]

  @Test(arguments: mistakes)
  func mistakesAreNamed(_ old: String, _ new: String, _ words: String) {
    let json = Self.minimal.replacingOccurrences(of: old, with: new)
    #expect(json != Self.minimal)
    expectError(.badCard, containing: words) { try Self.card(json) }
    expectError(.badCard, containing: "m.card.json: ") { try Self.card(json) }
  }

  @Test func labelsMustBeAsManyAsClasses() throws {
    let card = try Self.card(Self.minimal.replacingOccurrences(of: "\"x\"", with: "\"x\", \"labels\": [\"a\", \"b\"]"))
    #expect(throws: Never.self) { try card.check(classCount: 2) }
    expectError(.mismatch, containing: "2 labels (a, b), the model has 3 classes") { try card.check(classCount: 3) }
    #expect(throws: Never.self) { try Self.card(Self.minimal).check(classCount: 3) }
  }

  @Test func builtInCardsHoldTheValuesOfThePaper() throws {
    var cards = [String: ModelCard]()
    for builtIn in BuiltInCard.all {
      cards[builtIn.name] = builtIn.card
      #expect(!builtIn.card.source.isEmpty && !builtIn.card.assumed.isEmpty)
      #expect(try ModelCard(decoding: Array(builtIn.json.utf8)) == builtIn.card)
    }
    #expect(cards.count == 6)
    let bccd = try #require(cards["bccd"])
    #expect(bccd.values == .scale(divisor: 255, offset: 0) && bccd.colors == .rgb)
    #expect(bccd.resize?.width == 250 && bccd.resize?.height == 200)
    #expect(bccd.labels == ["EOSINOPHIL", "LYMPHOCYTE", "MONOCYTE", "NEUTROPHIL"])
    let ctOrg = try #require(cards["ctorg"])
    #expect(ctOrg.values == .window(low: -500, high: 1000))
    #expect(ctOrg.labels == ["background", "liver", "bladder", "lungs", "kidneys", "bones"])
    #expect(cards["prostate"]?.values == .percentile(low: 1, high: 1, scope: .frame))
    #expect(cards["prostate"]?.labels == ["background", "central gland", "peripheral zone"])
    #expect(cards["brats"]?.resize?.width == 240 && cards["brats"]?.labels.count == 4)
    #expect(cards["brats-single-class"]?.labels.count == 2 && cards["prostate-single-class"]?.labels.count == 2)
  }

  @Test(
    arguments: [
      ("/m/bccd.xmodel", "functional_1", [1, 200, 250, 3], 4, "bccd"),
      ("CT-ORG_v2.xmodel", "", [1, 256, 256, 1], 6, "ctorg"),
      ("prostate.xmodel", "", [1, 256, 256, 1], 3, "prostate"),
      ("prostate-single-class-zcu104.xmodel", "", [1, 256, 256, 1], 2, "prostate-single-class"),
      ("brats-mobilenet.xmodel", "", [1, 240, 240, 4], 4, "brats"),
      ("model.xmodel", "BraTS_single", [4, 240, 240, 4], 2, "brats-single-class"),
      ("bccd.xmodel", "", [1, 224, 224, 3], 4, nil),  // another size
      ("bccd.xmodel", "", [1, 200, 250, 3], 5, nil),  // other classes
      ("resnet.xmodel", "functional_1", [1, 200, 250, 3], 4, nil),
    ] as [(String, String, [Int], Int, String?)])
  func builtInCardsAreChosenByNameAndShape(
    _ path: String, _ graph: String, _ input: [Int], _ classCount: Int, _ expected: String?
  ) throws {
    let found = try ModelCard.find(forModelAt: path, graphName: graph, input: Shape(input), classCount: classCount)
    #expect(found?.origin == expected.map(FoundCard.Origin.builtIn))
    if let expected, let found {
      #expect(found.reason.contains(String(expected.prefix(5)).replacingOccurrences(of: "-", with: "")))
    }
  }

  @Test func cardBesideTheModelComesFirst() throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("vision-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let model = folder.path + "/bccd.xmodel"
    let beside = folder.path + "/bccd.card.json"
    #expect(ModelCard.path(besideModelAt: model) == beside)
    func find(classCount: Int) throws -> FoundCard? {
      try ModelCard.find(forModelAt: model, input: Shape([1, 200, 250, 3]), classCount: classCount)
    }
    #expect(try find(classCount: 4)?.origin == .builtIn("bccd"))
    let own = Self.minimal.replacingOccurrences(of: "\"x\"", with: "\"x\", \"labels\": [\"a\", \"b\"]")
    try Data(own.utf8).write(to: URL(fileURLWithPath: beside))
    #expect(try find(classCount: 2)?.origin == .file(beside))
    #expect(try find(classCount: 2)?.card.name == "x")
    expectError(.mismatch, containing: beside) { try find(classCount: 4) }
    // A broken card is an error, not a reason to take another.
    try Data("{".utf8).write(to: URL(fileURLWithPath: beside))
    expectError(.badCard, containing: "\(beside): is not JSON") { try find(classCount: 4) }
  }
}
