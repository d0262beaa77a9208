import Inference
import Serving
import Tensors
import Testing
import Threads

/// Self-checks and reloads over models that are told what to answer.
@Suite struct ServiceWatchTests {
  /// A model whose self-check comes out as it is told.
  final class Told: ServableModel {
    let inputs: [ServedTensor] = []
    let outputs: [ServedTensor] = []
    let labels: [String] = []
    let jobCount = 1
    let check: Guarded<Result<SelfCheck, ServingError>>

    init(_ check: Result<SelfCheck, ServingError>) { self.check = Guarded(check) }

    func run(_ inputs: [InputTensor], outputs: [Int], _ options: JobOptions) async throws(ServingError) -> ModelRun {
      ModelRun(tensors: [], losses: .init(), times: RunTimes())
    }

    func selfCheck(_ options: JobOptions) async throws(ServingError) -> SelfCheck { try check.withLock { $0 }.get() }
  }

  /// A folder of models as a test changes it.
  final class Folder: Sendable {
    struct State {
      var versions: [String: [String]] = [:]
      var stamps: [String: String] = [:]
      var models: [String: Told] = [:]
    }

    let state: Guarded<State>

    init(_ state: State) { self.state = Guarded(state) }

    func repository() throws -> ModelRepository {
      try ModelRepository(
        .init(
          list: { () throws(ServingError) in self.state.withLock { $0.versions } },
          open: { (name, _) throws(ServingError) in
            guard let model = self.state.withLock({ $0.models[name] }) else {
              throw ServingError(.badRequest, "the file is damaged")
            }
            return model
          },
          stamp: { name, _ in self.state.withLock { $0.stamps[name] ?? "" } }))
    }
  }

  private static let right: Result<SelfCheck, ServingError> = .success(SelfCheck(rightCores: [0]))
  private static let wrong: Result<SelfCheck, ServingError> = .success(SelfCheck(difference: "core 0: 1 byte"))

  @Test("a model that answers wrongly when it is loaded is not served, and the service is at fault")
  func wrongAtLoading() async throws {
    let folder = Folder(.init(versions: ["a": ["1"]], models: ["a": Told(Self.wrong)]))
    let repository = try folder.repository()
    let watch = ServiceWatch(repository, rules: .init()) { nil }
    do {
      try await repository.load("a")
      Issue.record("it was loaded")
    } catch {
      #expect(error.code == .failed)
      #expect(error.message == "cannot load \"a\": the self-check found a wrong answer: core 0: 1 byte")
    }
    #expect(repository.loaded.isEmpty)
    #expect(watch.look().reasonToEnd == "the device gives wrong answers: a: core 0: 1 byte")
    #expect(watch.fault?.refusesInferences == true)
  }

  @Test("a check that can't be made keeps a model from being loaded, but is no wrong answer")
  func checkFails() async throws {
    let model = Told(.failure(ServingError(.unavailable, "no core is left")))
    let folder = Folder(.init(versions: ["a": ["1"]], models: ["a": model]))
    let repository = try folder.repository()
    let watch = ServiceWatch(repository, rules: .init()) { nil }
    do {
      try await repository.load("a")
      Issue.record("it was loaded")
    } catch {
      #expect(error.code == .unavailable)
    }
    #expect(watch.look().reasonToEnd == nil && watch.fault == nil)
  }

  @Test("checks one model after the other, as often as it is told, and counts them")
  func turns() async throws {
    let models = ["a": Told(Self.right), "b": Told(Self.right)]
    let folder = Folder(.init(versions: ["a": ["1"], "b": ["1"]], models: models))
    let repository = try folder.repository()
    for name in ["a", "b"] { try await repository.load(name) }
    var rules = ServiceWatch.Rules()
    rules.checkInterval = .milliseconds(1)
    let watch = ServiceWatch(repository, rules: rules) { nil }
    func counts() -> [Int] { repository.loaded.map { $0.record.checks[.right] ?? 0 } }
    for _ in 0..<5_000 where counts().contains(where: { $0 < 4 }) {
      #expect(watch.look().reasonToEnd == nil)
      try await Task.sleep(for: .milliseconds(2))
    }
    #expect(counts().allSatisfy { $0 >= 4 })
    models["b"]?.check.withLock { $0 = Self.wrong }
    for _ in 0..<5_000 where watch.look().reasonToEnd == nil { try await Task.sleep(for: .milliseconds(2)) }
    #expect(watch.fault?.words == "the device gives wrong answers: b: core 0: 1 byte")
    #expect(repository.loaded.last?.record.checks[.wrong] == 1)
  }

  @Test("brings what is loaded up to date, and leaves alone what has not changed")
  func update() async throws {
    let models = ["a": Told(Self.right), "b": Told(Self.right), "c": Told(Self.right)]
    let folder = Folder(.init(versions: ["a": ["1"], "b": ["1"], "c": ["1"]], models: models))
    let repository = try folder.repository()
    #expect(try await repository.update(nil).map(\.name) == ["a", "b", "c"])
    #expect(try await repository.update(nil).isEmpty)
    folder.state.withLock {
      $0.versions = ["a": ["1", "2"], "b": ["1"], "d": ["1"]]
      $0.stamps["b"] = "another file"
    }
    let changes = try await repository.update(nil)
    #expect(changes.map(\.name) == ["c", "a", "b", "d"])
    #expect(changes.map(\.isFailure) == [false, false, false, true])
    #expect(changes.map(\.words)[1] == "version 2 in place of 1")
    #expect(changes.map(\.words)[3].contains("the file is damaged"))
    #expect(repository.loaded.map { "\($0.name)\($0.version)" } == ["a2", "b1"])
    // Only what is wanted is loaded anew.
    folder.state.withLock { $0.stamps = ["a": "x", "b": "y"] }
    #expect(try await repository.update(["b"]).map(\.name) == ["b"])
  }

  @Test("an answer that differs in one byte is found, and one of other length")
  func golden() {
    let golden = GoldenAnswer(inputs: [], outputs: [[1, 2, 3], [4]])
    #expect(golden.difference(from: [[1, 2, 3], [4]]) == nil)
    #expect(
      golden.difference(from: [[1, 2, 3], [5]]) == "1 of the 1 bytes of output 1 differ from the software device's")
    #expect(golden.difference(from: [[1, 2], [4]]) != nil)
    #expect(golden.difference(from: [[1, 2, 3]]) != nil)
  }
}
