// swift-tools-version: 6.0
import PackageDescription

let swift: [SwiftSetting] = [
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("InternalImportsByDefault"),
]

/// One module of the package; a target may import what stands in `uses`, and nothing else.
func module(_ name: String, uses: [Target.Dependency] = []) -> Target {
  .target(name: name, dependencies: uses, swiftSettings: swift)
}

/// The tests of one module.
func tests(of name: String, uses: [Target.Dependency] = []) -> Target {
  .testTarget(name: name + "Tests", dependencies: [.byName(name: name)] + uses, swiftSettings: swift)
}

let package = Package(
  name: "swift-dpu",
  products: [
    // Stand-ins for libxrt_core, opened by tests at run time.
    .library(name: "FakeXRTBoard", type: .dynamic, targets: ["FakeXRTBoard"]),
    .library(name: "ThrowingXRT", type: .dynamic, targets: ["ThrowingXRT"]),
    // Counts what a whole program allocates, loaded before its own libraries.
    .library(name: "AllocationCounter", type: .dynamic, targets: ["CAllocationCounter"]),
  ],
  targets: [
    // C libraries and C code, each imported by the one module named behind it.
    .target(name: "CSoftwareKernels"),  // SoftwareDPU
    .target(name: "CSimulatedKernels"),  // SimulatedDPU
    .target(name: "CVisionKernels"),  // Vision
    .target(name: "CXRT", path: "CXRT"),  // XRTDPU
    .systemLibrary(name: "CTurboJPEG", pkgConfig: "libturbojpeg", providers: [.apt(["libturbojpeg0-dev"])]),  // Vision
    .systemLibrary(name: "CSPNG", pkgConfig: "spng", providers: [.apt(["libspng-dev"])]),  // Vision
    .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),  // Vision
    .systemLibrary(name: "CMicroHTTPD", pkgConfig: "libmicrohttpd", providers: [.apt(["libmicrohttpd-dev"])]),
    // Serving
    .target(name: "CHTTPDaemon", dependencies: ["CMicroHTTPD"], linkerSettings: [.linkedLibrary("microhttpd")]),

    // The modules, lowest layer first: this list is the architecture.
    module("JSONValues"),
    module("Threads"),
    module("Tensors"),
    module("XModel", uses: ["Tensors"]),
    module("Devices", uses: ["Threads", "Tensors", "XModel"]),
    module("SoftwareDPU", uses: ["Tensors", "XModel", "Devices", "CSoftwareKernels"]),
    module("SimulatedDPU", uses: ["Threads", "Tensors", "XModel", "Devices", "CSimulatedKernels"]),
    module("XRTDPU", uses: ["Threads", "XModel", "Devices", "CXRT"]),
    module("Vision", uses: ["JSONValues", "Threads", "Tensors", "CVisionKernels", "CTurboJPEG", "CSPNG", "CZlib"]),
    module("Inference", uses: ["Threads", "Tensors", "XModel", "Devices"]),
    module("Serving", uses: ["JSONValues", "Threads", "Tensors", "Devices", "Inference", "CHTTPDaemon"]),
    module("Boards", uses: ["Threads"]),
    module(
      "Commands",
      uses: [
        "JSONValues", "Threads", "Tensors", "XModel", "Devices", "SoftwareDPU", "SimulatedDPU", "Vision", "Inference",
        "Serving", "XRTDPU", "Boards",
      ]),

    // The programs: the one to use, the benchmarks, and what writes the sample model.
    .executableTarget(name: "dpu", dependencies: ["Commands"], swiftSettings: swift),
    .executableTarget(
      name: "bench",
      dependencies: ["Threads", "Tensors", "XModel", "Devices", "SoftwareDPU", "SimulatedDPU", "Inference", "Vision"],
      swiftSettings: swift),
    .executableTarget(
      name: "make-sample-model", dependencies: ["Tensors", "XModel", "SimulatedDPU"], swiftSettings: swift),

    // What proves it.
    .target(name: "CAllocationCounter", path: "Tests/CAllocationCounter"),
    .target(
      name: "TestSupport", dependencies: ["Threads", "Tensors", "XModel", "Devices", "SimulatedDPU", "Boards"],
      path: "Tests/TestSupport", swiftSettings: swift
    ),
    .target(
      name: "SchedulerTestSupport", dependencies: ["XModel", "Devices", "Inference", "TestSupport"],
      path: "Tests/SchedulerTestSupport", swiftSettings: swift
    ),
    .target(name: "ThrowingXRT", path: "Tests/ThrowingXRT"),
    .target(name: "CFakeXRTBoard", path: "Tests/CFakeXRTBoard"),
    .target(
      name: "FakeXRTBoard", dependencies: ["Threads", "Tensors", "XModel", "Devices", "SimulatedDPU", "CFakeXRTBoard"],
      path: "Tests/FakeXRTBoard", swiftSettings: swift),
    tests(of: "CXRT", uses: ["Boards", "TestSupport"]),
    tests(
      of: "XRTDPU",
      uses: [
        "Threads", "Tensors", "XModel", "Devices", "SoftwareDPU", "Inference", "TestSupport", "SchedulerTestSupport",
      ]),
    tests(of: "JSONValues"),
    tests(of: "Tensors", uses: ["TestSupport"]),
    tests(of: "Vision", uses: ["Threads", "Tensors", "TestSupport", "CAllocationCounter"]),
    tests(of: "XModel", uses: ["Tensors", "TestSupport"]),
    tests(of: "CSoftwareKernels", uses: ["Tensors", "TestSupport"]),
    tests(of: "CSimulatedKernels", uses: ["Tensors", "TestSupport"]),
    tests(of: "CVisionKernels", uses: ["Tensors", "TestSupport"]),
    tests(of: "SoftwareDPU", uses: ["Tensors", "XModel", "Devices", "TestSupport", "CAllocationCounter"]),
    tests(of: "Threads"),
    tests(of: "Devices", uses: ["Threads", "Tensors", "XModel", "SimulatedDPU", "TestSupport", "CAllocationCounter"]),
    tests(
      of: "SimulatedDPU",
      uses: [
        "Threads", "Tensors", "XModel", "Devices", "SoftwareDPU", "Inference", "TestSupport", "SchedulerTestSupport",
      ]),
    tests(
      of: "Inference",
      uses: [
        "Threads", "Tensors", "XModel", "Devices", "SoftwareDPU", "SimulatedDPU", "TestSupport", "CAllocationCounter",
      ]),
    tests(of: "Serving", uses: ["JSONValues", "Threads", "Tensors", "Devices", "Inference", "TestSupport"]),
    tests(of: "Boards", uses: ["Tensors", "TestSupport"]),
    tests(of: "make-sample-model", uses: ["Tensors", "XModel", "SimulatedDPU", "TestSupport"]),
    tests(of: "bench"),
    tests(
      of: "Commands",
      uses: [
        "Boards", "JSONValues", "Threads", "Tensors", "XModel", "Devices", "SoftwareDPU", "SimulatedDPU", "Vision",
        "Serving", "XRTDPU", "TestSupport", "CAllocationCounter", "dpu",
      ]),
  ],
  swiftLanguageModes: [.v6],
  cxxLanguageStandard: .cxx17
)

// The fuzzers bring main functions of their own: built only by scripts/fuzz.
if Context.environment["DPU_FUZZ"] != nil {
  package.targets += [
    module("FuzzDriver"),
    .executableTarget(name: "fuzz-xmodel", dependencies: ["XModel", "FuzzDriver"], swiftSettings: swift),
    .executableTarget(name: "fuzz-boards", dependencies: ["Boards", "FuzzDriver"], swiftSettings: swift),
    .executableTarget(name: "fuzz-volumes", dependencies: ["Vision", "FuzzDriver"], swiftSettings: swift),
    .executableTarget(
      name: "fuzz-http",
      dependencies: ["Serving", "Threads", "JSONValues", "Tensors", "Devices", "Inference", "FuzzDriver"],
      swiftSettings: swift),
  ]
}

// Under a sanitizer scripts/test builds only what that sanitizer has something to say about: all takes twice as long.
let unsanitized: [String: Set<String>] = [
  // The commands have no pointers of their own.
  "address": [
    "Commands", "CommandsTests", "dpu", "bench", "benchTests", "make-sample-model", "make-sample-modelTests",
  ],
  // One thread does all of this.
  "thread": [
    "bench", "benchTests", "make-sample-model", "make-sample-modelTests", "TensorsTests", "JSONValuesTests",
    "XModelTests", "CSoftwareKernelsTests", "CSimulatedKernelsTests", "CVisionKernelsTests",
  ],
]
if let sanitizer = Context.environment["DPU_SANITIZER"], let names = unsanitized[sanitizer] {
  package.targets.removeAll { names.contains($0.name) }
}
