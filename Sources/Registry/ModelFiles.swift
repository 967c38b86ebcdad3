import Foundation

/// A file of a model on the server.
public struct ModelFile: Sendable, Hashable {
    /// Inside the model: `MLmodel`, `data/model.pkl`.
    public let path: String
    fileprivate let location: String
}

extension MLflow {
    /// The files of a logged model, by path. Source: mlflow.org, "REST API" (MlflowArtifactsService); behaviours
    /// measured on 3.17.
    ///
    /// - Parameter source: `models:/m-…`, or a folder of `mlflow-artifacts:`.
    /// - Returns: nil if the server does not serve its files, for example because they are in a bucket of their own.
    public func files(ofModel source: String) async throws(RegistryError) -> [ModelFile]? {
        var folder = source
        if source.hasPrefix("models:/") {
            do {
                folder = try await artifacts(ofLoggedModel: String(source.dropFirst("models:/".count)))
            } catch {
                if error.isNotServed { return nil }
                throw error
            }
        }
        guard let parts = URLComponents(string: folder), parts.scheme == "mlflow-artifacts" else { return nil }
        let root = parts.path.trimmingCharacters(in: CharacterSet(charactersIn: "/"))
        do {
            let found = try await files(in: root)
            return found.map { ModelFile(path: String($0.dropFirst(root.count + 1)), location: $0) }.sorted {
                $0.path < $1.path
            }
        } catch {
            if error.isNotServed { return nil }
            throw error
        }
    }

    /// The folder of a model that was logged on its own.
    private func artifacts(ofLoggedModel id: String) async throws(RegistryError) -> String {
        struct Answer: Decodable { let model: Model }
        struct Model: Decodable { let info: Info }
        struct Info: Decodable { let artifactUri: String? }
        return try await get("logged-models/\(id)", [:], as: Answer.self).model.info.artifactUri ?? ""
    }

    private func files(in folder: String) async throws(RegistryError) -> [String] {
        struct Answer: Decodable { let files: [Entry]? }
        struct Entry: Decodable {
            let path: String
            let isDir: Bool?
        }
        var found: [String] = []
        for entry in try await artifacts(["path": folder], as: Answer.self).files ?? [] {
            let path = "\(folder)/\(entry.path)"
            if entry.isDir ?? false { found += try await files(in: path) } else { found.append(path) }
        }
        return found
    }

    /// Downloads a file of a model to this machine.
    ///
    /// - Returns: a temporary file, which the caller removes.
    public func load(_ file: ModelFile) async throws(RegistryError) -> URL {
        try await loadArtifact(file.location)
    }
}

extension RegistryError {
    /// There is no such artifact, or no such part of the API.
    fileprivate var isNotServed: Bool {
        if case .refused(_, let status, _, _) = self { [400, 404, 405, 501].contains(status) } else { false }
    }
}
