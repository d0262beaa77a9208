import JSONValues
import Tensors
import Vision
import XModel

extension FoundCard {
  /// Finds the card of a model, or takes the one of a file.
  ///
  /// - Parameter path: The card's file as the user gave it.
  /// - Returns: `nil` where no file is given, none lies beside the model, and no built-in card fits.
  static func find(for model: Model, at path: String? = nil) throws -> FoundCard? {
    guard let input = model.inputs.first, let output = model.outputs.first else {
      throw CommandError(.invalidInput, "\(model.path): the model has no input or no output")
    }
    let shape = model.graph.operations[output].output.shape
    let classCount = shape.rank > 0 ? shape[-1] : 1
    guard let path else {
      return try ModelCard.find(
        forModelAt: model.path, graphName: model.graph.name, input: model.graph.operations[input].output.shape,
        classCount: classCount)
    }
    let card = try ModelCard(contentsOf: path)
    do throws(VisionError) {
      try card.check(classCount: classCount)
    } catch {
      throw error.inFile(path)
    }
    return FoundCard(card: card, origin: .file(path), reason: "given by --card")
  }

  /// The card for a person: its name, where it comes from and why.
  var line: String {
    let place =
      switch origin {
      case .file(let path): path
      case .builtIn(let name): "built in, \(name)"
      }
    return "\(card.name.printable) (\(place.printable); \(reason.printable))"
  }

  /// The card in a report.
  var json: JSONValue {
    let (file, builtIn): (JSONValue, JSONValue) =
      switch origin {
      case .file(let path): (.string(path), .null)
      case .builtIn(let name): (.null, .string(name))
      }
    return .object([
      "name": .string(card.name), "file": file, "built_in": builtIn, "reason": .string(reason),
      "task": .string(card.task.rawValue), "labels": .strings(card.labels), "source": .string(card.source),
      "assumed": .strings(card.assumed),
    ])
  }
}

extension ModelCard {
  /// What becomes of a picture, for a person.
  var preprocessing: String {
    let size = resize.map { "resized to \($0.width) wide x \($0.height) high (\($0.method.rawValue))" } ?? "not resized"
    let mapping =
      switch values {
      case .window(let low, let high): "values \(low.plain) to \(high.plain) to -1 to 1"
      case .scale(let divisor, let offset): "divided by \(divisor.plain)\(offset == 0 ? "" : ", plus \(offset.plain)")"
      case .percentile(let low, let high, let scope):
        "lowest \(low.plain) % and highest \(high.plain) % of each \(scope.rawValue) saturated, then -1 to 1"
      case .standardize(let divisor, let mean, let deviation):
        "divided by \(divisor.plain), less \(mean), divided by \(deviation)"
      }
    return "\(colors.rawValue), \(size), \(mapping)"
  }
}
