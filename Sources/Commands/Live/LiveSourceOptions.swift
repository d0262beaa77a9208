import Tensors
import Vision

/// Where `dpu live` takes its pictures from, as its options say.
struct LiveSourceOptions {
  /// The options.
  static let options: [Option] = [
    Option("camera", takes: .text("DEV"), "a camera of the kernel's, such as /dev/video0"),
    Option("source", takes: .text("PIPELINE"), "the beginning of a GStreamer pipeline, as behind gst-launch-1.0"),
    Option("file", takes: .text("VIDEO"), "a video file that GStreamer can read"),
    Option("folder", takes: .text("DIR"), "the JPEG and PNG pictures of a folder, in the order of their names"),
    Option("loop", "folder: begins again behind the last picture"),
    Option("rate", takes: .number("FPS", 0.001...10000), "file and folder: so many pictures a second, as a camera has"),
    Option(
      "size", takes: .text("WxH"), fallback: "640x480; the model's where its card does not resize",
      "camera, source and file: the size to which GStreamer scales pictures"),
    Option(
      "stall", takes: .number("S", 0.1...86400), fallback: "10",
      "camera, source and file: ends when no picture comes for so long"),
  ]

  /// A kind of source.
  private enum Kind: String, CaseIterable {
    case camera, source, file, folder
  }

  private let kind: Kind
  private let value: String
  private let isLooped: Bool
  private let size: (width: Int, height: Int)?
  private let stallLimit: Duration
  /// The time from one picture to the next, where it is given.
  let interval: Duration?

  /// Whether pictures come when they come, so that some are left out under overload.
  var isLive: Bool { interval != nil || kind == .camera || kind == .source }
  /// Whether all pictures have one size and form, so that one that can't be used is like all others.
  var isUniform: Bool { kind != .folder }

  /// Reads the options.
  ///
  /// - Throws: An error of usage.
  init(_ arguments: Arguments) throws(CommandError) {
    let given = Kind.allCases.filter { arguments.text($0.rawValue) != nil }
    guard given.count == 1, let kind = given.first, let value = arguments.text(kind.rawValue) else {
      throw CommandError(.usage, "live: needs one of --camera, --source, --file and --folder (see 'dpu help live')")
    }
    let others: [(option: String, isGiven: Bool, kinds: [Kind])] = [
      ("loop", arguments.flag("loop"), [.folder]),
      ("rate", arguments.text("rate") != nil, [.file, .folder]),
      ("size", arguments.text("size") != nil, [.camera, .source, .file]),
      ("stall", arguments.text("stall") != nil, [.camera, .source, .file]),
    ]
    for other in others where other.isGiven && !other.kinds.contains(kind) {
      let owners = other.kinds.map { "--\($0.rawValue)" }.joined(separator: " and ")
      throw CommandError(.usage, "live: option '--\(other.option)' goes with \(owners), not with --\(kind.rawValue)")
    }
    (self.kind, self.value) = (kind, value)
    isLooped = arguments.flag("loop")
    interval = arguments.number("rate").map { .nanoseconds(Int64(1e9 / $0)) }
    stallLimit = .milliseconds(Int64((arguments.number("stall") ?? 10) * 1000))
    size = try arguments.text("size").map(Self.size)
  }

  /// Opens the source for a model.
  ///
  /// - Parameter frameShape: The model's input `[h, w, c]`.
  /// - Throws: Why there is no such source.
  func open(for card: ModelCard, frameShape: Shape) throws -> any FrameSource {
    let network = (width: frameShape[1], height: frameShape[0])
    let size = self.size ?? (card.resize == nil ? network : (640, 480))
    guard card.resize != nil || size == network else {
      throw CommandError(
        .usage,
        "live: card \"\(card.name.printable)\" does not resize, so pictures are \(network.width)x\(network.height), not "
          + "\(size.width)x\(size.height)")
    }
    let pipeline: GStreamerPipeline
    switch kind {
    case .camera:
      guard FileContent.exists(value) else {
        throw CommandError(.noDevice, "\(value): there is no such camera; 'ls /dev/video*' lists those that are there")
      }
      pipeline = GStreamerPipeline(camera: value)
    case .file:
      guard FileContent.exists(value), !InputList.isFolder(value) else {
        throw CommandError(.invalidInput, "\(value): there is no such file")
      }
      pipeline = GStreamerPipeline(file: value)
    case .source: pipeline = try GStreamerPipeline(description: value)
    case .folder: return try folder()
    }
    let source = try GStreamerSource(pipeline, width: size.width, height: size.height, stallLimit: stallLimit)
    Interruption.accompany(source.processGroup)
    return source
  }

  private func folder() throws(CommandError) -> FolderSource {
    guard InputList.isFolder(value) else { throw CommandError(.invalidInput, "\(value): there is no such folder") }
    let names = try InputList.names(in: value).filter { name in
      InputFile.hasKnownExtension(name) && !name.lowercased().hasSuffix(".npy")
    }
    guard !names.isEmpty else {
      throw CommandError(
        .invalidInput, "\(value): the folder holds no JPEG or PNG picture (sub-folders are not searched)")
    }
    return FolderSource(
      names.map { InputList.join(value, $0) },
      title:
        "folder \(value), \(names.count) picture\(names.count == 1 ? "" : "s")\(isLooped ? ", over and over" : "")",
      isLooped: isLooped)
  }

  private static func size(_ text: String) throws(CommandError) -> (width: Int, height: Int) {
    let parts = text.split(separator: "x", omittingEmptySubsequences: false).map { Int($0) }
    let range = 1...8192
    guard parts.count == 2, let width = parts[0], let height = parts[1], range.contains(width), range.contains(height)
    else {
      throw CommandError(
        .usage, "live: option '--size' needs WIDTHxHEIGHT such as 640x480, each from 1 to 8192, not '\(text)'")
    }
    return (width, height)
  }
}
