import Foundation

/// Where the files of a model are, however it was named.
public struct ModelLocation: Sendable, Hashable {
    /// `models:/m-…`, or a folder of artifacts. Names nothing that somebody could point elsewhere later.
    public let source: String
    /// The run that logged it, if its name says so.
    public let run: String?
}

extension MLflow {
    /// Resolves the name of a model to its files: `runs:/ID/PATH`, `models:/NAME/VERSION`, `models:/NAME@ALIAS`. Other names
    /// (`models:/m-…`, `mlflow-artifacts:/…`, an address elsewhere) are locations already.
    ///
    /// - Throws: `RegistryError.noModel` for a name that says no place.
    public func location(of name: String) async throws(RegistryError) -> ModelLocation {
        try await location(of: name, depth: 0)
    }

    private func location(of name: String, depth: Int) async throws(RegistryError) -> ModelLocation {
        guard depth < 5 else { throw .noModel("'\(name)' is a version of a version of a version: name one of them") }
        if let path = rest(of: name, after: "runs:/") { return try await location(ofRun: path, named: name) }
        guard let path = rest(of: name, after: "models:/") else { return ModelLocation(source: name, run: nil) }
        // A model that was logged on its own.
        if path.count == 1, path[0].hasPrefix("m-"), !path[0].contains("@") {
            return ModelLocation(source: name, run: nil)
        }
        let version: ModelVersion?
        if path.count == 1, let at = path[0].lastIndex(of: "@") {
            let (model, alias) = (String(path[0][..<at]), String(path[0][path[0].index(after: at)...]))
            guard let number = try await self.version(ofAlias: alias, model: model) else {
                throw .noModel("'\(name)': there is no such alias")
            }
            version = try await self.version(number, of: model)
        } else if path.count == 2, Int(path[1]) != nil {
            version = try await self.version(String(path[1]), of: String(path[0]))
        } else {
            throw .noModel("'\(name)' names no version: write models:/NAME/NUMBER, models:/NAME@ALIAS or models:/m-ID")
        }
        guard let version, !version.source.isEmpty else { throw .noModel("'\(name)': there is no such version") }
        return try await location(of: version.source, depth: depth + 1)
    }

    private func rest(of name: String, after scheme: String) -> [String]? {
        guard name.hasPrefix(scheme) else { return nil }
        return name.dropFirst(scheme.count).split(separator: "/", omittingEmptySubsequences: true).map(String.init)
    }

    /// Artifacts of a run; else, as MLflow 3 logs models, the model of that name that the run logged.
    private func location(ofRun path: [String], named name: String) async throws(RegistryError) -> ModelLocation {
        guard let id = path.first, path.count > 1, !path.contains(".."), !path.contains(".") else {
            throw .noModel("'\(name)' names no model of a run: write runs:/RUN/PATH")
        }
        struct Answer: Decodable { let run: Run }
        struct Run: Decodable { let info: Info }
        struct Info: Decodable {
            let artifactUri: String?
            let experimentId: String?
        }
        let info = try await get("runs/get", ["run_id": id], as: Answer.self).run.info
        let below = path.dropFirst().joined(separator: "/")
        let folder = "\(info.artifactUri ?? "")/\(below)"
        if let files = try await files(ofModel: folder), !files.isEmpty {
            return ModelLocation(source: folder, run: id)
        }
        if let model = try await loggedModel(below, ofRun: id, in: info.experimentId ?? "") {
            return ModelLocation(source: "models:/\(model)", run: id)
        }
        return ModelLocation(source: folder, run: id)
    }

    /// The id of the model that a run logged under a name; the last one if there are several.
    private func loggedModel(_ name: String, ofRun run: String, in experiment: String) async throws(RegistryError)
        -> String?
    {
        struct Answer: Decodable { let models: [Model]? }
        struct Model: Decodable { let info: Info }
        struct Info: Decodable {
            let modelId: String
            let name: String?
            let sourceRunId: String?
            let creationTimestampMs: Int64?
        }
        struct RunSearch: Encodable {
            let experimentIds: [String]
            let filter: String
        }
        let answer: Answer
        do {
            answer = try await post(
                "logged-models/search",
                RunSearch(experimentIds: [experiment], filter: "source_run_id = '\(run.filter(\.isHexDigit))'"),
                as: Answer.self)
        } catch {
            // Servers before MLflow 3 have no such models.
            if case .refused(_, let status, _, _) = error, status == 404 { return nil }
            throw error
        }
        return (answer.models ?? []).map(\.info).filter { $0.name == name && $0.sourceRunId == run }
            .max { ($0.creationTimestampMs ?? 0) < ($1.creationTimestampMs ?? 0) }?.modelId
    }
}
