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
        "where: ADDRESS:PORT, unix:PATH or systemd"),
      Option("token-file", takes: .text("FILE"), "asks each client for one of the tokens in FILE, one a line"),
      Option("load", takes: .text("MODEL"), isList: true, fallback: "all", "loads only these at the start"),
      Option(
        "drain", takes: .number("SECONDS", 0...600), fallback: "5", "listens on after SIGTERM, not ready any more"),
      Option("stop", takes: .number("SECONDS", 0...600), fallback: "30", "answers then what was accepted, for so long"),
      Option("body-limit", takes: .integer("MIB", 1...1024), fallback: "64", "the longest body that is read"),
      Option(
        "connection-limit", takes: .integer("N", 0...512), fallback: "128",
        "connections at a time from one address, not on a Unix socket; 0: as many as there are"),
      Option(
        "page", takes: .choice(ServicePage.Extent.allCases.map(\.rawValue)), fallback: "pictures",
        "what http://ADDRESS:PORT/ shows: what clients send too, or numbers alone"),
      Option(
        "self-check", takes: .number("SECONDS", 0...86_400), fallback: "60",
        "compares an answer with the software device's so often, and when a model is loaded; 0: never"),
      Option(
        "core-grace", takes: .number("SECONDS", 0...3600), fallback: "10",
        "waits so long for a core that does not answer, then ends"),
      Option(
        "memory", takes: .integer("MIB", 1...1_048_576), fallback: "what there is",
        "the most that models and their jobs take of the DPU's memory"),
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
      "SIGHUP reads the tokens again, loads models that are new or changed, and unloads those that are gone.",
      "Exit code 0: ended by SIGTERM or Ctrl-C after an orderly end; 3: no model could be loaded, or it can't listen; 4: "
        + "no device; 5: a core was lost or gave a wrong answer, and the overlay should be loaded again.",
    ])

  static func run(_ arguments: Arguments, _ console: Console) throws -> ExitCode {
    Interruption.watch()
    ReloadSignal.watch()
    // Whoever goes away while being answered must not end the service.
    signal(SIGPIPE, SIG_IGN)
    let failure: CommandError?
    do throws(ServingError) {
      failure = try serve(arguments, console)
    } catch {
      throw CommandError(error.code == .badRequest ? .usage : .invalidInput, "serve: \(error.message)")
    }
    if let failure { throw failure }
    return .success
  }

  /// Serves until the end.
  ///
  /// - Returns: What is wrong with the device, where that was the reason to end.
  private static func serve(_ arguments: Arguments, _ console: Console) throws(ServingError) -> CommandError? {
    let folder = ModelFolder(path: arguments.operands[0])
    let models = try folder.list()
    let named: [String]? = arguments.texts("load").isEmpty ? nil : arguments.texts("load")
    guard !(named ?? Array(models.keys)).isEmpty else {
      throw ServingError(
        .failed, "\(folder.path) holds no model; expected \(folder.path)/MODEL/VERSION/\(ModelFolder.fileName)")
    }
    let tokenPath = arguments.text("token-file")
    let tokens = try tokenPath.map { path throws(ServingError) in try BearerTokens(contentsOf: path) }
    let sockets = try listen(arguments)
    for socket in sockets where !socket.address.isLocal && tokens == nil {
      console.warn("\(socket.address) can be reached from the network without a token; give --token-file")
    }

    let log = EventLog { millisecondsSince1970() }
    let console = console.copying { text, isWarning in log.add(isWarning ? .warning : .note, text) }
    let device = ServingDevice(arguments, console)
    defer { device.close() }
    let statistics = ServiceStatistics(folder.path, on: device, console)
    defer { statistics.stop() }
    let extent = arguments.text("page").flatMap(ServicePage.Extent.init) ?? .pictures
    let page = ServicePage(extent, of: device, log) { millisecondsSince1970() }
    let repository = try ModelRepository(
      .init(
        list: { () throws(ServingError) in try folder.list() },
        open: { (model, version) throws(ServingError) in
          let opened = try device.open(folder.file(model, version))
          return statistics.counted(page?.watched(opened.model, named: model, opened.card) ?? opened.model)
        },
        stamp: { model, version in folder.stamp(model, version) }))
    let watch = ServiceWatch(repository, rules: rules(arguments)) { device.statistics }
    var surroundings = InferenceService.Surroundings(version: DPUProgram.version, clock: { millisecondsSince1970() })
    surroundings.metrics = { device.metrics + watch.metrics }
    surroundings.fault = { watch.fault }
    surroundings.live = page?.view
    let service = InferenceService(repository, tokens: tokens, surroundings: surroundings)
    let running = try RunningService(service, at: sockets, limits: limits(arguments), console)
    try page?.start(service)
    defer { page?.stop() }
    let count = running.load(named ?? models.keys.sorted())
    if let reason = watch.look().reasonToEnd {
      running.stop(within: .seconds(1))
      return failure(reason)
    }
    guard count > 0 else {
      running.stop(within: .seconds(1))
      if let code = Interruption.exitCode { return CommandError(code, "serve: told to end before a model was loaded") }
      if let failure = device.failure { return failure }
      throw ServingError(.failed, "not one of the models in \(folder.path) could be loaded")
    }
    let endTimes = RunningService.EndTimes(
      drain: .seconds(arguments.number("drain") ?? 5), stop: .seconds(arguments.number("stop") ?? 30))
    let reason = running.serve(watch, endTimes) {
      await reload(service, wanted: named, tokenPath: tokenPath, console)
    }
    return reason.map(failure)
  }

  /// Looks at the tokens and the folder of models again; what can't be read or loaded stays as it was.
  private static func reload(
    _ service: InferenceService, wanted: [String]?, tokenPath: String?, _ console: Console
  ) async {
    if let tokenPath {
      do throws(ServingError) { service.replaceTokens(try BearerTokens(contentsOf: tokenPath)) } catch {
        console.warn("the tokens stay as they were: \(error.message)")
      }
    }
    do throws(ServingError) {
      for change in try await service.repository.update(wanted) {
        if change.isFailure {
          console.warn(change.words)
        } else {
          console.note("reloaded: \(change.name.printable): \(change.words.printable)")
        }
      }
    } catch {
      console.warn("the models stay as they were: \(error.message)")
    }
    console.note("reloaded")
  }

  private static func failure(_ reason: String) -> CommandError {
    CommandError(.deviceFailed, "serve: \(reason); load the overlay again, and look what 'dpu doctor' says")
  }

  private static func rules(_ arguments: Arguments) -> ServiceWatch.Rules {
    var rules = ServiceWatch.Rules()
    if let seconds = arguments.number("core-grace") { rules.coreGrace = .seconds(seconds) }
    if let seconds = arguments.number("self-check") { rules.checkInterval = seconds > 0 ? .seconds(seconds) : nil }
    if let interval = ServiceManagerLink().watchdogInterval { rules.patience = interval / 2 }
    return rules
  }

  private static func limits(_ arguments: Arguments) -> HTTPLimits {
    var limits = HTTPLimits()
    if let mebibytes = arguments.integer("body-limit") {
      limits.bodyByteCount = mebibytes << 20
      limits.heldByteCount = max(limits.heldByteCount, 2 * limits.bodyByteCount)
    }
    if let count = arguments.integer("connection-limit") { limits.connectionCountPerAddress = count }
    return limits
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
