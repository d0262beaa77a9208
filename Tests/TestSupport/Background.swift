import Foundation

/// Runs something on a thread of its own.
package func runInBackground(_ body: @escaping @Sendable () -> Void) { Thread { body() }.start() }
