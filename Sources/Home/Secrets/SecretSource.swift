import Foundation

/// A secret. It is never printed: only `value` shows it.
package struct Secret: Sendable, CustomStringConvertible, CustomReflectable {
    package let value: String

    package var description: String { "(a secret)" }
    package var customMirror: Mirror { Mirror(self, children: []) }
}

/// Why a secret cannot be had: what, where, and what to do.
package struct SecretError: Error, CustomStringConvertible {
    package let description: String
}

/// Where a secret comes from. It is read when it is needed, so that a new one needs no restart, and is kept nowhere.
///
/// A new source is a file in this folder and a line in `all`.
package protocol SecretSource: Sendable {
    /// - Parameter reference: how a configuration names the secret; `nil` for what another source names.
    init?(_ reference: String)

    func read() throws(SecretError) -> Secret
}

package enum SecretSources {
    static let all: [any SecretSource.Type] = [FileSecret.self, EnvironmentSecret.self]

    /// Read a secret by its name: an absolute path, or the name of a variable of the daemon.
    package static func read(_ reference: String) throws(SecretError) -> Secret {
        for kind in all {
            if let source = kind.init(reference) { return try source.read() }
        }
        throw SecretError(
            description: "'\(reference)' names no secret: write the absolute path of a file, or the name of a variable")
    }
}
