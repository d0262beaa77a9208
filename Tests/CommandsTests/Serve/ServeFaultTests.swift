import Foundation
import TestSupport
import Testing

/// What the service makes of a board that fails, on a board in a library.
@Suite struct ServeFaultTests {
  /// Serves the sample model from a board with faults; job 0 is the check at loading.
  private static func serve<R>(
    _ faults: String, limit: Int = 60_000, cores: Int = 1, models: [String] = ["sample"], _ arguments: [String] = [],
    _ body: (ServedProgram) throws -> R
  ) throws -> R {
    try TemporaryFolder.with { folder in
      let board = try BoardDeviceTests.Board(
        in: folder, fingerprint: BoardDeviceTests.fingerprint, cores: cores, json: ", \(faults)")
      var environment = board.environment
      environment["XLNX_DPU_TIMEOUT"] = String(limit)
      let files = Dictionary(uniqueKeysWithValues: models.map { ($0, ServeTests.sample) })
      return try ServedProgram.with(files, arguments, device: board.options, environment: environment, body)
    }
  }

  private static func error(_ words: String, _ answer: ServedProgram.Answer?) -> Bool {
    answer?.body.hasPrefix("{\"error\":\"") == true && answer?.body.contains(words) == true
  }

  @Test("a core that hangs turns ready red, and the service ends with its own code")
  func hung() throws {
    try Self.serve(
      #""jobs": [{"job": 1, "hangs": true}]"#, limit: 200,
      ["--core-grace", "4", "--drain", "0.5", "--self-check", "900"]
    ) { served in
      #expect(served.ask("/v2/health/ready")?.status == 200)
      let first = served.infer()
      #expect(first?.status == 500)
      #expect(Self.error("core 0 did not end its job within 0.2 s", first), "\(first?.body ?? "")")
      let second = served.infer()
      #expect(second?.status == 503)
      #expect(Self.error("no core is left", second), "\(second?.body ?? "")")
      #expect(served.waits { served.ask("/v2/health/ready")?.status == 503 })
      #expect(Self.error("core 0 does not answer", served.ask("/v2/health/ready")))
      #expect(served.ask("/v2/health/live")?.status == 200)
      #expect(served.metric("dpu_job_timeouts_total{core=\"0\"}") == 1)
      #expect(served.metric("dpu_core_losses_total{core=\"0\"}") == 1)
      #expect(served.metric("dpu_core_in_use{core=\"0\"}") == 0)
      #expect(served.metric("dpu_inference_requests_total{model=\"sample\",outcome=\"failed\"}") == 1)
      #expect(served.metric("dpu_inference_requests_total{model=\"sample\",outcome=\"unavailable\"}") == 1)
      #expect(served.metric("dpu_ready") == 0)
      #expect(served.code() == 5)
      #expect(served.words.contains("core 0 does not answer; load the overlay again"), "\(served.words)")
    }
  }

  @Test("where one of two cores hangs, its job is answered by the other one")
  func hungBesideAnother() throws {
    try Self.serve(
      #""jobs": [{"job": 2, "hangs": true}]"#, limit: 200, cores: 2, ["--core-grace", "30", "--self-check", "900"]
    ) { served in
      #expect(served.infer()?.status == 200)
      #expect(served.infer()?.status == 200)
      #expect(served.waits { served.ask("/v2/health/ready")?.status == 503 })
      #expect(served.infer()?.status == 200, "the other core goes on while ready is red")
      #expect(served.end() == 0)
    }
  }

  @Test("a job that ends late gives its core back, and ready turns green again")
  func late() throws {
    try Self.serve(
      #""jobs": [{"job": 1, "lateByMilliseconds": 900}]"#, limit: 200, ["--core-grace", "30", "--self-check", "900"]
    ) { served in
      #expect(served.infer()?.status == 500)
      #expect(served.waits { served.ask("/v2/health/ready")?.status == 503 })
      #expect(served.waits { served.ask("/v2/health/ready")?.status == 200 })
      #expect(served.infer()?.status == 200)
      #expect(served.metric("dpu_core_losses_total{core=\"0\"}") == 1)
      #expect(served.metric("dpu_core_in_use{core=\"0\"}") == 1)
      #expect(served.end() == 0)
    }
  }

  @Test("jobs that break off are tried again, and answered with 500 when they break off twice")
  func brokenOff() throws {
    try Self.serve(
      #""jobs": [{"job": 1, "state": 5}, {"job": 3, "state": 5}, {"job": 4, "state": 5}]"#, ["--self-check", "900"]
    ) { served in
      #expect(served.infer()?.status == 200, "the second attempt")
      let answer = served.infer()
      #expect(answer?.status == 500)
      #expect(Self.error("state 5 (ERROR) (tried 2 times)", answer), "\(answer?.body ?? "")")
      #expect(served.infer()?.status == 200)
      #expect(served.ask("/v2/health/ready")?.status == 200)
      #expect(served.metric("dpu_job_failures_total{core=\"0\"}") == 3)
      #expect(served.metric("dpu_inference_requests_total{model=\"sample\",outcome=\"failed\"}") == 1)
      #expect(served.end() == 0)
    }
  }

  @Test("a wrong bit turns ready red, no further answer is given, and the service ends with its own code")
  func wrongBit() throws {
    try Self.serve(#""jobs": [{"job": 1, "flips": [3, 17]}]"#, ["--self-check", "0.3", "--drain", "1"]) { served in
      #expect(served.waits { served.ask("/v2/health/ready")?.status == 503 })
      let words = "the device gives wrong answers: sample: core 0: "
      #expect(Self.error(words, served.ask("/v2/health/ready")))
      let answer = served.infer()
      #expect(answer?.status == 503)
      #expect(Self.error(words, answer))
      #expect(served.metric("dpu_self_checks_total{model=\"sample\",outcome=\"wrong\"}") == 1)
      #expect(served.metric("dpu_self_checks_total{model=\"sample\",outcome=\"right\"}") == 1)
      #expect(served.code() == 5)
    }
  }

  @Test("a board that answers wrongly at the start serves nothing")
  func wrongAtStart() throws {
    #expect(throws: ServedProgram.Failed.self) {
      try Self.serve(#""jobs": [{"job": 0, "flips": [3, 17]}]"#) { _ in }
    }
  }

  @Test("a model for which there is no memory keeps no other from being served")
  func memory() throws {
    try Self.serve(#""allocationLimit": 72000"#, models: ["a", "b"], ["--self-check", "900"]) { served in
      #expect(served.words.contains("cannot load \"b\": "), "\(served.words)")
      #expect(served.infer("a")?.status == 200)
      #expect(served.infer("b")?.status == 503)
      let again = served.ask("POST", "/v2/repository/models/b/load")
      #expect(again?.status == 503)
      #expect(Self.error("xclAllocBO gave no buffer", again), "\(again?.body ?? "")")
      #expect(served.ask("POST", "/v2/repository/models/a/unload")?.status == 200)
      #expect(served.ask("POST", "/v2/repository/models/b/load")?.status == 200, "now there is room")
      #expect(served.infer("b")?.status == 200)
      #expect(served.end() == 0)
    }
  }

  @Test("models keep within the memory that they are allowed")
  func budget() throws {
    // 50 models of 57 KiB would be too much for 1 MiB with all their jobs; the last ones get fewer, then none.
    let names = (0..<20).map { "m\($0 < 10 ? "0" : "")\($0)" }
    try Self.serve(#""memoryBytes": 536870912"#, models: names, ["--memory", "1", "--self-check", "900"]) { served in
      #expect(served.words.contains("of the budget of 1048576 bytes"), "\(served.words)")
      #expect(served.infer("m00")?.status == 200)
      #expect(served.infer("m19")?.status == 503)
      let taken = served.metric("dpu_memory_taken_bytes") ?? 0
      #expect(taken > 900_000 && taken <= 1_048_576)
      #expect(served.metric("dpu_memory_budget_bytes") == 1_048_576)
      #expect(served.end() == 0)
    }
  }
}
