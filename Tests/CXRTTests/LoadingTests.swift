import CXRT
import Foundation
import TestSupport
import Testing

/// What becomes of libraries that are not there, not whole, or throw.
struct LoadingTests {
  /// The libraries that the package builds for tests lie beside the test bundle.
  private static let throwing = BuiltProgram.url.deletingLastPathComponent()
    .appendingPathComponent("libThrowingXRT.so").path

  /// Debian's library for cards without cards: it completes everything at once.
  static let noop: String? = ["x86_64", "aarch64"].map { "/usr/lib/\($0)-linux-gnu/libxrt_noop.so.2" }
    .first { FileManager.default.fileExists(atPath: $0) }

  /// A library that is named from outside, to be the only one of XRT's in the process.
  static let named = ProcessInfo.processInfo.environment["DPU_XRT_LIBRARY"]

  private func load(_ path: String) throws -> OpaquePointer {
    var library: OpaquePointer?
    #expect(cxrt_load(path, &library) == CXRT_OK, "\(message)")
    return try #require(library)
  }

  private var message: String { String(cString: cxrt_failure_message()) }

  @Test("a library that is not there is a failure with the loader's words")
  func absent() {
    var library: OpaquePointer?
    #expect(cxrt_load("/nowhere/libxrt_core.so.2", &library) == CXRT_NO_LIBRARY)
    #expect(message.hasPrefix("/nowhere/libxrt_core.so.2: cannot open shared object file"))
    #expect(library == nil)
  }

  @Test("a file that is no library is a failure")
  func noLibrary() throws {
    try TemporaryFolder.with { folder in
      let file = folder.appendingPathComponent("libxrt_core.so.2")
      try Data("xrt".utf8).write(to: file)
      var library: OpaquePointer?
      #expect(cxrt_load(file.path, &library) == CXRT_NO_LIBRARY)
      #expect(message.contains("file too short"))
    }
  }

  @Test("a library without XRT's functions names the first missing one, and a call of it fails")
  func incomplete() throws {
    let library = try load("libc.so.6")
    #expect(cxrt_missing_function(library).map { String(cString: $0) } == "xclProbe")
    #expect(cxrt_fake_board_name(library) == nil)
    var device: UnsafeMutableRawPointer?
    #expect(cxrt_open(library, 0, &device) == CXRT_NO_FUNCTION)
    #expect(message == "the library has no function xclOpen")
  }

  @Test("a library that is opened again is the same one")
  func again() throws {
    let library = try load(Self.throwing)
    #expect(try load(Self.throwing) == library)
    #expect(try load("libc.so.6") != library)
  }

  @Test("every exception of the library becomes a code and its words")
  func exceptions() throws {
    let library = try load(Self.throwing)
    #expect(cxrt_missing_function(library) == nil)
    let file = URL(fileURLWithPath: Self.throwing).resolvingSymlinksInPath().path
    #expect(String(cString: cxrt_library_path(library)) == file)
    let device = UnsafeMutableRawPointer(bitPattern: 8)
    let uuid = [UInt8](repeating: 0, count: 16)
    var (number, word, address) = (UInt32(0), UInt32(0), UInt64(0))
    var pointer: UnsafeMutableRawPointer?
    var hasEvent = false
    let image = SmallImage().bytes
    let calls: [(String, cxrt_code)] = [
      ("xclProbe", cxrt_probe(library, &number)), ("xclOpen", cxrt_open(library, 0, &pointer)),
      ("xclClose", cxrt_close(library, device)),
      ("xclLoadXclBin", cxrt_load_image(library, device, image, image.count)),
    ]
    #expect(calls.map(\.1) == [cxrt_code](repeating: CXRT_EXCEPTION, count: calls.count))
    #expect(message == "xclLoadXclBin threw an exception: thrown by xclLoadXclBin")
    func expect(_ name: String, _ code: cxrt_code) {
      #expect(code == CXRT_EXCEPTION)
      #expect(message == "\(name) threw an exception: thrown by \(name)")
    }
    expect("xclIPName2Index", cxrt_core_index(library, device, "DPU:one", &number))
    expect("xclOpenContext", cxrt_open_context(library, device, uuid, 0))
    expect("xclCloseContext", cxrt_close_context(library, device, uuid, 0))
    expect("xclIPSetReadRange", cxrt_allow_reads(library, device, 0, 16, 16))
    expect("xclRegRead", cxrt_read_register(library, device, 0, 16, &word))
    expect("xclAllocBO", cxrt_allocate(library, device, 1, CXRT_MEMORY_CACHED, &number))
    expect("xclFreeBO", cxrt_free(library, device, 1))
    expect("xclMapBO", cxrt_map(library, device, 1, &pointer))
    expect("xclUnmapBO", cxrt_unmap(library, device, 1, device))
    expect("xclGetBOProperties", cxrt_address(library, device, 1, &address))
    expect("xclSyncBO", cxrt_sync(library, device, 1, CXRT_TO_DEVICE, 1, 0))
    expect("xclExecBuf", cxrt_execute(library, device, 1))
    #expect(cxrt_wait(library, device, 1, &hasEvent) == CXRT_EXCEPTION)
    #expect(message == "xclExecWait threw something that is no std::exception")
  }

  @Test("AP_CTRL can't be read, whatever the library")
  func noReadOfControl() throws {
    let library = try load(Self.throwing)
    var word: UInt32 = 0
    #expect(cxrt_read_register(library, nil, 0, 0, &word) == CXRT_BAD_ARGUMENT)
  }

  @Test(
    "an image that is not as long as it says never reaches the library", arguments: [0, 495, 496, 600])
  func images(byteCount: Int) throws {
    let library = try load(Self.throwing)
    let image = SmallImage().bytes + [UInt8](repeating: 0, count: 600)
    #expect(cxrt_load_image(library, nil, image, byteCount) == CXRT_BAD_ARGUMENT)
  }

  @Test(
    "the functions' types were compared with XRT's headers",
    .enabled(
      if: cxrt_types_are_checked() || ProcessInfo.processInfo.environment["DPU_EXPECT_XRT_HEADERS"] != nil,
      "built without XRT's headers: install libxrt-dev and uuid-dev"))
  func typesAreChecked() { #expect(cxrt_types_are_checked()) }

  @Test("a file that is no DRM node has no driver version")
  func noDriver() {
    var version = cxrt_driver_version()
    #expect(cxrt_read_driver_version("/dev/null", &version) != CXRT_OK)
    #expect(message == "/dev/null is no DRM node: drmGetVersion gave nothing" || message.hasPrefix("no libdrm.so.2"))
    #expect(cxrt_read_driver_version("/nowhere", &version) != CXRT_OK)
    #expect(cxrt_failure_errno() == ENOENT || message.hasPrefix("no libdrm.so.2"))
  }
}
