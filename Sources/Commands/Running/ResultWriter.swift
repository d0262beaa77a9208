import Devices
import Inference
import Vision

/// Writes what a model says of frames into a folder, with memory that is used again; for one thread at a time.
final class ResultWriter {
  /// A file that was written.
  typealias Written = (kind: String, path: String)

  private let folder: OutputFolder
  private let palette: Palette
  private let notesFiles: Bool
  private let writesLabelArrays: Bool
  private let files = FileWriter()
  private var path = ""
  /// The files of the frame last written, where they are to be noted.
  private(set) var written: [Written] = []

  /// Makes a writer.
  ///
  /// - Parameters:
  ///   - notesFiles: Whether it says afterwards which files it wrote.
  ///   - writesLabelArrays: Whether label maps are written as NPY, too.
  init(_ folder: OutputFolder, palette: Palette, notesFiles: Bool, writesLabelArrays: Bool = true) {
    self.folder = folder
    self.palette = palette
    self.notesFiles = notesFiles
    self.writesLabelArrays = writesLabelArrays
  }

  /// Forgets which files were written.
  func begin() { written.removeAll(keepingCapacity: true) }

  /// Writes a label map, and its overlay.
  func write(_ labels: LabelMap, overlay: Picture?, name: String) throws(VisionError) {
    setPath(name, ".labels.png")
    try files.writePNG(labels, palette: palette, to: path)
    note("labels")
    if writesLabelArrays {
      setPath(name, ".labels.npy")
      try files.writeNumpy(labels, to: path)
      note("labels_array")
    }
    guard let overlay else { return }
    setPath(name, ".overlay.png")
    try files.writePNG(overlay, to: path)
    note("overlay")
  }

  /// Writes tensors as NPY; of several each under a number.
  func write(_ tensors: [[UInt8]], of ports: [TensorPort], name: String) throws(VisionError) {
    for (index, port) in ports.enumerated() {
      setPath(name, ports.count == 1 ? ".output.npy" : ".output-\(index).npy")
      try files.writeNumpy(port.arrayElement, port.shape, tensors[index], to: path)
      note("output")
    }
  }

  private func setPath(_ name: String, _ ending: String) {
    path.removeAll(keepingCapacity: true)
    path += folder.path
    if !folder.path.hasSuffix("/") { path += "/" }
    path += name
    path += ending
  }

  private func note(_ kind: String) {
    // A text of its own: the path is written to again.
    if notesFiles { written.append((kind, String(decoding: path.utf8, as: UTF8.self))) }
  }
}
