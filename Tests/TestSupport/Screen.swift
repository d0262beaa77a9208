package import Foundation

/// A terminal that the tests hold the other end of.
package final class Screen {
  /// The end to hand to the program.
  package let programSide: FileHandle
  private let ourSide: FileHandle
  private let isFinished = DispatchSemaphore(value: 0)

  struct Unavailable: Error {}

  /// Opens a terminal of 30 rows and 100 columns and writes what appears on it to a file.
  package init(recordingTo file: URL) throws {
    // The ioctls TIOCSPTLCK and TIOCGPTN of pty(7): Glibc's functions round them are hidden from Swift.
    let primary = open("/dev/ptmx", O_RDWR | O_NOCTTY)
    var lock: Int32 = 0
    var number: UInt32 = 0
    guard primary >= 0, ioctl(primary, 0x4004_5431, &lock) == 0, ioctl(primary, 0x8004_5430, &number) == 0 else {
      throw Unavailable()
    }
    let secondary = open("/dev/pts/\(number)", O_RDWR | O_NOCTTY)
    guard secondary >= 0 else { throw Unavailable() }
    programSide = FileHandle(fileDescriptor: secondary, closeOnDealloc: true)
    ourSide = FileHandle(fileDescriptor: primary, closeOnDealloc: true)
    resize(columns: 100, rows: 30)
    let recording = try FileHandle(forWritingTo: file)
    // A thread of its own: the tests may keep all those of the queues busy.
    Thread.detachNewThread { [isFinished] in
      var buffer = [UInt8](repeating: 0, count: 4096)
      while true {
        // Reading fails once the last holder of the other end is gone.
        let count = read(primary, &buffer, buffer.count)
        guard count > 0 else { break }
        recording.write(Data(buffer[..<count]))
      }
      isFinished.signal()
    }
  }

  /// Changes the size, as a person does with a window.
  package func resize(columns: Int, rows: Int) {
    var size = winsize(ws_row: UInt16(rows), ws_col: UInt16(columns), ws_xpixel: 0, ws_ypixel: 0)
    _ = ioctl(ourSide.fileDescriptor, UInt(TIOCSWINSZ), &size)
  }

  /// Waits until everything is written, for a minute at most.
  package func finish() {
    try? programSide.close()
    _ = isFinished.wait(timeout: .now() + .seconds(60))
  }
}
