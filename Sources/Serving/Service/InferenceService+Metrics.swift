extension InferenceService {
  /// The service's own metrics.
  package var metrics: [MetricFamily] {
    var build = MetricFamily("dpu_build_info", .gauge, "The program that runs; always 1.")
    build.add(1, ["version": version])
    var responses = MetricFamily("dpu_http_responses_total", .counter, "Answers by their HTTP status.")
    for (status, count) in statusCounts { responses.add(Double(count), ["status": String(status)]) }
    var isReady = MetricFamily(
      "dpu_ready", .gauge, "Whether the service takes requests: 1, or 0 while starting or draining.")
    isReady.add(phase == .serving ? 1 : 0)

    var requests = MetricFamily(
      "dpu_inference_requests_total", .counter, "Requests for inferences by model and by how they came out.")
    var inferences = MetricFamily("dpu_inferences_total", .counter, "Frames that were run, by model.")
    var depth = MetricFamily("dpu_queue_depth", .gauge, "Requests that wait for a place in a model's line.")
    var durations = MetricFamily(
      "dpu_request_duration_seconds", .histogram, "From a request's last byte to its answer, before it is sent.")
    var stages = MetricFamily(
      "dpu_stage_seconds_total", .counter, "Time that answered requests spent in each stage.")
    for entry in repository.loaded {
      let statistics = entry.statistics
      for outcome in ModelStatistics.Outcome.allCases {
        requests.add(
          Double(statistics.outcomes[outcome] ?? 0), ["model": entry.name, "outcome": outcome.rawValue])
      }
      inferences.add(Double(statistics.frameCount), ["model": entry.name])
      depth.add(Double(entry.waitingCount), ["model": entry.name])
      durations.add(statistics.durations, ["model": entry.name])
      let sums = [
        ("queue", statistics.queue), ("preprocess", statistics.input), ("device", statistics.inference),
        ("encode", statistics.output),
      ]
      for (stage, sum) in sums { stages.add(sum.time.inSeconds, ["model": entry.name, "stage": stage]) }
    }
    return [build, isReady, responses, requests, inferences, depth, durations, stages]
  }
}
