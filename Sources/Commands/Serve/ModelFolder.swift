import Glibc
import Serving

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// A folder of models as inference servers have them: `MODEL/VERSION/model.xmodel`, its card beside it.
struct ModelFolder: Sendable {
  /// The folder.
  let path: String
  /// What the model's file is called.
  static let fileName = "model.xmodel"

  /// The models and their versions, the newest last.
  ///
  /// Versions are whole numbers; other folders, hidden ones and those without a model are not looked at.
  ///
  /// - Throws: `.failed` for a folder that can't be read.
  func list() throws(ServingError) -> [String: [String]] {
    var models: [String: [String]] = [:]
    for name in try contents(of: path) {
      let versions = ((try? contents(of: "\(path)/\(name)")) ?? [])
        .filter { version in
          Int(version).map { $0 >= 0 && String($0) == version } == true
            && FileManager.default.fileExists(atPath: file(name, version))
        }
        .sorted { (Int($0) ?? 0) < (Int($1) ?? 0) }
      if !versions.isEmpty { models[name] = versions }
    }
    return models
  }

  /// The file of a version.
  func file(_ model: String, _ version: String) -> String { "\(path)/\(model)/\(version)/\(ModelFolder.fileName)" }

  /// What tells a version's files from others that were put in their place: numbers, sizes and times of change.
  func stamp(_ model: String, _ version: String) -> String {
    let folder = "\(path)/\(model)/\(version)"
    return ((try? contents(of: folder)) ?? []).map { name in
      var status = stat()
      guard stat("\(folder)/\(name)", &status) == 0 else { return name }
      return "\(name) \(status.st_ino) \(status.st_size) \(status.st_mtim.tv_sec).\(status.st_mtim.tv_nsec)"
    }.joined(separator: "\n")
  }

  private func contents(of folder: String) throws(ServingError) -> [String] {
    do {
      return try FileManager.default.contentsOfDirectory(atPath: folder).filter { !$0.hasPrefix(".") }.sorted()
    } catch {
      throw ServingError(.failed, "cannot read the folder of models \(folder): \(error)")
    }
  }
}
