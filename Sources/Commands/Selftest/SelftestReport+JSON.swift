import Devices
import JSONValues

extension SelftestReport {
  /// The report as `dpu.selftest/1`.
  var json: JSONValue {
    .object([
      "schema": .string("dpu.selftest/1"), "device": device.json, "simulated": .bool(device.kind == "simulated"),
      "reference": reference.json,
      "model": .optional(model) { .object(["path": .string($0.path), "sample": .bool(isSample)]) },
      "notes": .strings(notes), "passed": .bool(isPassed), "times_of": .string(timed), "cores": .array(cores.map(json)),
    ])
  }

  private func json(_ core: CoreSelftest) -> JSONValue {
    .object([
      "core": .optional(core.number) { .integer($0) }, "name": .optional(core.name) { .string($0) },
      "fingerprint": .optional(core.fingerprint) { $0.json },
      "identity": .optional(core.identity) { $0.json },
      "counters": .optional(core.counters) { $0.json },
      "steps": .array(
        core.steps.map { step in
          .record([
            "step": .string(step.name.rawValue), "outcome": .string(step.outcome.key), "found": .string(step.found),
            "remedy": .optional(step.remedy) { .string($0) },
          ])
        }),
      "seconds": .object(.init(core.times.map { ($0.name.rawValue, .number($0.duration.seconds)) })),
    ])
  }
}

extension SelftestStep.Outcome {
  /// The outcome as a word for programs.
  var key: String {
    switch self {
    case .passed: "passed"
    case .failed: "failed"
    case .skipped: "skipped"
    }
  }
}

extension CoreIdentity {
  /// What a core says of itself, in a report.
  var json: JSONValue {
    .object([
      "kind": .string(kind), "ip_version": .string(version), "build_time": .optional(buildTime) { .string($0) },
      "register_map": .string(registerMap), "dpu_mhz": .integer(megahertz), "xrt_mhz": .integer(interfaceMegahertz),
      "git_commit": .optional(commit) { .string($0) }, "git_commit_time": .optional(commitTime) { .string($0) },
      "load_parallelism": .optional(load) { .integer($0.parallelism) },
      "load_minus_mean": .optional(load) { .integer($0.minusMean) },
      "load_augmentation": .optional(load) { .integer($0.augmentation) },
      "save_parallelism": .optional(saveParallelism) { .integer($0) },
      "registers": .record(.init(CoreIdentity.registers.map { ($0.offset, .string(hexadecimal(self[$0]))) })),
    ])
  }
}

extension CoreRegister {
  /// The offset as reports name it.
  fileprivate var offset: String { hexadecimal(rawValue) }
}

private func hexadecimal(_ word: UInt32) -> String { "0x" + String(word, radix: 16) }

extension EngineCounters {
  /// The counters in a report: started and ended of each engine.
  var json: JSONValue {
    func pair(_ engine: Engine) -> JSONValue { .integers([engine.started, engine.ended]) }
    return .object([
      "load": pair(load), "conv": pair(convolution), "save": pair(save), "misc": pair(miscellaneous),
      "cycles": .integer(Int(clamping: cycles)),
    ])
  }
}
