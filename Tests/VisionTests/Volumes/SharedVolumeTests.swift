import Foundation
import TestSupport
import Tensors
import Testing
import Vision

/// Every file of the shared volumes.
@Suite(.enabled(if: Shared.isPresent, Comment(rawValue: Shared.absence)))
struct SharedVolumeTests {
  private static func files() throws -> [String] {
    let folder = try Shared.url("data/volumes").path
    let names = try #require(FileManager.default.enumerator(atPath: folder)).compactMap { $0 as? String }.sorted()
    return names.map { "\(folder)/\($0)" }.filter {
      var isFolder: ObjCBool = false
      return FileManager.default.fileExists(atPath: $0, isDirectory: &isFolder) && !isFolder.boolValue
    }
  }

  /// Files that are refused, by the end of their paths, and words that must stand in the reason.
  private static let refused = [
    "0.dcm": "it is a DICOM file", "test.mgz": "FreeSurfer MGH", "row_major.dconn.nii": "is a CIFTI matrix",
    "avg152T1_LR_nifti.hdr.gz": "is the header of a pair, and there is neither",
    "crash-08123ef33416bd6f0c5fa63d44b681b8581d62a0": "it begins with ff 02 00 41",
    "LICENSE-APACHE": "it begins with", "LICENSE-MIT": "it begins with", "LICENSE": "it begins with",
    "README.md": "it begins with", "preview_total.png": "it is a PNG file",
    "statistics.json": "it begins with 7b",
  ]

  @Test("each is read, or refused in words that name it")
  func readOrRefused() throws {
    var read = 0
    for path in try Self.files() {
      let name = URL(fileURLWithPath: path).lastPathComponent
      do throws(VisionError) {
        let volume = try Volume(contentsOf: path)
        #expect(volume.trailingByteCount == 0 || name.contains("crash"), "\(path)")
        #expect(Self.refused[name] == nil, "\(path) was read")
        read += 1
      } catch {
        #expect(error.path != nil && error.message.count > 20, "\(error)")
        let words = Self.refused[name] ?? (name.hasPrefix("crash-") ? "" : nil)
        #expect(words.map { $0.isEmpty || error.message.contains($0) } == true, "\(error)")
      }
    }
    #expect(read > 100)
  }

  struct Opinion: Decodable {
    let path: String
    let error: String?
    let shape: [Int]?
    let affine: [[Double]]?
    let directions: [String]?
    let digest: String?
    let channels: Int?
  }

  @Test(
    "each has nibabel's shape, matrix, directions and values",
    .enabled(if: PythonOracle.isPresent, Comment(rawValue: PythonOracle.absence)))
  func nibabel() throws {
    let opinions = try PythonOracle.ask("nifti_nibabel.py", ["describe"] + Self.files(), for: [Opinion].self)
    var agreed = 0
    for opinion in opinions {
      guard let shape = opinion.shape, let affine = opinion.affine else { continue }
      let volume = try Volume(contentsOf: opinion.path)
      #expect(volume.header.dimensions == shape, "\(opinion.path)")
      #expect(volume.channelCount == opinion.channels, "\(opinion.path)")
      for (row, expected) in zip(volume.geometry.matrix, affine) {
        for (value, want) in zip(row, expected) {
          #expect(abs(value - want) <= 1e-6 * max(1, abs(want)), "\(opinion.path)")
        }
      }
      #expect(volume.geometry.directions?.map(\.rawValue) == opinion.directions, "\(opinion.path)")
      let values = try volume.values(of: Array(0..<volume.voxelCount))
      #expect(values.withUnsafeBytes { SHA256.hexDigest(of: $0) } == opinion.digest, "\(opinion.path)")
      agreed += 1
    }
    #expect(agreed > 100)
    // What only one of the two reads: minimal2's voxels are packed and its header is not, which nibabel does not look for.
    let refusedByNibabel = opinions.filter { $0.error != nil }.map(\.path)
    let readByUs = refusedByNibabel.filter { (try? Volume(contentsOf: $0)) != nil }
      .map { URL(fileURLWithPath: $0).lastPathComponent }
    #expect(readByUs == ["complex32.nii", "complex64.nii", "minimal2.hdr", "minimal2.img.gz"])
  }
}
