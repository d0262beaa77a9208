/// The cards that ship inside the binary: the tasks of the NERONE models.
///
/// They are texts in the format of card files, read by the same reader, so that each can be written out as a start for
/// a card of one's own.
///
/// - Source: the NERONE paper and its notebooks (necst/NERONE, necst/SENECA); what they leave open is under `assumed`.
package struct BuiltInCard: Sendable {
  /// The name under which the card is listed.
  package let name: String
  /// Part of the model's name by which the card is chosen: letters and digits only, lower case.
  let key: String
  /// The input that the card is made for.
  ///
  /// - Shape: `[h, w, c]`.
  let frame: [Int]
  /// The number of labels.
  let classCount: Int
  /// The card as the text of a card file.
  package let json: String

  /// All of them.
  package static let all = [bccd, ctOrg, prostate, prostateSingleClass, brats, bratsSingleClass]

  /// The card itself.
  package var card: ModelCard {
    do throws(VisionError) {
      return try ModelCard(decoding: Array(json.utf8), path: "built-in card \(name)")
    } catch {
      preconditionFailure("a card of our own is wrong: \(error)")
    }
  }

  private static let paper = "NERONE paper, section on models and data sets; notebooks of necst/NERONE and necst/SENECA"

  private static let bccd = BuiltInCard(
    name: "bccd", key: "bccd", frame: [200, 250, 3], classCount: 4,
    json: """
      {
        "name": "BCCD blood cells",
        "task": "classification",
        "colors": "rgb",
        "resize": {"width": 250, "height": 200, "method": "bilinear"},
        "values": {"mapping": "scale", "divisor": 255},
        "labels": ["EOSINOPHIL", "LYMPHOCYTE", "MONOCYTE", "NEUTROPHIL"],
        "source": "\(paper)",
        "assumed": ["labels: the classes stand in alphabetical order"]
      }
      """)

  private static let ctOrg = BuiltInCard(
    name: "ctorg", key: "ctorg", frame: [256, 256, 1], classCount: 6,
    json: """
      {
        "name": "CT-ORG organs",
        "task": "segmentation",
        "colors": "grey",
        "resize": {"width": 256, "height": 256, "method": "bilinear"},
        "values": {"mapping": "window", "low": -500, "high": 1000},
        "pictures": "window",
        "volumes": {"rows": "R", "columns": "P"},
        "labels": ["background", "liver", "bladder", "lungs", "kidneys", "bones"],
        "source": "\(paper)",
        "assumed": [
          "labels: the classes stand in the order of the data set's own numbers",
          "pictures: 8-bit pictures show the window, 0 for -500 HU and 255 for 1000 HU",
          "volumes: of the eight ways to turn slices this one scored best on a CT with organ labels",
          "palette: colour-blind-safe colours of our own"
        ]
      }
      """)

  private static let prostate = prostateCard(
    name: "prostate", labels: ["background", "central gland", "peripheral zone"],
    assumption: "labels: central gland comes before peripheral zone")

  private static let prostateSingleClass = prostateCard(
    name: "prostate-single-class", labels: ["background", "prostate"],
    assumption: "labels: the one class is the whole prostate, both zones")

  private static func prostateCard(name: String, labels: [String], assumption: String) -> BuiltInCard {
    BuiltInCard(
      name: name, key: "prostate", frame: [256, 256, 1], classCount: labels.count,
      json: """
        {
          "name": "Prostate MRI, \(labels.count == 2 ? "one class" : "two zones")",
          "task": "segmentation",
          "colors": "grey",
          "resize": {"width": 256, "height": 256, "method": "bilinear"},
          "values": {"mapping": "percentile", "low": 1, "high": 1, "scope": "frame"},
          "labels": [\(labels.map { "\"\($0)\"" }.joined(separator: ", "))],
          "source": "\(paper)",
          "assumed": [
            "\(assumption)",
            "values: the 1 % are taken per slice, not per volume, and before resizing",
            "volumes: slices are taken as they are stored, rows along the first axis",
            "palette: colour-blind-safe colours of our own"
          ]
        }
        """)
  }

  private static let brats = bratsCard(
    name: "brats", labels: ["background", "tumour area 1", "tumour area 2", "tumour area 3"],
    assumption:
      "labels: which tumour area is which; the data set's own order is necrotic core, oedema, enhancing tumour")

  private static let bratsSingleClass = bratsCard(
    name: "brats-single-class", labels: ["background", "tumour"],
    assumption: "labels: the one class is the whole tumour, all areas")

  private static func bratsCard(name: String, labels: [String], assumption: String) -> BuiltInCard {
    BuiltInCard(
      name: name, key: "brats", frame: [240, 240, 4], classCount: labels.count,
      json: """
        {
          "name": "BraTS brain tumours, \(labels.count == 2 ? "one class" : "three areas")",
          "task": "segmentation",
          "colors": "channels",
          "resize": {"width": 240, "height": 240, "method": "bilinear"},
          "values": {"mapping": "percentile", "low": 0, "high": 0, "scope": "channel"},
          "labels": [\(labels.map { "\"\($0)\"" }.joined(separator: ", "))],
          "source": "\(paper)",
          "assumed": [
            "\(assumption)",
            "colors: the four modalities stand in the order FLAIR, T1, T1 with contrast, T2",
            "values: the lowest value of each modality's slice becomes -1, the highest 1; not per volume",
            "volumes: slices are taken as they are stored, rows along the first axis",
            "palette: colour-blind-safe colours of our own"
          ]
        }
        """)
  }
}
