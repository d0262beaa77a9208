import JSONValues
import Vision

/// What the running commands of the runtime folders do, at one moment.
struct TopReport {
  /// The folders that were looked into, whether or not they are there.
  let folders: [String]
  /// The processes with what they say, by folder and number.
  let processes: [(process: Int, answer: StatisticsClient.Answer)]

  /// Looks into the folders.
  ///
  /// - Parameter warn: Is told of folders that can't be trusted.
  init(folders: [String] = RuntimeFolder.placesForReading(), warn: (String) -> Void) {
    self.folders = folders
    var found: [(process: Int, answer: StatisticsClient.Answer)] = []
    for path in folders {
      do {
        if let folder = try RuntimeFolder(path) { found += StatisticsClient.look(into: folder) }
      } catch {
        warn(error.message)
      }
    }
    processes = found
  }

  /// What is said where nothing runs.
  private var absence: String {
    "no dpu command is running (looked for sockets in \(folders.map(\.printable).joined(separator: ", ")))"
  }

  /// A table for a person.
  func lines() -> [String] {
    guard !processes.isEmpty else { return [absence] }
    var table = TextTable([
      ("pid", .right), ("command", .left), ("frames", .right), ("frames/s", .right), ("p50 ms", .right),
      ("p99 ms", .right), ("busy", .right), ("queue", .right), ("dropped", .right), ("W", .right), ("device", .left),
      ("model", .left),
    ])
    var problems: [String] = []
    for (process, answer) in processes {
      switch answer {
      case .gone: continue
      case .silent(let reason):
        table.add([String(process), reason] + [String](repeating: "", count: 10))
      case .snapshot(let now):
        table.add([
          String(process), now.command.printable, now.frames.grouped, now.framesPerSecond.formatted(decimals: 1),
          now.latency.p50.milliseconds, now.latency.p99.milliseconds, now.coreBusy.busy, String(now.queue),
          now.dropped.grouped, now.watts?.formatted(decimals: 2) ?? "-", now.device.kind.printable,
          InputList.fileName(now.model).printable,
        ])
        if now.sensorProblem != nil { problems.append("\(process): power: \(now.power)") }
      }
    }
    return table.lines() + problems
  }

  /// A line for each process, where lines are not drawn over.
  var plainLines: [String] {
    guard !processes.isEmpty else { return [absence] }
    return processes.map { process, answer in
      switch answer {
      case .gone: "\(process): gone"
      case .silent(let reason): "\(process): \(reason)"
      case .snapshot(let now):
        "\(process) \(now.command.printable) \(InputList.fileName(now.model).printable) on "
          + "\(now.device.kind.printable): \(now.summary)"
      }
    }
  }

  /// All as JSON.
  var json: JSONValue {
    .object([
      "schema": .string("dpu.top/1"), "folders": .strings(folders),
      "processes": .array(
        processes.map { process, answer in
          switch answer {
          case .snapshot(let now): .record(JSONValue.Members(now.members))
          case .gone: .record(["pid": .integer(process), "problem": .string("gone")])
          case .silent(let reason): .record(["pid": .integer(process), "problem": .string(reason)])
          }
        }),
    ])
  }
}

extension RunSnapshot {
  /// The numbers on one line.
  var summary: String {
    "\(frames.grouped) frame\(frames == 1 ? "" : "s"), \(framesPerSecond.formatted(decimals: 1)) frames/s, "
      + "p50 \(latency.p50.milliseconds) ms, p99 \(latency.p99.milliseconds) ms, cores \(coreBusy.busy) busy, "
      + "queue \(queue), \(dropped.grouped) dropped, " + (watts == nil ? "power: " : "") + power
  }

  /// The power and what it is of, what is wrong with its sensor, or that there is none.
  var power: String {
    let problem = sensorProblem?.printable
    guard let watts else { return sensor.printable + (problem.map { " gives nothing: \($0)" } ?? "") }
    return "\(watts.formatted(decimals: 2)) W (\(sensor.printable)\(problem.map { ": \($0)" } ?? ""))"
  }
}

extension [Double] {
  /// Shares as percent, those of several cores side by side.
  var busy: String { isEmpty ? "-" : map { ($0 * 100).formatted(decimals: 0) }.joined(separator: "+") + " %" }
}

extension Double? {
  /// Seconds as milliseconds.
  var milliseconds: String { map { ($0 * 1000).formatted(decimals: 1) } ?? "-" }
}
