package import Devices

extension MemoryRoom {
  /// The kernel's contiguous memory, from which buffers for the DPU come.
  ///
  /// - Source: `CmaTotal` and `CmaFree` of `/proc/meminfo`, in KiB.
  package init?(contiguousIn tree: SystemTree) {
    guard let text = tree.text("/proc/meminfo") else { return nil }
    func byteCount(_ key: String) -> Int? {
      for line in text.split(separator: "\n") where line.hasPrefix(key + ":") {
        guard let kibibytes = line.dropFirst(key.count + 1).split(separator: " ").first.flatMap({ Int($0) }) else {
          return nil
        }
        let (bytes, overflow) = kibibytes.multipliedReportingOverflow(by: 1024)
        return overflow ? nil : bytes
      }
      return nil
    }
    guard let total = byteCount("CmaTotal"), let free = byteCount("CmaFree"), total > 0 else { return nil }
    self.init(
      totalByteCount: total, freeByteCount: free, name: "the kernel's contiguous memory (CMA)",
      remedy: "close other programs that use it, or reserve more with cma=512M in the kernel's command line")
  }
}
