import SimulatedDPU
import XModel

/// What `dpu predict` tells of a model on a board, gathered once for all of its forms.
struct PredictionReport {
  /// One DPU subgraph.
  struct Part {
    /// The number among the model's DPU subgraphs, from 0.
    let number: Int
    let name: String
    let fingerprint: Fingerprint
    let figures: PredictionFigures
    let prediction: Prediction
    let attribution: SuperlayerAttribution
    let shares: [SuperlayerShare]
  }

  let path: String
  let setting: PredictionSetting
  let parts: [Part]
  /// All subgraphs one after another: a frame.
  let figures: PredictionFigures
  /// Why the model does not run on the board, where that is passed over.
  let misfit: String?
  let range: PredictionRange

  /// Reads a model and predicts each of its DPU subgraphs.
  ///
  /// - Throws: For a file without instructions, with instructions that can't be predicted, or for another core than
  ///   the board has.
  init(path: String, _ setting: PredictionSetting) throws {
    self.path = path
    self.setting = setting
    let model = try Model(path: path)
    let programs = try SubgraphChoice.choices(in: model, nil, for: "predict")
      .map { choice throws(CommandError) in (choice, try Listing(model, choice, bytes: choice.code(in: model))) }
    let fingerprints = programs.map(\.1.fingerprint)
    let misfit = fingerprints.lazy.compactMap { setting.board.misfit(of: $0) }.first
    if let misfit, !setting.isWhatIf {
      throw CommandError(
        .invalidInput, "\(path): \(misfit); --what-if predicts the model's own core at the board's clock all the same")
    }
    self.misfit = misfit
    var parts: [Part] = []
    var sum = PredictionFigures()
    for (choice, listing) in programs {
      if Interruption.exitCode != nil { break }
      let part = try PredictionReport.part(choice, listing, of: model)
      sum += part.figures
      parts.append(part)
    }
    self.parts = parts
    figures = sum
    range = PredictionRange(fingerprints, megahertz: setting.megahertz, cores: setting.coreCount)
  }

  /// The image of the board that the model is compiled for, `nil` where there is none.
  var image: BoardFigures.Image? { parts.first.flatMap { setting.board.image(for: $0.fingerprint) } }

  /// The time line of the engines.
  var trace: ChromeTrace {
    var trace = ChromeTrace(
      notes: [
        ("predicted", "not measured"), ("model", path), ("board", setting.board.title),
        ("clock", "\(setting.megahertz.plain) MHz"), ("fitted on", PredictionRange.fittedOn),
        ("known error", PredictionRange.knownError), ("expected error", range.expectation),
      ], megahertz: setting.megahertz)
    for part in parts {
      let names = part.attribution.superlayers.map(\.name)
      trace.add(part.prediction, title: part.name, superlayers: part.attribution.owners.map { $0.map { names[$0] } })
    }
    return trace
  }

  private static func part(
    _ choice: SubgraphChoice, _ listing: Listing, of model: Model
  ) throws(CommandError) -> Part {
    let partition = choice.partition
    do throws(ProgramError) {
      let target = try DPUTarget(listing.fingerprint)
      let prediction = try CycleModel(target: target).predict(listing.code)
      let attribution = try SuperlayerAttribution(listing.code, of: partition, in: model, target: target)
      return Part(
        number: choice.number, name: partition.name, fingerprint: listing.fingerprint,
        figures: PredictionFigures(
          prediction, ideal: try CycleModel(target: target, costs: .ideal).predict(listing.code),
          multiplyAccumulates: model.multiplyAccumulateCount(of: partition.operations)),
        prediction: prediction, attribution: attribution, shares: prediction.shares(attribution, of: model))
    } catch {
      throw CommandError(
        .invalidInput, "\(model.path): \(Listing.title(of: choice, nil)) can't be predicted: \(error)")
    }
  }
}
