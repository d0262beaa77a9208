import Inference
import Tensors
import Vision

/// The files that a measurement runs end to end: those that can be used, looked at before anything is measured.
struct BenchFiles: Sendable {
  /// The files of each run, one for each input of the model.
  private(set) var groups: [[String]] = []
  /// What can't be used, and is left out.
  private(set) var failures: [InputList.Failure] = []
  /// What the first run's files hold.
  private(set) var frame: [InputFile] = []
  private var digest = SHA256()

  /// How many files are run.
  var count: Int { groups.reduce(0) { $0 + $1.count } }
  /// A hash over the contents of the files that are run, in their order; their names don't matter.
  var sha256: String { digest.hexDigest() }

  /// No files.
  init() {}

  /// Reads all files once, and fills a job's inputs from each.
  ///
  /// - Parameters:
  ///   - slot: The buffers of a job, left with any content.
  ///   - first: Runs the first frame that can be used, with the function that fills it.
  /// - Throws: Where nothing can be used; what the closure throws.
  init(
    _ inputs: InputList, for loaded: LoadedModel, _ slot: JobSlot, _ console: Console,
    first: (_ fill: () throws -> Void, _ frame: [InputFile], _ slot: JobSlot) throws -> Void
  ) throws {
    let arity = loaded.feeders.count
    guard inputs.files.count % arity == 0 else {
      throw CommandError(
        .usage,
        "bench: the model has \(arity) inputs, so files come in groups of \(arity), not \(inputs.files.count)")
    }
    for failure in inputs.failures { fail(failure, console) }
    let reader = FileReader()
    var files: [InputFile] = []
    for start in stride(from: 0, to: inputs.files.count, by: arity) where Interruption.exitCode == nil {
      let paths = Array(inputs.files[start..<start + arity])
      do {
        guard try loaded.read(paths, into: &files, reader) > 0 else {
          throw VisionError(.mismatch, "there is no frame in it", path: paths[0])
        }
        let fill = { _ = try loaded.fill(slot, from: files, paths: paths, frame: 0) }
        if frame.isEmpty { try first(fill, files, slot) } else { try fill() }
        try add(paths)
      } catch let error as VisionError {
        fail(InputList.Failure(path: error.path ?? paths[0], message: error.message), console)
        continue
      }
      if frame.isEmpty { swap(&frame, &files) }
    }
    guard !groups.isEmpty || Interruption.exitCode != nil else {
      throw CommandError(.invalidInput, "bench: no INPUT can be used, \(failures.count) named above")
    }
  }

  private mutating func add(_ paths: [String]) throws(VisionError) {
    for path in paths {
      let content = try FileContent.read(path)
      content.withUnsafeBytes { bytes in
        // The length first: where one file ends and the next begins matters.
        withUnsafeBytes(of: UInt64(bytes.count).littleEndian) { digest.update($0) }
        digest.update(bytes)
      }
    }
    groups.append(paths)
  }

  private mutating func fail(_ failure: InputList.Failure, _ console: Console) {
    console.complain(failure.line)
    failures.append(failure)
  }
}
