/// Which xclbin is used, and why that one.
package struct XclbinChoice: Equatable, Sendable {
  /// Where a path came from; the first that gives one wins.
  package enum Source: Equatable, Sendable, CustomStringConvertible {
    /// An option of the command.
    case option
    /// The variable that AMD's runtime reads.
    case environment
    /// What was loaded into the PL.
    case overlay
    /// The file that AMD's runtime reads; it is never written here.
    case vartConfiguration
    /// Where AMD's runtime looks at last.
    case builtIn

    /// The source in words.
    package var description: String {
      switch self {
      case .option: "given by --xclbin"
      case .environment: "from the variable \(XclbinChoice.variable)"
      case .overlay: "of the overlay that is loaded (\(OverlayRecord.path))"
      case .vartConfiguration: "from \(XclbinChoice.vartConfiguration)"
      case .builtIn: "where AMD's runtime looks at last"
      }
    }
  }

  /// The variable that AMD's runtime reads.
  package static let variable = "XLNX_VART_FIRMWARE"
  /// The file that AMD's runtime reads.
  package static let vartConfiguration = "/etc/vart.conf"
  /// Where AMD's runtime looks at last.
  package static let builtIn = "/usr/lib/dpu.xclbin"

  /// The path.
  package let path: String
  /// Where it came from.
  package let source: Source
  /// What a person should look at, such as another path in a place that does not count.
  package let warnings: [String]

  /// One line that names both.
  package var words: String { "xclbin \(path), \(source)" }
}

extension OverlayControl {
  /// Chooses the xclbin: an option, the variable of AMD's runtime, the overlay that is loaded, /etc/vart.conf, and
  /// /usr/lib/dpu.xclbin at last.
  ///
  /// - Parameters:
  ///   - option: What was given on the command line.
  ///   - environment: The value of the variable.
  /// - Throws: `unavailable` where none of them names a file.
  package func chooseXclbin(option: String?, environment: String?) throws(BoardError) -> XclbinChoice {
    var record: OverlayRecord?
    if case .recorded(let found) = plState() { record = found }
    let configured = configuredXclbin().map { root + $0 }
    let builtIn = files.exists(XclbinChoice.builtIn) ? root + XclbinChoice.builtIn : nil
    let candidates: [(String?, XclbinChoice.Source)] = [
      (option, .option), (environment.flatMap { $0.isEmpty ? nil : $0 }, .environment), (record?.xclbin.path, .overlay),
      (configured, .vartConfiguration), (builtIn, .builtIn),
    ]
    for (path, source) in candidates {
      guard let path else { continue }
      var warnings: [String] = []
      if let configured, configured != path, source != .option {
        warnings.append(
          "\(XclbinChoice.vartConfiguration) names \(configured) instead; programs of AMD's runtime will use that one")
      }
      return XclbinChoice(path: path, source: source, warnings: warnings)
    }
    throw BoardError(
      .unavailable,
      "no xclbin: none was given, \(XclbinChoice.variable) is not set, no overlay was loaded by 'dpu overlay load', and there is neither \(XclbinChoice.vartConfiguration) nor \(XclbinChoice.builtIn); load an overlay first"
    )
  }

  /// The path behind `firmware:` in /etc/vart.conf.
  private func configuredXclbin() -> String? {
    guard let bytes = try? files.read(XclbinChoice.vartConfiguration, limit: 1 << 16) else { return nil }
    for line in String(decoding: bytes, as: UTF8.self).split(whereSeparator: \.isNewline) {
      let words = line.split(maxSplits: 1) { $0 == ":" || $0 == " " }
      guard words.first == "firmware", words.count > 1 else { continue }
      let path = words[1].drop { $0 == " " || $0 == ":" }
      if !path.isEmpty { return String(path.prefix { $0 != " " }) }
    }
    return nil
  }
}
