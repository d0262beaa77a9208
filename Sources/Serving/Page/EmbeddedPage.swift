/// The page's texts, from the folder `page`.
enum EmbeddedPage {
  /// The whole script.
  static let script = numbers + "\n" + picture
}
