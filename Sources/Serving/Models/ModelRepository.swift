import Inference
import Threads

/// The models that the service has or could have, and what state they are in.
package final class ModelRepository: Sendable {
  /// Where models come from: what lies outside the service.
  package struct Source: Sendable {
    /// Looks which models there are, and which versions of each, the newest last.
    package let list: @Sendable () throws(ServingError) -> [String: [String]]
    /// Opens one; may take long, and keeps its thread.
    package let open: @Sendable (_ model: String, _ version: String) throws(ServingError) -> any ServableModel
    /// What tells the files of one from others that were put in their place.
    package let stamp: @Sendable (_ model: String, _ version: String) -> String

    /// Makes a source.
    package init(
      list: @escaping @Sendable () throws(ServingError) -> [String: [String]],
      open: @escaping @Sendable (_ model: String, _ version: String) throws(ServingError) -> any ServableModel,
      stamp: @escaping @Sendable (_ model: String, _ version: String) -> String = { _, _ in "" }
    ) {
      self.list = list
      self.open = open
      self.stamp = stamp
    }
  }

  /// The states, by the protocol's names.
  package enum Condition: String, Sendable {
    case loading = "LOADING"
    case ready = "READY"
    case unloading = "UNLOADING"
    case unavailable = "UNAVAILABLE"
  }

  /// A row of the index.
  package struct Row: Equatable, Sendable {
    /// The model's name.
    package let name: String
    /// Its version; empty where none is known.
    package let version: String
    /// Its state.
    package let condition: Condition
    /// Why it is not ready.
    package let reason: String
  }

  private struct Entry {
    var condition: Condition
    var reason = ""
    var version = ""
    var loaded: LoadedEntry?
  }

  let source: Source
  private let entries = Guarded<[String: Entry]>([:])
  private let thread: SerialThread
  private let drainTime: Duration
  private let checkTime: Duration
  private let wrong = Guarded<String?>(nil)
  private let kept = Guarded<[String: ModelRecord]>([:])

  /// Makes a repository in which nothing is loaded.
  ///
  /// - Parameters:
  ///   - drainTime: How long unloading waits for requests that are under way.
  ///   - checkTime: How long a self-check may take.
  /// - Throws: `.failed` where the system gives no thread.
  package init(
    _ source: Source, drainTime: Duration = .seconds(30), checkTime: Duration = .seconds(60)
  ) throws(ServingError) {
    self.source = source
    self.drainTime = drainTime
    self.checkTime = checkTime
    thread = try SerialThread()
  }

  /// The models, by name.
  ///
  /// - Throws: What the source says.
  package func index() throws(ServingError) -> [Row] {
    let known = try source.list()
    let entries = entries.withLock { $0 }
    return Set(known.keys).union(entries.keys).sorted().map { name in
      guard let entry = entries[name] else {
        return Row(name: name, version: known[name]?.last ?? "", condition: .unavailable, reason: "it is not loaded")
      }
      return Row(name: name, version: entry.version, condition: entry.condition, reason: entry.reason)
    }
  }

  /// The models that something was done with, by name; looks at no disk.
  package var states: [Row] {
    entries.withLock { $0 }.sorted { $0.key < $1.key }.map { name, entry in
      Row(name: name, version: entry.version, condition: entry.condition, reason: entry.reason)
    }
  }

  /// The models that are ready, by name.
  package var loaded: [LoadedEntry] {
    entries.withLock { $0.values.compactMap(\.loaded) }.sorted { $0.name < $1.name }
  }

  /// Whether every model that was asked for is ready.
  package var isReady: Bool { entries.withLock { $0.values.allSatisfy { $0.condition != .loading } } }

  /// A model that is ready.
  ///
  /// - Throws: `.notFound` for a model or version that there is not, `.unavailable` for one that is not ready.
  package func find(_ target: Route.Target) throws(ServingError) -> LoadedEntry {
    guard let entry = entries.withLock({ $0[target.model] }) else {
      guard try source.list()[target.model] != nil else {
        throw ServingError(
          .notFound,
          "there is no model \"\(target.model.prefix(200))\"; POST /v2/repository/index lists those that there are")
      }
      throw ServingError(
        .unavailable,
        "the model \"\(target.model)\" is not loaded; POST /v2/repository/models/\(target.model)/load loads it")
    }
    guard let loaded = entry.loaded, entry.condition == .ready else {
      let reason = entry.reason.isEmpty ? "" : ": \(entry.reason)"
      throw ServingError(.unavailable, "the model \"\(target.model)\" is \(entry.condition.rawValue)\(reason)")
    }
    guard target.version == nil || target.version == loaded.version else {
      throw ServingError(
        .notFound,
        "the model \"\(target.model)\" has version \(loaded.version) loaded, not \((target.version ?? "").prefix(40))")
    }
    return loaded
  }

  /// Loads the newest version of a model, or that again which is loaded.
  ///
  /// - Throws: `.notFound`, or what opening it says; a version that is loaded stays then.
  package func load(_ name: String) async throws(ServingError) {
    guard let version = try source.list()[name]?.last else {
      throw ServingError(.notFound, "there is no model \"\(name.prefix(200))\" to load")
    }
    let isFirst = try begin(.loading, name, version)
    let source = source
    let stamp = source.stamp(name, version)
    let result: Result<any ServableModel, ServingError> = await thread.run {
      do throws(ServingError) { return .success(try source.open(name, version)) } catch { return .failure(error) }
    }
    switch await checked(result, name, version, stamp) {
    case .success(let entry):
      entries.withLock { $0[name] = Entry(condition: .ready, version: version, loaded: entry) }
    case .failure(let error):
      entries.withLock { entries in
        if isFirst {
          entries[name] = Entry(condition: .unavailable, reason: error.message, version: version)
        } else {
          entries[name]?.condition = .ready
        }
      }
      throw ServingError(error.code, "cannot load \"\(name)\": \(error.message)")
    }
  }

  /// Lets a model that was opened show that it gives the answers that it should, before it gives any to clients.
  private func checked(
    _ opened: Result<any ServableModel, ServingError>, _ name: String, _ version: String, _ stamp: String
  ) async -> Result<LoadedEntry, ServingError> {
    do throws(ServingError) {
      let entry = LoadedEntry(
        name: name, version: version, stamp: stamp, model: try opened.get(), record: record(of: name))
      try await check(entry)
      return .success(entry)
    } catch {
      return .failure(error)
    }
  }

  /// Runs a model on inputs whose answer is known.
  ///
  /// - Throws: `.failed` for a wrong answer, or why the check could not be made.
  func check(_ entry: LoadedEntry) async throws(ServingError) {
    let check = try await entry.selfCheck(JobOptions(priority: .high, within: checkTime)).get()
    guard let difference = check.difference else { return }
    let words = "\(entry.name): \(difference)"
    wrong.withLock { $0 = $0 ?? words }
    throw ServingError(.failed, "the self-check found a wrong answer: \(difference)")
  }

  /// What models have done that were loaded at some time, by name.
  package var records: [(name: String, record: ModelRecord)] {
    kept.withLock { $0 }.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
  }

  private func record(of name: String) -> ModelRecord {
    kept.withLock { kept in
      if let record = kept[name] { return record }
      let record = ModelRecord()
      kept[name] = record
      return record
    }
  }

  /// The first wrong answer that a self-check found, in words.
  package var wrongAnswer: String? { wrong.withLock { $0 } }

  /// Lets a model's requests be answered, and forgets it.
  ///
  /// - Throws: `.notFound` for a model that is not loaded.
  package func unload(_ name: String) async throws(ServingError) {
    guard entries.withLock({ $0[name]?.loaded }) != nil else {
      throw ServingError(.notFound, "the model \"\(name.prefix(200))\" is not loaded")
    }
    _ = try begin(.unloading, name, nil)
    guard let entry = entries.withLock({ $0[name]?.loaded }) else { return }
    let drainTime = drainTime
    let isIdle = await thread.run { entry.waitUntilIdle(drainTime) }
    entries.withLock { entries in
      entries[name] = Entry(
        condition: .unavailable,
        reason: isIdle ? "unloaded" : "unloaded; requests under way for longer than \(drainTime) go on",
        version: entry.version)
    }
  }

  /// Marks what is being done with a model.
  ///
  /// - Returns: Whether none of its versions is loaded.
  private func begin(_ condition: Condition, _ name: String, _ version: String?) throws(ServingError) -> Bool {
    try entries.withLock { entries throws(ServingError) in
      if let entry = entries[name], entry.condition == .loading || entry.condition == .unloading {
        throw ServingError(.unavailable, "the model \"\(name)\" is \(entry.condition.rawValue); try again later")
      }
      guard entries[name]?.loaded != nil else {
        entries[name] = Entry(condition: condition, version: version ?? "")
        return true
      }
      // While another version is being opened, the one that is loaded serves on.
      if condition == .unloading { entries[name]?.condition = .unloading }
      return false
    }
  }
}
