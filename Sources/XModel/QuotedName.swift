/// A name out of a file, fit for one line of a message: quoted, cut to 80 characters, control characters spelled out.
func quoted(_ name: String) -> String {
  var text = ""
  for scalar in name.unicodeScalars.prefix(80) {
    text +=
      scalar.value < 0x20 || (0x7F..<0xA0).contains(scalar.value)
      ? "\\u{\(String(scalar.value, radix: 16))}" : String(scalar)
  }
  return "\"\(text)\(name.unicodeScalars.dropFirst(80).isEmpty ? "" : "…")\""
}
