/// How pictures become a model's input, and what its output means: a small JSON file beside the model.
///
/// | key | value | default |
/// |---|---|---|
/// | `name` | text | required |
/// | `task` | `"classification"`, `"segmentation"` or `"regression"` | required |
/// | `colors` | `"rgb"`, `"bgr"`, `"grey"`, or `"channels"`: channels as an array has them | required |
/// | `resize` | `{"width": 250, "height": 200, "method": "bilinear"}`, or `"nearest"` | no resizing |
/// | `values` | an object with `mapping`, see the table of value mappings | required |
/// | `pictures` | `"values"`: 8-bit samples are values; `"window"`: 0 is the window's low end, 255 its high end | `"values"` |
/// | `floats` | `"normalized"`: float arrays of the model's size hold network values; `"raw"`: measured values | `"normalized"` |
/// | `volumes` | `{"rows": "P", "columns": "L"}`: where rows and columns of a volume's slices run, of R L A P S I | as stored |
/// | `labels` | a list of texts, label 0 first; in a segmentation label 0 is the background | none |
/// | `palette` | a list of `"#RRGGBB"`, one per label | colour-blind-safe |
/// | `source` | text: where these values come from | `""` |
/// | `assumed` | a list of texts: what the source leaves open | none |
package struct ModelCard: Equatable, Sendable {
  /// What the output is.
  package enum Task: String, Sendable, CaseIterable {
    /// One class per picture.
    case classification
    /// One class per pixel.
    case segmentation
    /// Numbers that are compared with true ones.
    case regression
  }

  /// The order of the model's input channels.
  package enum Colors: String, Sendable, CaseIterable {
    /// Red, green, blue.
    case rgb
    /// Blue, green, red.
    case bgr
    /// One channel of brightness.
    case grey
    /// Whatever an array holds, for instance modalities; pictures do not fit unless they have as many channels.
    case channels
  }

  /// The size that pictures are brought to.
  package struct Resize: Equatable, Sendable {
    /// Pixels in a row.
    package let width: Int
    /// Rows.
    package let height: Int
    /// The method.
    package let method: Resampling
  }

  /// What 8-bit samples stand for.
  package enum PictureValues: String, Sendable, CaseIterable {
    /// Themselves.
    case values
    /// A value that was windowed for display: 0 is the low end of the card's window, 255 the high end.
    case window
  }

  /// What floating point arrays hold.
  package enum FloatValues: String, Sendable, CaseIterable {
    /// What the network expects, unless the size shows that the array was not preprocessed.
    case normalized
    /// Measured values, which go through resizing and mapping.
    case raw
  }

  /// The name of the model or task.
  package let name: String
  /// What the output is.
  package let task: Task
  /// The order of the input channels.
  package let colors: Colors
  /// The size that pictures are brought to, `nil` to leave them.
  package let resize: Resize?
  /// How values become network values.
  package let values: ValueMapping
  /// What 8-bit samples stand for.
  package let pictures: PictureValues
  /// What floating point arrays hold.
  package let floats: FloatValues
  /// Which way slices of volumes are turned, `nil` to take them as they are stored.
  package let volumes: SlicePlan.Orientation?
  /// The names of the labels, label 0 first; may be empty.
  package let labels: [String]
  /// The colours of the labels.
  package let palette: Palette
  /// Where these values come from.
  package let source: String
  /// What the source leaves open and the card assumes, in words.
  package let assumed: [String]

  /// Checks that there are as many labels as the model has classes; a card without labels fits every model.
  ///
  /// - Throws: `mismatch`.
  package func check(classCount: Int) throws(VisionError) {
    guard labels.isEmpty || labels.count == classCount else {
      throw VisionError(
        .mismatch,
        "card \"\(name)\" has \(labels.count) labels (\(labels.joined(separator: ", "))), the model has"
          + " \(classCount) classes")
    }
  }

  /// The name of a label, or its number where the card has none.
  package func label(_ index: Int) -> String { labels.indices.contains(index) ? labels[index] : "class \(index)" }
}
