import CSimulatedKernels

/// Cells are whole bank rows of 16 bytes, as the kernels read and write them.
extension Banks {
  /// Pixels of cells in rows of an image bank.
  struct Pixels {
    let bank: Int
    let row: Int
    /// Rows from one pixel to the next.
    let jump: Int
    /// Cells of a pixel, in neighbouring rows.
    let each: Int
    let count: Int
  }

  /// Gives the rows of pixels to a kernel, with the number of pixels and of cells of each.
  func withRows(_ pixels: Pixels, _ body: (UnsafePointer<dpus_rows>, Int32, Int32) -> Void) {
    var rows = rows(image(pixels.bank), pixels.row, pixels.jump)
    body(&rows, Int32(pixels.count), Int32(pixels.each))
  }

  /// Writes cells that follow each other.
  func write(_ cells: UnsafePointer<Int8>, to pixels: Pixels) {
    withRows(pixels) { rows, count, each in dpus_write_cells(cells, count, each, rows) }
  }

  /// Copies pixels one behind another, each byte 128 more than the value.
  func copyLifted(_ pixels: Pixels, _ kernels: dpus_kernels, into out: UnsafeMutablePointer<UInt8>) {
    withRows(pixels) { rows, count, each in kernels.copy_lifted(rows, count, each, out) }
  }
}
