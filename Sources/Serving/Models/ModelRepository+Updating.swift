extension ModelRepository {
  /// What became of one model.
  package struct Change: Equatable, Sendable {
    /// The model's name.
    package let name: String
    /// What was done or went wrong, in words.
    package let words: String
    /// Whether it went wrong.
    package let isFailure: Bool
  }

  /// Brings what is loaded up to date: loads what is new or was changed, unloads what is gone.
  ///
  /// What can't be loaded stays as it was. Models that nobody wants but that a client has loaded are left alone.
  ///
  /// - Parameter wanted: The names to load; `nil` is all that there are.
  /// - Throws: Where it can't be told what there is; nothing is changed then.
  package func update(_ wanted: [String]?) async throws(ServingError) -> [Change] {
    let known = try source.list()
    var changes: [Change] = []
    for entry in loaded where known[entry.name] == nil {
      do throws(ServingError) {
        try await unload(entry.name)
        changes.append(Change(name: entry.name, words: "unloaded: its folder is gone", isFailure: false))
      } catch {
        changes.append(Change(name: entry.name, words: error.message, isFailure: true))
      }
    }
    for name in wanted ?? known.keys.sorted() {
      let version = known[name]?.last ?? ""
      let current = loaded.first { $0.name == name }
      if let current, current.version == version, current.stamp == source.stamp(name, version) { continue }
      do throws(ServingError) {
        try await load(name)
        let words = current.map { "version \(version) in place of \($0.version)" } ?? "version \(version) loaded"
        changes.append(Change(name: name, words: words, isFailure: false))
      } catch {
        changes.append(Change(name: name, words: error.message, isFailure: true))
      }
    }
    return changes
  }
}
