import Devices
import Inference
import Serving

extension ServingDevice {
  /// What the device is, what its cores have done, its memory, and what it takes.
  var metrics: [MetricFamily] { coreMetrics + memoryMetrics + sensorMetrics }

  private var coreMetrics: [MetricFamily] {
    guard let statistics else { return [] }
    var failures = MetricFamily("dpu_job_failures_total", .counter, "Jobs that failed on a core.")
    var timeouts = MetricFamily("dpu_job_timeouts_total", .counter, "Jobs that a core did not end in time.")
    var losses = MetricFamily("dpu_core_losses_total", .counter, "How often a core was taken out of use for failing.")
    var busy = MetricFamily(
      "dpu_core_busy_seconds_total", .counter,
      "How long a core was at work; where the device does not tell, how long jobs took from start to end.")
    var isUsed = MetricFamily("dpu_core_in_use", .gauge, "Whether a core is given jobs.")
    var underway = MetricFamily("dpu_jobs_underway", .gauge, "Jobs that wait for a core or are on one.")
    underway.add(Double(statistics.underwayCount))
    for (number, core) in statistics.cores.enumerated() {
      let labels: KeyValuePairs = ["core": String(number)]
      failures.add(Double(core.failureCount), labels)
      timeouts.add(Double(core.timeoutCount), labels)
      losses.add(Double(core.outCount), labels)
      busy.add(core.busyTime.seconds, labels)
      isUsed.add(core.state == .active ? 1 : 0, labels)
    }
    return [infoMetric, failures, timeouts, losses, busy, isUsed, underway]
  }

  private var infoMetric: MetricFamily {
    var info = MetricFamily("dpu_device_info", .gauge, "The device that jobs run on, core by core; always 1.")
    guard let description else { return info }
    for core in identities {
      info.add(
        1,
        [
          "kind": description.kind, "detail": description.detail, "core": core.number, "board": core.board,
          "fingerprint": core.fingerprint, "ip_version": core.version, "xclbin_uuid": core.xclbinUUID,
        ])
    }
    return info
  }

  private var memoryMetrics: [MetricFamily] {
    var taken = MetricFamily("dpu_memory_taken_bytes", .gauge, "What models and their jobs take of the DPU's memory.")
    var budget = MetricFamily("dpu_memory_budget_bytes", .gauge, "What they may take, where that is limited.")
    var free = MetricFamily("dpu_cma_free_bytes", .gauge, "Contiguous memory of the kernel that nobody uses.")
    var total = MetricFamily("dpu_cma_total_bytes", .gauge, "Contiguous memory of the kernel.")
    if let memory {
      taken.add(Double(memory.takenByteCount))
      if let limit = memory.limit { budget.add(Double(limit)) }
      if let room = memory.room {
        free.add(Double(room.freeByteCount))
        total.add(Double(room.totalByteCount))
      }
    }
    return [taken, budget, free, total]
  }

  private var sensorMetrics: [MetricFamily] { sensors?.metrics ?? [] }
}
