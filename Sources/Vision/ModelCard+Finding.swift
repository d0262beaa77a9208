package import Tensors

/// A card and where it was found.
package struct FoundCard: Equatable, Sendable {
  /// Where a card comes from.
  package enum Origin: Equatable, Sendable {
    /// A file, usually the one beside the model.
    case file(String)
    /// The binary itself, by the card's name there.
    case builtIn(String)
  }

  /// The card.
  package let card: ModelCard
  /// Where it comes from.
  package let origin: Origin
  /// Why this card and no other, in words.
  package let reason: String

  /// Makes a found card.
  package init(card: ModelCard, origin: Origin, reason: String) {
    self.card = card
    self.origin = origin
    self.reason = reason
  }
}

extension ModelCard {
  /// The path of the card that belongs beside a model: `NAME.card.json` for `NAME.xmodel`.
  package static func path(besideModelAt modelPath: String) -> String {
    let stem = modelPath.hasSuffix(".xmodel") ? String(modelPath.dropLast(".xmodel".count)) : modelPath
    return stem + ".card.json"
  }

  /// Finds the card of a model: the file beside it, else a built-in card, else none.
  ///
  /// A built-in card is taken when the model's file name or graph name contains the card's key, as in `bccd` or
  /// `prostate`, *and* the model's input and number of classes are those that the card is made for.
  ///
  /// - Parameters:
  ///   - modelPath: The model's file.
  ///   - graphName: The name of the model's graph.
  ///   - input: The model's input, `[n, h, w, c]`.
  ///   - classCount: The extent of the last axis of the model's output.
  /// - Throws: `badCard` or `cannotRead` for a file that is there and wrong; `mismatch` where its labels do not fit.
  package static func find(
    forModelAt modelPath: String, graphName: String = "", input: Shape, classCount: Int
  ) throws(VisionError) -> FoundCard? {
    let beside = path(besideModelAt: modelPath)
    if FileContent.exists(beside) {
      let card = try ModelCard(contentsOf: beside)
      do throws(VisionError) {
        try card.check(classCount: classCount)
      } catch {
        throw error.inFile(beside)
      }
      return FoundCard(card: card, origin: .file(beside), reason: "it lies beside the model")
    }
    let fileName = modelPath.split(separator: "/").last.map(String.init) ?? modelPath
    for (kind, name) in [("file name", fileName), ("graph name", graphName)] {
      let letters = name.lowercased().filter { $0.isASCII && ($0.isLetter || $0.isNumber) }
      let fitting = BuiltInCard.all.first {
        letters.contains($0.key) && Array(input.dimensions.dropFirst()) == $0.frame && $0.classCount == classCount
      }
      if let fitting {
        return FoundCard(
          card: fitting.card, origin: .builtIn(fitting.name),
          reason: "the \(kind) \"\(name)\" contains \"\(fitting.key)\", input \(input) and \(classCount) classes fit")
      }
    }
    return nil
  }
}
