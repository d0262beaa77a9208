import Foundation

/// The sanitizer that the tests and the built program carry, as scripts/test says.
package enum Sanitizer {
  /// Whether there is one.
  package static var isInUse: Bool { ProcessInfo.processInfo.environment["DPU_SANITIZER"] != nil }
}
