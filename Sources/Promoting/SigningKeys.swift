import Digests
import Foundation
import Home
import Plans

/// An environment's two signing keys. They are created when they are first needed.
package struct SigningKeys: Sendable {
    let home: Home

    package init(home: Home) {
        self.home = home
    }

    /// The key for signing. Created if it does not exist.
    package func key(_ kind: SigningKey.Kind, of plan: Plan) throws -> SigningKey {
        let path = home.key(kind, project: plan.project, environment: plan.environment)
        return try key(kind, in: try makeOnce(path) { SigningKey(kind).pem }, at: path)
    }

    /// The existing key, for verifying an earlier signature.
    ///
    /// - Throws: `DaemonError.unusable` if it does not exist; a new key could verify nothing.
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
    /// Path of an environment's key in PEM format.
    package func key(_ kind: SigningKey.Kind, project: String, environment: String) -> String {
        keys("\(project).\(environment)\(kind == .p256 ? ".p256" : "")")
    }
}
