import Digests
import Events
import Foundation
import Plans
import Registry
import Runs
import Store

/// Says of a model's files which code, data and configuration they were made from, signed, and finds out whether that still
/// is so.
///
/// The statement is in-toto's (v1) with SLSA's provenance (v1) as predicate, in an envelope of DSSE: tools that know nothing
/// of Espalier verify it. Source: in-toto.io/Statement/v1, slsa.dev/provenance/v1, github.com/secure-systems-lab/dsse.
struct Provenance: Sendable {
    let registry: MLflow
    let home: Home

    /// State how a version came to be, and keep it by its digest. Made again, it is the same.
    ///
    /// - Returns: SHA-256 of the envelope; nil where the server does not pass on the model's files.
    func state(_ source: String, as name: String, by step: PlannedStep, of run: StoredRun, _ progress: RunProgress)
        async throws -> String?
    {
        guard let files = try await digests(of: source) else { return nil }
        let statement = ProvenanceStatement(
            subject: files.map { .init(name: $0.key, digest: ["sha256": $0.value]) }.sorted { $0.name < $1.name },
            predicate: .init(name, by: step, of: run, progress))
        let key = try SigningKeys(home: home).key(of: run.plan)
        let envelope = try Envelope(signing: [UInt8](try provenanceJSON(statement)), with: key)
        let text = [UInt8](try provenanceJSON(envelope))
        let digest = sha256(text)
        try Data(text).write(to: URL(fileURLWithPath: home.provenance(digest)), options: .atomic)
        return digest
    }

    /// What is wrong with a model of which something was stated; nil when it is what it was.
    func problem(of source: String, stated digest: String, of plan: Plan) async throws -> String? {
        guard let bytes = FileManager.default.contents(atPath: home.provenance(digest)).map([UInt8].init) else {
            return "what was stated about the model, sha256:\(digest), is not there any more"
        }
        guard sha256(bytes) == digest, let envelope = try? JSONDecoder().decode(Envelope.self, from: Data(bytes)),
            let payload = envelope.verified(by: try SigningKeys(home: home).key(of: plan).publicKey),
            let statement = try? JSONDecoder().decode(ProvenanceStatement.self, from: Data(payload))
        else { return "what was stated about the model, sha256:\(digest), is not signed by this environment's key" }
        let stated = statement.subject.reduce(into: [:]) { $0[$1.name] = $1.digest["sha256"] }
        guard let files = try await digests(of: source) else { return "the model's files cannot be read any more" }
        let changed = Set(stated.keys).union(files.keys).filter { stated[$0] != files[$0] }.sorted()
        return changed.isEmpty
            ? nil : "the model's files are not those that were registered: \(changed.joined(separator: ", "))"
    }

    private func digests(of source: String) async throws -> [String: String]? {
        guard let files = try await registry.files(ofModel: source), !files.isEmpty else { return nil }
        var digests: [String: String] = [:]
        for file in files {
            let copy = try await registry.load(file)
            defer { try? FileManager.default.removeItem(at: copy) }
            digests[file.path] = try sha256(ofFile: copy.path)
        }
        return digests
    }
}

/// The key that an environment signs with: made when it is first needed.
struct SigningKeys: Sendable {
    let home: Home

    func key(of plan: Plan) throws -> SigningKey { try key(project: plan.project, environment: plan.environment) }

    func key(project: String, environment: String) throws -> SigningKey {
        let path = home.key(project: project, environment: environment)
        if let known = try known(path) { return known }
        let made = SigningKey()
        // Whoever comes second finds the first one's.
        let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL, 0o600)
        guard descriptor >= 0 else {
            if let known = try known(path) { return known }
            throw DaemonError.unusable("\(path) cannot be made: \(String(cString: strerror(errno)))")
        }
        let file = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
        try file.write(contentsOf: Data(made.pem.utf8))
        try file.synchronize()
        return made
    }

    private func known(_ path: String) throws -> SigningKey? {
        guard let text = try? String(contentsOfFile: path, encoding: .utf8) else { return nil }
        guard let key = SigningKey(pem: text) else {
            throw DaemonError.unusable("\(path) is no Ed25519 key in PKCS #8: put the right one there")
        }
        return key
    }
}

/// What is signed.
struct ProvenanceStatement: Codable {
    struct Subject: Codable {
        let name: String
        let digest: [String: String]
    }

    struct Predicate: Codable {
        struct Definition: Codable {
            let buildType: String
            let externalParameters: [String: String]
            let internalParameters: Parameters
            let resolvedDependencies: [Dependency]
        }

        struct Parameters: Codable {
            struct Step: Codable {
                let name: String
                let attempts: Int
                /// What the step read, as one digest, for a step that says what it reads.
                let key: String?
            }

            let configurationSha256: String
            let steps: [Step]
        }

        struct Dependency: Codable {
            let name: String
            let digest: [String: String]
        }

        struct Details: Codable {
            let builder: [String: String]
            let metadata: [String: String]
        }

        let buildDefinition: Definition
        let runDetails: Details
    }

    var _type = "https://in-toto.io/Statement/v1"
    let subject: [Subject]
    var predicateType = "https://slsa.dev/provenance/v1"
    let predicate: Predicate
}

extension ProvenanceStatement.Predicate {
    init(_ name: String, by step: PlannedStep, of run: StoredRun, _ progress: RunProgress) {
        let plan = run.plan
        let code = Dependency(
            name: "code", digest: ["gitCommit": plan.commit.description, "gitTree": plan.tree.description])
        let data = progress.datasets.sorted { $0.key < $1.key }.map { name, version in
            let parts = version.split(separator: ":", maxSplits: 1).map(String.init)
            return Dependency(
                name: "dataset \(name)",
                digest: parts.count == 2 ? [parts[0]: parts[1]] : ["version": version])
        }
        buildDefinition = Definition(
            buildType: "https://espalier.dev/run/v1",
            externalParameters: [
                "project": plan.project, "pipeline": plan.pipeline, "environment": plan.environment,
                "branch": plan.branch, "model": name,
            ],
            internalParameters: .init(
                configurationSha256: plan.configurationDigest,
                steps: plan.upstream(of: step).map {
                    .init(name: $0.name, attempts: progress[$0.name].attempts, key: $0.reuse?.key?.digest)
                }),
            resolvedDependencies: [code] + data)
        runDetails = Details(
            builder: ["id": "https://espalier.dev/daemon"],
            metadata: ["invocationId": "run \(run.id)", "startedOn": run.createdAt.formatted(.iso8601)])
    }
}

/// DSSE: a payload and who stands for it.
struct Envelope: Codable {
    struct Signature: Codable {
        /// SHA-256 of the public key's 32 bytes.
        let keyid: String
        let sig: String
    }

    static let type = "application/vnd.in-toto+json"

    let payloadType: String
    let payload: String
    let signatures: [Signature]

    init(signing payload: [UInt8], with key: SigningKey) throws {
        payloadType = Self.type
        self.payload = Data(payload).base64EncodedString()
        let signature = key.sign(Self.signed(payload))
        guard signature.count == 64 else { throw DaemonError.unusable("the environment's key does not sign") }
        signatures = [Signature(keyid: sha256(key.publicKey), sig: Data(signature).base64EncodedString())]
    }

    /// The payload, if that key stands for it.
    func verified(by publicKey: [UInt8]) -> [UInt8]? {
        guard payloadType == Self.type, let payload = Data(base64Encoded: payload).map([UInt8].init) else { return nil }
        let isSigned = signatures.contains { signature in
            Data(base64Encoded: signature.sig).map {
                Digests.isSigned(Self.signed(payload), by: publicKey, [UInt8]($0))
            } ?? false
        }
        return isSigned ? payload : nil
    }

    /// What the signature covers: DSSE's pre-authentication encoding.
    private static func signed(_ payload: [UInt8]) -> [UInt8] {
        Array("DSSEv1 \(type.utf8.count) \(type) \(payload.count) ".utf8) + payload
    }
}

private func provenanceJSON(_ value: some Encodable) throws -> Data {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return try encoder.encode(value)
}
