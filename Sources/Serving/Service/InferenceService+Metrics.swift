extension InferenceService {
  /// The service's own metrics.
  package var metrics: [MetricFamily] {
    var build = MetricFamily("dpu_build_info", .gauge, "The program that runs; always 1.")
    build.add(1, ["version": version])
    var responses = MetricFamily("dpu_http_responses_total", .counter, "Answers by their HTTP status.")
    for (status, count) in statusCounts { responses.add(Double(count), ["status": String(status)]) }
    var isReady = MetricFamily(
      "dpu_ready", .gauge, "Whether the service takes requests: 1, or 0 while starting, draining or at fault.")
    isReady.add(reasonNotReady == nil ? 1 : 0)

    var requests = MetricFamily(
      "dpu_inference_requests_total", .counter, "Requests for inferences by model and by how they came out.")
    var inferences = MetricFamily("dpu_inferences_total", .counter, "Frames that were run, by model.")
    var depth = MetricFamily("dpu_queue_depth", .gauge, "Requests that wait for a place in a model's line.")
    var durations = MetricFamily(
      "dpu_request_duration_seconds", .histogram, "From a request's last byte to its answer, before it is sent.")
    var stages = MetricFamily(
      "dpu_stage_duration_seconds", .histogram, "How long each stage of an answered request took.")
    var executions = MetricFamily("dpu_executions_total", .counter, "Jobs that ran to their end, by model and core.")
    var checks = MetricFamily(
      "dpu_self_checks_total", .counter, "Runs on inputs whose answer is known, by model and by how they came out.")
    for entry in repository.loaded { depth.add(Double(entry.waitingCount), ["model": entry.name]) }
    for (name, record) in repository.records {
      let statistics = record.statistics
      for outcome in ModelStatistics.Outcome.allCases {
        requests.add(
          Double(statistics.outcomes[outcome] ?? 0), ["model": name, "outcome": outcome.rawValue])
      }
      inferences.add(Double(statistics.frameCount), ["model": name])
      durations.add(statistics.durations, ["model": name])
      for stage in RunTimes.Stage.allCases {
        stages.add(statistics.stages[stage.position], ["model": name, "stage": stage.rawValue])
      }
      for (core, count) in statistics.executions.sorted(by: { $0.key < $1.key }) {
        executions.add(Double(count), ["model": name, "core": String(core)])
      }
      let counts = record.checks
      for outcome in ModelRecord.CheckOutcome.allCases {
        checks.add(Double(counts[outcome] ?? 0), ["model": name, "outcome": outcome.rawValue])
      }
    }
    var dropped = MetricFamily(
      "dpu_frames_dropped_total", .counter, "Pictures that those who look at the page were too slow for.")
    for (source, count) in droppedFrames { dropped.add(Double(count), ["source": source]) }
    return [build, isReady, responses, requests, inferences, executions, depth, durations, stages, checks, dropped]
  }
}
