import XModel

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// The compiled models that come with the program, of which a self-test takes the one that a core can run.
enum SampleModels {
  /// Reads the models where they lie: beside the program, in /usr/share/dpu, or in the source tree that the program was
  /// built in; none where they lie nowhere.
  static func find(program: String = DPUProgram.path) -> [Model] {
    var above = program.split(separator: "/").dropLast()
    var folders = ["/" + above.joined(separator: "/"), "/usr/share/dpu"]
    while !above.isEmpty {
      above = above.dropLast()
      let folder = "/" + above.joined(separator: "/")
      if FileManager.default.fileExists(atPath: "\(folder)/Package.swift") { folders.append(folder) }
    }
    for folder in folders {
      let place = "\(folder)/sample/compiled"
      let names = ((try? FileManager.default.contentsOfDirectory(atPath: place)) ?? []).filter {
        $0.hasSuffix(".xmodel")
      }
      // The first instruction set first: that of the models for the ZCU104 that people have.
      let models = names.sorted().reversed().compactMap { try? Model(path: "\(place)/\($0)") }
      if !models.isEmpty { return models }
    }
    return []
  }
}

extension Model {
  /// The cores that the DPU subgraphs are compiled for, each once.
  var dpuFingerprints: [Fingerprint] {
    var found: [Fingerprint] = []
    for partition in partitions where partition.kind == .dpu {
      guard let number = partition.program?.fingerprint.map({ Fingerprint($0) }), !found.contains(number) else {
        continue
      }
      found.append(number)
    }
    return found
  }
}
