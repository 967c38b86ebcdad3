/// One version of a registered model, as the registry knows it.
public struct ModelVersion: Sendable, Hashable {
    public let name: String
    public let version: String
    public let stage: String
    /// The location of its files, as stated by its creator.
    public let source: String
    public let tags: [String: String]
    /// Only filled by `versions(of:)`.
    public var aliases: [String] = []
}

extension MLflow {
    /// Whether the server is ready to work. It opens its port before its tables exist, so an answer alone is not
    /// enough.
    public func isReady() async -> Bool {
        struct Search: Encodable { let maxResults = 1 }
        return (try? await post("experiments/search", Search(), as: Nothing.self)) != nil
    }

    /// Creates a registered model if it is missing.
    public func ensureModel(_ name: String) async throws(RegistryError) {
        try await ensure(name, "registered-models/create")
    }

    /// Creates an experiment if it is missing. MLflow's clients do so, too, but if two start at once, one fails.
    public func ensureExperiment(_ name: String) async throws(RegistryError) {
        try await ensure(name, "experiments/create")
    }

    private func ensure(_ name: String, _ create: String) async throws(RegistryError) {
        struct Create: Encodable { let name: String }
        do {
            _ = try await post(create, Create(name: name), as: Nothing.self)
        } catch {
            guard error.code == "RESOURCE_ALREADY_EXISTS" else { throw error }
        }
    }

    /// Creates a version exactly once. If a version already has the same value of `attemptTag`, returns that one: the
    /// server has no idempotency keys, and a crash may come between its answer and our record of it.
    public func register(model: String, source: String, runID: String?, tags: [String: String], attemptTag: String)
        async throws(RegistryError) -> ModelVersion
    {
        try await ensureModel(model)
        let known = try await versions(of: model, where: "tags.`\(attemptTag)` = '\(tags[attemptTag] ?? "")'")
        if let version = known.first { return version }
        struct Create: Encodable {
            let name: String
            let source: String
            let runId: String?
            /// For a model that was logged on its own (`models:/m-…`), the server also requires its id.
            let modelId: String?
            let tags: [Tag]
        }
        struct Answer: Decodable { let modelVersion: VersionRow }
        let body = Create(
            name: model, source: source, runId: runID,
            modelId: source.hasPrefix("models:/m-") ? String(source.dropFirst("models:/".count)) : nil,
            tags: tags.sorted { $0.key < $1.key }.map { Tag(key: $0.key, value: $0.value) })
        return try await post("model-versions/create", body, as: Answer.self).modelVersion.value
    }

    /// A version with its tags; nil if there is no such version or model.
    public func version(_ version: String, of model: String) async throws(RegistryError) -> ModelVersion? {
        struct Answer: Decodable { let modelVersion: VersionRow }
        do {
            return try await get("model-versions/get", ["name": model, "version": version], as: Answer.self)
                .modelVersion.value
        } catch {
            if error.isAbsence { return nil }
            throw error
        }
    }

    /// Sets a tag of a version, overwriting its value.
    public func setTag(_ key: String, to value: String, of model: String, version: String) async throws(RegistryError) {
        struct Set: Encodable {
            let name: String
            let version: String
            let key: String
            let value: String
        }
        let body = Set(name: model, version: version, key: key, value: value)
        _ = try await post("model-versions/set-tag", body, as: Nothing.self)
    }

    /// The tags of a registered model; empty if there is no such model.
    public func tags(ofModel model: String) async throws(RegistryError) -> [String: String] {
        struct Answer: Decodable {
            struct Model: Decodable { let tags: [Tag]? }
            let registeredModel: Model
        }
        do {
            let tags = try await get("registered-models/get", ["name": model], as: Answer.self).registeredModel.tags
            return values(of: tags)
        } catch {
            if error.isAbsence { return [:] }
            throw error
        }
    }

    /// Sets a tag of a registered model, overwriting its value.
    public func setTag(_ key: String, to value: String, ofModel model: String) async throws(RegistryError) {
        struct Set: Encodable {
            let name: String
            let key: String
            let value: String
        }
        _ = try await post("registered-models/set-tag", Set(name: model, key: key, value: value), as: Nothing.self)
    }

    public func deleteTag(_ key: String, ofModel model: String) async throws(RegistryError) {
        struct Delete: Encodable {
            let name: String
            let key: String
        }
        try await delete("registered-models/delete-tag", Delete(name: model, key: key))
    }

    /// The version that an alias points to; nil if there is no such alias or model.
    public func version(ofAlias alias: String, model: String) async throws(RegistryError) -> String? {
        struct Answer: Decodable { let modelVersion: VersionRow }
        do {
            return try await get("registered-models/alias", ["name": model, "alias": alias], as: Answer.self)
                .modelVersion.version
        } catch {
            // The server reports a missing alias as a bad parameter, and a missing model as not found.
            if ["INVALID_PARAMETER_VALUE", "RESOURCE_DOES_NOT_EXIST"].contains(error.code) { return nil }
            throw error
        }
    }

    /// Points an alias at a version unconditionally. Two calls that create an alias at once can collide inside the
    /// server, so this retries once.
    public func setAlias(_ alias: String, of model: String, to version: String) async throws(RegistryError) {
        struct Set: Encodable {
            let name: String
            let alias: String
            let version: String
        }
        let body = Set(name: model, alias: alias, version: version)
        do {
            _ = try await post("registered-models/alias", body, as: Nothing.self)
        } catch {
            guard error.mayPass else { throw error }
            _ = try await post("registered-models/alias", body, as: Nothing.self)
        }
    }

    /// Moves a version to a legacy stage and archives the version that was there.
    public func setStage(_ stage: String, of model: String, version: String) async throws(RegistryError) {
        struct Transition: Encodable {
            let name: String
            let version: String
            let stage: String
            let archiveExistingVersions = true
        }
        _ = try await post(
            "model-versions/transition-stage", Transition(name: model, version: version, stage: stage),
            as: Nothing.self)
    }

    /// All versions of a model with their aliases, newest first; empty if there is no such model.
    public func versions(of model: String) async throws(RegistryError) -> [ModelVersion] {
        struct Answer: Decodable {
            struct Model: Decodable { let aliases: [Alias]? }
            let registeredModel: Model
        }
        struct Alias: Decodable {
            let alias: String
            let version: String
        }
        let aliases: [Alias]
        do {
            aliases =
                try await get("registered-models/get", ["name": model], as: Answer.self).registeredModel.aliases ?? []
        } catch {
            if error.code == "RESOURCE_DOES_NOT_EXIST" { return [] }
            throw error
        }
        return try await versions(of: model, where: nil).map { version in
            var version = version
            version.aliases = aliases.filter { $0.version == version.version }.map(\.alias).sorted()
            return version
        }
    }

    private func versions(of model: String, where condition: String?) async throws(RegistryError) -> [ModelVersion] {
        struct Answer: Decodable {
            let modelVersions: [VersionRow]?
            let nextPageToken: String?
        }
        var found: [ModelVersion] = []
        var page: String?
        repeat {
            var query = ["filter": "name = '\(model)'" + (condition.map { " AND \($0)" } ?? ""), "max_results": "1000"]
            query["page_token"] = page
            let answer = try await get("model-versions/search", query, as: Answer.self)
            found += (answer.modelVersions ?? []).map(\.value)
            page = answer.nextPageToken.flatMap { $0.isEmpty ? nil : $0 }
        } while page != nil
        return found.sorted { (Int($0.version) ?? 0) > (Int($1.version) ?? 0) }
    }
}

private struct Tag: Codable {
    let key: String
    let value: String
}

private func values(of tags: [Tag]?) -> [String: String] {
    (tags ?? []).reduce(into: [:]) { $0[$1.key] = $1.value }
}

private struct VersionRow: Decodable {
    let name: String
    let version: String
    let currentStage: String?
    let source: String?
    let tags: [Tag]?

    var value: ModelVersion {
        ModelVersion(
            name: name, version: version, stage: currentStage ?? "None", source: source ?? "",
            tags: values(of: tags))
    }
}
