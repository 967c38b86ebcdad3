import Foundation

/// A secret. It is never printed; only `value` reveals it.
package struct Secret: Sendable, CustomStringConvertible, CustomReflectable {
    package let value: String

    package var description: String { "(a secret)" }
    package var customMirror: Mirror { Mirror(self, children: []) }
}

/// Why a secret is not available: what, where, and what to do.
package struct SecretError: Error, CustomStringConvertible {
    package let description: String
}

/// Where a secret comes from. It is read whenever it is needed, so that a new secret needs no restart, and is never
/// stored.
///
/// A new source needs a file in this folder and a line in `all`.
package protocol SecretSource: Sendable {
    /// - Parameter reference: how a configuration names the secret. The result is `nil` if it belongs to another
    ///   source.
    init?(_ reference: String)

    func read() throws(SecretError) -> Secret
}

package enum SecretSources {
    static let all: [any SecretSource.Type] = [FileSecret.self, EnvironmentSecret.self]

    /// Reads a secret by its name: an absolute path, or the name of a variable of the daemon.
    package static func read(_ reference: String) throws(SecretError) -> Secret {
        for kind in all {
            if let source = kind.init(reference) { return try source.read() }
        }
        throw SecretError(
            description:
                "'\(reference)' is not the name of a secret: write the absolute path of a file, or the name of a variable"
        )
    }
}
