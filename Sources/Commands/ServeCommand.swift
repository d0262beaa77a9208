import Devices
import Serving
import Vision

#if canImport(Glibc)
  import Glibc
#endif

/// `dpu serve`: offers models to clients over the Open Inference Protocol.
enum ServeCommand: Command {
  static let table = CommandTable(
    name: "serve", summary: "offers a folder of models to clients over HTTP (Open Inference Protocol v2)",
    operands: [Operand("FOLDER", "holds MODEL/VERSION/model.xmodel, each with its card beside it")],
    options: [
      Option(
        "listen", short: "l", takes: .text("ADDRESS"), isList: true,
        fallback: "127.0.0.1:8000, or what systemd hands over",
        "where: ADDRESS:PORT, unix:PATH or systemd; may come more than once"),
      Option("token-file", takes: .text("FILE"), "asks each client for one of the tokens in FILE, one a line"),
      Option("load", takes: .text("MODEL"), isList: true, fallback: "all", "loads only these at the start"),
      Option(
        "drain", takes: .number("SECONDS", 0...600), fallback: "5", "listens on after SIGTERM, not ready any more"),
      Option("stop", takes: .number("SECONDS", 0...600), fallback: "30", "answers then what was accepted, for so long"),
      Option("body-limit", takes: .integer("MIB", 1...1024), fallback: "64", "the longest body that is read"),
      Option(
        "page", takes: .choice(ServicePage.Extent.allCases.map(\.rawValue)), fallback: "pictures",
        "what http://ADDRESS:PORT/ shows: what clients send too, or numbers alone"),
    ] + DeviceOptions.options,
    sharedOptions: [
      Option("quiet", short: "q", "prints no notes or warnings"), Option("verbose", short: "v", "prints more detail"),
    ] + CommandTable.helpOptions,
    examples: [
      .init("serve models", "serves on this machine only, at port 8000"),
      .init("serve models -l unix:/run/dpu/dpu.sock", "serves over a Unix socket"),
      .init("serve models -l 0.0.0.0:8000 --token-file tokens", "serves the network, to those who have a token"),
    ],
    notes: [
      "Without other words it listens where only this machine gets. TLS is a reverse proxy's job.",
      "Exit code 0: ended by SIGTERM or Ctrl-C after an orderly end; 3: no model could be loaded, or it can't listen.",
    ])

  static func run(_ arguments: Arguments, _ console: Console) throws -> ExitCode {
    Interruption.watch()
    do throws(ServingError) {
      return try serve(arguments, console)
    } catch {
      throw CommandError(error.code == .badRequest ? .usage : .invalidInput, "serve: \(error.message)")
    }
  }

  private static func serve(_ arguments: Arguments, _ console: Console) throws(ServingError) -> ExitCode {
    let folder = ModelFolder(path: arguments.operands[0])
    let models = try folder.list()
    let wanted = arguments.texts("load").isEmpty ? models.keys.sorted() : arguments.texts("load")
    guard !wanted.isEmpty else {
      throw ServingError(
        .failed, "\(folder.path) holds no model; expected \(folder.path)/MODEL/VERSION/\(ModelFolder.fileName)")
    }
    var tokens: BearerTokens?
    if let path = arguments.text("token-file") { tokens = try BearerTokens(contentsOf: path) }
    let sockets = try listen(arguments)
    for socket in sockets where !socket.address.isLocal && tokens == nil {
      console.warn("\(socket.address) can be reached from the network without a token; give --token-file")
    }

    let log = EventLog { millisecondsSince1970() }
    let console = console.copying { text, isWarning in log.add(isWarning ? .warning : .note, text) }
    let device = ServingDevice(arguments, console)
    let extent = arguments.text("page").flatMap(ServicePage.Extent.init) ?? .pictures
    let page = ServicePage(extent, of: device, log, console) { millisecondsSince1970() }
    let source = ModelRepository.Source(
      list: { () throws(ServingError) in try folder.list() },
      open: { (model, version) throws(ServingError) in
        let opened = try device.open(folder.file(model, version))
        return page?.watched(opened.model, named: model, opened.card) ?? opened.model
      })
    var surroundings = InferenceService.Surroundings(version: DPUProgram.version, clock: { millisecondsSince1970() })
    surroundings.metrics = { device.metrics }
    surroundings.live = page?.view
    let service = InferenceService(try ModelRepository(source), tokens: tokens, surroundings: surroundings)
    var limits = HTTPLimits()
    if let mebibytes = arguments.integer("body-limit") {
      limits.bodyByteCount = mebibytes << 20
      limits.heldByteCount = max(limits.heldByteCount, 2 * limits.bodyByteCount)
    }
    let running = try RunningService(service, at: sockets, limits: limits, console)
    try page?.start(service)
    defer { page?.stop() }
    guard running.load(wanted) > 0 else {
      running.stop(within: .seconds(1))
      if let code = Interruption.exitCode { return code }
      throw ServingError(.failed, "not one of the models in \(folder.path) could be loaded")
    }
    running.serveUntilSignal(
      .init(
        drain: .seconds(arguments.number("drain") ?? 5), stop: .seconds(arguments.number("stop") ?? 30)))
    return .success
  }

  private static func listen(_ arguments: Arguments) throws(ServingError) -> [ListeningSocket] {
    var texts = arguments.texts("listen")
    if texts.isEmpty { texts = [Terminal.environment("LISTEN_FDS") == nil ? "127.0.0.1:8000" : "systemd"] }
    var sockets: [ListeningSocket] = []
    for text in texts { sockets += try ListeningSocket.open(ListenAddress(text)) }
    return sockets
  }

  private static func millisecondsSince1970() -> Int {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    return time.tv_sec * 1000 + time.tv_nsec / 1_000_000
  }
}
