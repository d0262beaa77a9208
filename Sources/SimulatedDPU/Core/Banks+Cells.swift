import CSimulatedKernels

/// Cells are whole bank rows of 16 bytes, as the kernels read and write them.
extension Banks {
  /// Writes pixels of cells that follow each other to rows of an image bank.
  ///
  /// - Parameters:
  ///   - cells: The cells, pixel after pixel.
  ///   - pixels: The number of pixels.
  ///   - each: Cells of a pixel, in neighbouring rows.
  ///   - jump: Rows from one pixel to the next.
  func writeCells(
    _ cells: UnsafePointer<Int8>, _ pixels: Int, each: Int, to bank: Int, row: Int, jump: Int
  ) {
    let mask = DPUTarget.rowsPerBank - 1
    let start = image(bank)
    if jump == each, (row & mask) + pixels * each <= DPUTarget.rowsPerBank {
      (start + (row & mask) * Banks.rowPitch).update(from: cells, count: pixels * each * Banks.rowPitch)
      return
    }
    for pixel in 0..<pixels {
      for cell in 0..<each {
        let target = UnsafeMutableRawPointer(start + ((row + pixel * jump + cell) & mask) * Banks.rowPitch)
        let source = UnsafeRawPointer(cells + (pixel * each + cell) * Banks.rowPitch)
        // Two words of 8 bytes: faster than a call for so few.
        target.storeBytes(of: source.loadUnaligned(as: SIMD2<UInt64>.self), as: SIMD2<UInt64>.self)
      }
    }
  }

  /// Copies pixels of neighbouring rows of an image bank, one behind another, each byte 128 more than the value.
  func copyLifted(
    _ bank: Int, row: Int, jump: Int, each: Int, _ pixels: Int, into out: UnsafeMutablePointer<UInt8>
  ) {
    forEachStretch(bank, row: row, jump: jump, each: each, pixels) { cells, before, count in
      dpus_copy_lifted(out + before * Banks.rowPitch, cells, count * Banks.rowPitch)
    }
  }

  /// Goes through pixels of an image bank in stretches of neighbouring rows.
  ///
  /// - Parameter body: Gets the first cell, how many cells of the pixels came before it, and the number of cells.
  func forEachStretch(
    _ bank: Int, row: Int, jump: Int, each: Int, _ pixels: Int,
    _ body: (UnsafePointer<Int8>, _ before: Int, _ count: Int) -> Void
  ) {
    let (stretches, length) = jump == each ? (1, pixels * each) : (pixels, each)
    for stretch in 0..<stretches {
      var row = (row + stretch * jump) & (DPUTarget.rowsPerBank - 1)
      var done = 0
      while done < length {
        let count = min(length - done, DPUTarget.rowsPerBank - row)
        body(UnsafePointer(image(bank) + row * Banks.rowPitch), stretch * length + done, count)
        done += count
        row = 0
      }
    }
  }
}
