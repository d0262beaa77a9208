import Glibc
package import JSONValues

/// Takes out of a text what says who and where a person is: host and user names, hardware addresses, paths below home.
package struct Redaction: Sendable {
  /// The names of the machine.
  private let hosts: [String]
  /// The names of people.
  private let users: [String]
  /// Folders of people, whose contents are nobody's business.
  private let homes: [String]
  /// Paths with the marks that stand for them.
  private let paths: [(path: String, mark: String)]

  /// Makes a redaction.
  ///
  /// - Parameters:
  ///   - hosts: Names of the machine.
  ///   - users: Names of people.
  ///   - homes: Their folders; `/home`, `/root` and `/Users` are always among them.
  ///   - paths: Paths that may say what a person works on, with the marks that stand for them.
  package init(hosts: [String], users: [String], homes: [String], paths: [(path: String, mark: String)] = []) {
    self.paths = paths.filter { !$0.path.isEmpty && $0.path != "/" }.sorted { $0.path.count > $1.path.count }
    // A name of one or two letters would take words out that are no names.
    self.hosts = hosts.filter { $0.count > 2 && $0 != "localhost" }.sorted { $0.count > $1.count }
    self.users = users.filter { $0.count > 2 && $0 != "root" }.sorted { $0.count > $1.count }
    self.homes = Array(Set(homes + ["/home", "/root", "/Users"])).filter { $0.count > 1 }.sorted { $0.count > $1.count }
  }

  /// What this machine and this user are called.
  ///
  /// - Parameter passwords: The text of `/etc/passwd`.
  package init(passwords: String, hostname: String?, paths: [(path: String, mark: String)]) {
    var people: [(name: String, home: String)] = []
    for line in passwords.split(separator: "\n") {
      let fields = line.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
      // Names below 1000 belong to the system.
      guard fields.count >= 6, let number = Int(fields[2]), number >= 1000, number < 65_534 else { continue }
      people.append((fields[0], fields[5]))
    }
    let variables = ["USER", "LOGNAME", "SUDO_USER"].compactMap { Terminal.environment($0) }
    let home = Terminal.environment("HOME").map { [$0] } ?? []
    let names = [hostname, Terminal.environment("HOSTNAME"), Redaction.nodeName].compactMap { $0 }
    self.init(
      hosts: names + names.compactMap { $0.split(separator: ".").first.map(String.init) },
      users: people.map(\.name) + variables, homes: people.map(\.home) + home,
      paths: paths)
  }

  /// A text without these.
  package func apply(to text: String) -> String {
    var text = text
    for (path, mark) in paths {
      text = text.split(separator: path, omittingEmptySubsequences: false).joined(separator: mark)
    }
    text = withoutHomes(text)
    for host in hosts { text = replacingWord(host, in: text, by: "<host>") }
    for user in users { text = replacingWord(user, in: text, by: "<user>") }
    return withoutHardwareAddresses(text)
  }

  /// A JSON value whose texts are all without these.
  package func apply(to value: JSONValue) -> JSONValue {
    switch value {
    case .string(let text): .string(apply(to: text))
    case .array(let values): .array(values.map { apply(to: $0) })
    case .object(let members): .object(.init(members.list.map { ($0.name, apply(to: $0.value)) }))
    case .record(let members): .record(.init(members.list.map { ($0.name, apply(to: $0.value)) }))
    case .null, .bool, .integer, .number: value
    }
  }

  private static var nodeName: String? {
    var buffer = [CChar](repeating: 0, count: 256)
    guard gethostname(&buffer, buffer.count - 1) == 0 else { return nil }
    return String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  /// The text with every path below a home cut to the home's mark.
  private func withoutHomes(_ text: String) -> String {
    var result = ""
    var rest = text[...]
    while let first = rest.first {
      let previous = result.last
      if first == "/", previous.map({ !Redaction.isPathCharacter($0) }) ?? true,
        let home = homes.first(where: { rest.hasPrefix($0) && Redaction.ends(rest.dropFirst($0.count)) })
      {
        result += "<home>"
        rest = rest.dropFirst(home.count).drop(while: Redaction.isPathCharacter)
      } else {
        result.append(first)
        rest = rest.dropFirst()
      }
    }
    return result
  }

  private static func ends(_ rest: Substring) -> Bool { rest.first.map { $0 == "/" || !isPathCharacter($0) } ?? true }

  private static func isPathCharacter(_ character: Character) -> Bool {
    !character.isWhitespace && !"\"',;:()<>|=".contains(character)
  }

  private func replacingWord(_ word: String, in text: String, by mark: String) -> String {
    var result = ""
    var rest = text[...]
    while !rest.isEmpty {
      let isStart = result.last.map { !Redaction.isWordCharacter($0) } ?? true
      if isStart, rest.hasPrefix(word), rest.dropFirst(word.count).first.map({ !Redaction.isWordCharacter($0) }) ?? true
      {
        result += mark
        rest = rest.dropFirst(word.count)
      } else if let first = rest.first {
        result.append(first)
        rest = rest.dropFirst()
      }
    }
    return result
  }

  private static func isWordCharacter(_ character: Character) -> Bool {
    character.isLetter || character.isNumber || character == "_"
  }

  /// The text with six or more pairs of hexadecimal digits in a row replaced, as Ethernet and radio chips have.
  private func withoutHardwareAddresses(_ text: String) -> String {
    let characters = Array(text)
    var result = ""
    var place = 0
    while place < characters.count {
      let isStart = place == 0 || !characters[place - 1].isHexDigit
      if isStart, let length = Redaction.lengthOfHardwareAddress(characters[place...]) {
        result += "<mac>"
        place += length
      } else {
        result.append(characters[place])
        place += 1
      }
    }
    return result
  }

  /// The length of the hardware address at the start, `nil` where there is none.
  private static func lengthOfHardwareAddress(_ text: ArraySlice<Character>) -> Int? {
    let start = text.startIndex
    guard text.count >= 17, text[start + 2] == ":" || text[start + 2] == "-" else { return nil }
    var end = start
    var pair = start
    while pair + 1 < text.endIndex, text[pair].isHexDigit, text[pair + 1].isHexDigit {
      end = pair + 2
      guard end < text.endIndex, text[end] == text[start + 2] else { break }
      pair = end + 1
    }
    guard end - start >= 17, end == text.endIndex || !text[end].isHexDigit else { return nil }
    return end - start
  }
}
