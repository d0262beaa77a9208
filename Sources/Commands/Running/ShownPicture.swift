import Devices
import Inference
import Vision

/// The picture that labels are drawn over, in memory that is used again.
struct ShownPicture {
  private var seen = Picture.onePixel
  private var resized = Picture.onePixel
  private var resizer = PictureResizer()

  /// The input's own picture, or what the network saw of an array, in the array's size.
  ///
  /// - Returns: `nil` where an input is no picture; who keeps it longer makes the next frame take memory.
  mutating func picture(_ buffers: some TensorBuffers, of file: InputFile, _ loaded: LoadedModel) -> Picture? {
    if case .picture(let picture) = file { return picture }
    guard let feeder = loaded.feeders.first, case .fixedPoint(let preprocessor) = feeder else { return nil }
    let isPicture = buffers.withInput(0) { buffer in
      seen.show(UnsafeBufferPointer(buffer.bindMemory(to: Int8.self)), shape: preprocessor.frameShape)
    }
    guard isPicture else { return nil }
    guard let size = feeder.sourceSize(of: file), size != (seen.width, seen.height) else { return seen }
    resizer.resize(seen, width: size.width, height: size.height, into: &resized)
    return resized
  }

  /// Lets go of the memory of large pictures.
  mutating func forgetMuch() {
    if resized.samples.count > FileReader.mostKept { resized = .onePixel }
  }
}
