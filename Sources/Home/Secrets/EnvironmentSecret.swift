import Foundation

/// A secret in a variable of the daemon's environment, as it was when the daemon started.
package struct EnvironmentSecret: SecretSource {
    let name: String

    package init?(_ reference: String) {
        guard reference.wholeMatch(of: /[A-Za-z_][A-Za-z0-9_]*/) != nil else { return nil }
        name = reference
    }

    package func read() throws(SecretError) -> Secret {
        guard let value = ProcessInfo.processInfo.environment[name], !value.isEmpty else {
            throw SecretError(description: "the daemon has no variable \(name): start it with that")
        }
        return Secret(value: value)
    }
}
