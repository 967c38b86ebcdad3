import Digests
import Foundation
import Plans

/// What an environment signs with: two keys, made when they are first needed.
struct SigningKeys: Sendable {
    let home: Home

    /// The key that registers: a new one where there is none yet.
    func key(_ kind: SigningKey.Kind, of plan: Plan) throws -> SigningKey {
        let path = home.key(kind, project: plan.project, environment: plan.environment)
        return try key(kind, in: try makeOnce(path) { SigningKey(kind).pem }, at: path)
    }

    /// The key that something was signed with before.
    ///
    /// - Throws: `DaemonError.unusable` when it is not there: a new one would verify nothing.
    func knownKey(_ kind: SigningKey.Kind, project: String, environment: String) throws -> SigningKey {
        let path = home.key(kind, project: project, environment: environment)
        guard let text = try? String(contentsOfFile: path, encoding: .utf8) else {
            throw DaemonError.unusable(
                "\(path), which the environment signs with, is not there: bring it back from where the home is backed up"
            )
        }
        return try key(kind, in: text, at: path)
    }

    func knownKey(_ kind: SigningKey.Kind, of plan: Plan) throws -> SigningKey {
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

/// The text of a file that is written once, for nobody else to read: whoever comes second finds the first one's, whole.
func makeOnce(_ path: String, _ text: () -> String) throws -> String {
    if let known = try? String(contentsOfFile: path, encoding: .utf8) { return known }
    let draft = "\(path).\(UUID().uuidString)"
    defer { unlink(draft) }
    let descriptor = open(draft, O_WRONLY | O_CREAT | O_EXCL, 0o600)
    guard descriptor >= 0 else {
        throw DaemonError.unusable("\(path) cannot be made: \(String(cString: strerror(errno)))")
    }
    let file = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
    try file.write(contentsOf: Data(text().utf8))
    try file.synchronize()
    guard link(draft, path) == 0 || errno == EEXIST else {
        throw DaemonError.unusable("\(path) cannot be made: \(String(cString: strerror(errno)))")
    }
    return try String(contentsOfFile: path, encoding: .utf8)
}
