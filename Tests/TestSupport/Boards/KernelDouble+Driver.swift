import Boards
import Foundation

/// What zocl and the kernel round it show of a board that works.
///
/// Put together from zocl's sources (zocl_drv.c, zocl_sysfs.c), XRT's edge shim and proc(5); none of it was recorded on a
/// board.
extension KernelDouble {
  /// The folder of zocl's attributes.
  package static let driver = "/sys/class/drm/renderD128/device"

  /// Adds module, device-tree node, render node, memory, XRT's library and sensors of a ZCU104.
  package func addDriver() throws {
    try set("/proc/sys/kernel/osrelease", "5.15.19-xilinx-v2022.1\n")
    try set("/proc/modules", "zocl 200704 0 - Live 0x0000000000000000\n")
    try set("/sys/module/zocl/version", "2.13.0\n")
    try set("/sys/firmware/devicetree/base/axi/zyxclmm_drm/compatible", "xlnx,zocl\0")
    try tree.addRenderNode()
    try setMemory(totalKibibytes: 524_288, freeKibibytes: 500_000)
    try set("/proc/interrupts", "           CPU0       CPU1\n 52:          7          0  GICv2 121 Level     zocl\n")
    try set("/usr/lib/libxrt_core.so.2.13.0", "")
    try tree.link("/usr/lib/libxrt_core.so.2", to: "libxrt_core.so.2.13.0")
    try set("/sys/class/hwmon/hwmon0/name", "ams\n")
    try set("/sys/class/hwmon/hwmon0/temp1_input", "41250\n")
    try set("/sys/class/hwmon/hwmon3/name", "ina226_u183\n")
    try set("/sys/class/hwmon/hwmon3/power1_input", "13900000\n")
    try drop("/etc/vart.conf")
  }

  /// Lets zocl know an xclbin and its cores.
  package func load(uuid: String, cores: [(index: Int, name: String, address: String)]) throws {
    try set("\(Self.driver)/xclbinid", uuid + "\n")
    let rows = cores.map { "0,\($0.index),\($0.name),\($0.address),0x4,12" }
    try set("\(Self.driver)/kds_custat_raw", rows.map { $0 + "\n" }.joined())
  }

  /// The folder as the driver's tests fill it.
  package var tree: ReconstructedTree { ReconstructedTree(folder: URL(fileURLWithPath: root)) }

  /// Sets what the kernel says of contiguous memory.
  package func setMemory(totalKibibytes: Int, freeKibibytes: Int) throws {
    try set(
      "/proc/meminfo",
      "MemTotal: 2024000 kB\nCmaTotal: \(totalKibibytes) kB\nCmaFree: \(freeKibibytes) kB\n")
  }

  /// Lets a process have a file open.
  package func open(_ path: String, in process: Int, named name: String) throws {
    try set("/proc/\(process)/comm", name + "\n")
    try tree.link("/proc/\(process)/fd/5", to: path)
  }
}
