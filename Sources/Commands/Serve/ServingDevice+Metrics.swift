import Devices
import Inference
import Serving

extension ServingDevice {
  /// What the cores have done.
  var metrics: [MetricFamily] {
    guard let statistics else { return [] }
    var info = MetricFamily("dpu_device_info", .gauge, "The device that jobs run on; always 1.")
    if let description { info.add(1, ["kind": description.kind, "detail": description.detail]) }
    var executions = MetricFamily("dpu_executions_total", .counter, "Jobs that a core ran to their end.")
    var failures = MetricFamily("dpu_job_failures_total", .counter, "Jobs that failed on a core.")
    var busy = MetricFamily(
      "dpu_core_busy_seconds_total", .counter,
      "How long a core was at work; where the device does not tell, how long jobs took from start to end.")
    var isUsed = MetricFamily("dpu_core_in_use", .gauge, "Whether a core is given jobs.")
    for (number, core) in statistics.cores.enumerated() {
      let name = String(number)
      executions.add(Double(core.finishCount), ["core": name])
      failures.add(Double(core.failureCount), ["core": name])
      busy.add(
        Double(core.busyTime.components.seconds) + Double(core.busyTime.components.attoseconds) * 1e-18, ["core": name])
      isUsed.add(core.state == .active ? 1 : 0, ["core": name])
    }
    return [info, executions, failures, busy, isUsed]
  }
}
