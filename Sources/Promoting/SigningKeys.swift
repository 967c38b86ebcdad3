import Digests
import Executing
import Foundation
import Home
import Plans

/// The two signing keys of an environment, created when they are first needed.
package struct SigningKeys: Sendable {
    let home: Home

    package init(home: Home) {
        self.home = home
    }

    /// The key for registering. Created if there is none.
    package func key(_ kind: SigningKey.Kind, of plan: Plan) throws -> SigningKey {
        let path = home.key(kind, project: plan.project, environment: plan.environment)
        return try key(kind, in: try makeOnce(path) { SigningKey(kind).pem }, at: path)
    }

    /// The key that something was signed with earlier.
    ///
    /// - Throws: `DaemonError.unusable` when it is missing. A new key could not verify anything.
    package func knownKey(_ kind: SigningKey.Kind, project: String, environment: String) throws -> SigningKey {
        let path = home.key(kind, project: project, environment: environment)
        guard let text = try? String(contentsOfFile: path, encoding: .utf8) else {
            throw DaemonError.unusable(
                "\(path), which the environment signs with, is not there: bring it back from where the home is backed up"
            )
        }
        return try key(kind, in: text, at: path)
    }

    package func knownKey(_ kind: SigningKey.Kind, of plan: Plan) throws -> SigningKey {
        try knownKey(kind, project: plan.project, environment: plan.environment)
    }

    private func key(_ kind: SigningKey.Kind, in text: String, at path: String) throws -> SigningKey {
        guard let key = SigningKey(pem: text), key.kind == kind else {
            throw DaemonError.unusable("\(path) is no \(kind.name) key in PKCS #8: put the right one there")
        }
        return key
    }
}

extension SigningKey.Kind {
    fileprivate var name: String {
        switch self {
        case .ed25519: "Ed25519"
        case .p256: "P-256"
        }
    }
}

extension Home {
    /// Path of an environment's key, PEM.
    package func key(_ kind: SigningKey.Kind, project: String, environment: String) -> String {
        keys("\(project).\(environment)\(kind == .p256 ? ".p256" : "")")
    }
}
