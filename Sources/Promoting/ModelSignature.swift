import Digests
import Foundation

/// A model's signature in the format of OpenSSF Model Signing: a Sigstore bundle around a DSSE envelope of the files'
/// digests. With the model's folder, `model_signing verify key` verifies it; nothing else is needed.
///
/// Source: github.com/sigstore/model-transparency, `model_signing` 1.1.1, the signatures that its `sign key` writes;
/// sigstore/protobuf-specs, bundle v0.3.
struct ModelSignature: Codable {
    struct Material: Codable {
        struct PublicKey: Codable {
            /// SHA-256 of the public key's PEM.
            let hint: String
        }

        let publicKey: PublicKey
        /// Empty: no transparency log is used.
        var tlogEntries: [String] = []
    }

    static let mediaType = "application/vnd.dev.sigstore.bundle.v0.3+json"

    let mediaType: String
    let verificationMaterial: Material
    let dsseEnvelope: Envelope

    init(signing statement: ModelStatement, with key: SigningKey) throws {
        mediaType = Self.mediaType
        verificationMaterial = Material(publicKey: .init(hint: sha256(key.publicPEM)))
        dsseEnvelope = try Envelope(signing: statement, with: key, keyid: "")
    }

    /// Whether this key signed exactly this statement.
    func states(_ statement: ModelStatement, signedBy key: SigningKey) -> Bool {
        mediaType == Self.mediaType && dsseEnvelope.statement(ModelStatement.self, signedBy: key) == statement
    }
}

/// The signed content: an in-toto statement whose subject is the digest of all files' digests.
struct ModelStatement: Codable, Equatable {
    struct Subject: Codable, Equatable {
        let name: String
        let digest: [String: String]
    }

    struct Predicate: Codable, Equatable {
        let serialization: Serialization
        let resources: [Resource]
    }

    /// How a folder is turned into resources. Verifiers repeat it.
    struct Serialization: Codable, Equatable {
        var method = "files"
        var hash_type = "sha256"
        var allow_symlinks = false
        var ignore_paths = ModelStatement.ignored
    }

    struct Resource: Codable, Equatable {
        let name: String
        var algorithm = "sha256"
        let digest: String
    }

    /// Entries at the top of a model that are not signed: what model_signing always ignores, the signature itself, and
    /// what MLflow writes when a version is downloaded.
    static let ignored = [
        ".git", ".gitattributes", ".github", ".gitignore", "model.sig", "registered_model_meta",
    ]

    var _type = "https://in-toto.io/Statement/v1"
    let subject: [Subject]
    var predicateType = "https://model_signing/signature/v1.0"
    let predicate: Predicate

    /// - Parameters:
    ///   - name: informational only.
    ///   - files: all files of the model.
    init(of name: String, _ files: [FileDigest]) {
        let signed = files.filter { file in !Self.ignored.contains { file.parts.first == Array($0.utf8) } }
            .sorted { $0.parts.lexicographicallyPrecedes($1.parts) { $0.lexicographicallyPrecedes($1) } }
        subject = [Subject(name: name, digest: ["sha256": sha256(signed.flatMap(\.bytes))])]
        predicate = Predicate(
            serialization: Serialization(), resources: signed.map { Resource(name: $0.path, digest: $0.sha256) })
    }
}
