import Digests
import Foundation
import Home
import Plans
import Registry
import Runs

/// States, signed, which code, data and configuration a model's files were made from, and verifies later that the files
/// are still the same.
///
/// Two things are signed, so that tools that know nothing of Espalier can verify them: an in-toto statement with SLSA
/// provenance in a DSSE envelope, by the environment's Ed25519 key; and the files alone in the format of OpenSSF Model
/// Signing, by its P-256 key.
struct Provenance: Sendable {
    let registry: MLflow
    let home: Home

    private var keys: SigningKeys { SigningKeys(home: home) }

    /// Writes the provenance statement of a version, signs its files, and keeps both. A repetition gives the same
    /// result.
    ///
    /// - Returns: `nil` if the server does not serve the model's files.
    func state(
        _ source: String, as name: String, by step: PlannedStep, of run: StoredRun, _ progress: RunProgress
    )
        async throws -> Stated?
    {
        guard let files = try await registry.digests(ofModel: source) else { return nil }
        let key = try keys.key(.ed25519, of: run.plan)
        let statement = ProvenanceStatement(
            subject: files.map { .init(name: $0.path, digest: ["sha256": $0.sha256]) },
            predicate: .init(name, by: step, of: run, progress))
        let envelope = try Envelope(signing: statement, with: key, keyid: sha256(key.publicKey))
        let text = [UInt8](try canonicalJSON(envelope))
        let digest = sha256(text)
        try Data(text).write(to: URL(fileURLWithPath: home.provenance(digest)), options: .atomic)
        return Stated(
            statement: digest, signature: try sign(ModelStatement(of: name, files), beside: digest, for: run.plan))
    }

    /// A P-256 signature is different every time, so a signature that was kept before a crash is reused.
    private func sign(_ files: ModelStatement, beside statement: String, for plan: Plan) throws -> String {
        let key = try keys.key(.p256, of: plan)
        let path = home.signature(statement)
        if let kept = FileManager.default.contents(atPath: path),
            let signature = try? JSONDecoder().decode(ModelSignature.self, from: kept),
            signature.states(files, signedBy: key)
        {
            return sha256([UInt8](kept))
        }
        let text = try canonicalJSON(ModelSignature(signing: files, with: key))
        try text.write(to: URL(fileURLWithPath: path), options: .atomic)
        return sha256([UInt8](text))
    }

    /// What is wrong with a model that has a statement; `nil` if it is unchanged.
    ///
    /// - Parameters:
    ///   - source: where its files are now.
    ///   - plan: the plan of the run that registered it.
    ///   - keepsFiles: whether to keep the verified files for steps to read; see `KeptModels`.
    func problem(of source: String, as name: String, _ stated: Stated, of plan: Plan, keepsFiles: Bool = false)
        async throws -> String?
    {
        guard let bytes = FileManager.default.contents(atPath: home.provenance(stated.statement)) else {
            return "what was stated about the model, \(home.provenance(stated.statement)), is not there any more"
        }
        guard sha256([UInt8](bytes)) == stated.statement,
            let envelope = try? JSONDecoder().decode(Envelope.self, from: bytes),
            let statement = envelope.statement(
                ProvenanceStatement.self, signedBy: try keys.knownKey(.ed25519, of: plan))
        else {
            return
                "what was stated about the model, sha256:\(stated.statement), is not signed by this environment's key"
        }
        if let difference = statement.predicate.difference(from: name, plan) {
            return "what was stated about the model, sha256:\(stated.statement), is about another one: \(difference)"
        }
        let models = KeptModels(home: home)
        let known = statement.subject.map { FileDigest(path: $0.name, sha256: $0.digest["sha256"] ?? "") }
        let place = keepsFiles && !models.hasKept(known, as: stated.statement) ? try models.makePlace() : nil
        defer { place.map(models.discard) }
        guard let files = try await registry.digests(ofModel: source, keptIn: place) else {
            return "the model's files cannot be read any more"
        }
        let changed = differences(known, files)
        guard changed.isEmpty else {
            return "the model's files are not those that were registered: \(changed.joined(separator: ", "))"
        }
        if let place { try models.keep(place, as: stated.statement) }
        return try stated.signature.flatMap {
            try problem(ofSignature: $0, beside: stated.statement, ModelStatement(of: name, files), of: plan)
        }
    }

    private func problem(
        ofSignature digest: String, beside statement: String, _ files: ModelStatement, of plan: Plan
    ) throws -> String? {
        let path = home.signature(statement)
        guard let bytes = FileManager.default.contents(atPath: path) else {
            return "the model's signature, \(path), is not there any more"
        }
        guard sha256([UInt8](bytes)) == digest,
            let signature = try? JSONDecoder().decode(ModelSignature.self, from: bytes),
            signature.states(files, signedBy: try keys.knownKey(.p256, of: plan))
        else { return "the model's signature, \(path), is not of these files and this environment's key" }
        return nil
    }
}

/// What a `register` step kept for a version: SHA-256 digests, in hexadecimal digits.
package struct Stated: Sendable {
    package let statement: String
    /// `nil` for versions from before models were signed.
    package let signature: String?

    init(statement: String, signature: String?) {
        self.statement = statement
        self.signature = signature
    }

    /// From the values that the step reported; `nil` if it stated nothing.
    init?(_ values: [String: String]) {
        func digest(_ key: String) -> String? { values[key]?.split(separator: ":").last.map(String.init) }
        guard let statement = digest("provenance") else { return nil }
        self.init(statement: statement, signature: digest("signature"))
    }

    /// The values as the step reports them. The version's tags have them under `espalier.`.
    package var values: [String: String] {
        ["provenance": "sha256:\(statement)"].merging(signature.map { ["signature": "sha256:\($0)"] } ?? [:]) { $1 }
    }
}
