import Fixtures
import Foundation
import Registry
import Synchronization

/// The part of an MLflow server that promotions use, in memory. The acceptance tests use a real server; this one does what a
/// real one does not do on demand: fail between two requests, or be changed by somebody else.
final class MLflowDouble: Sendable {
    struct Version {
        var source: String
        var tags: [String: String]
    }

    struct State {
        /// Of the one registered model; versions are numbered from 1.
        var versions: [Version] = []
        var aliases: [String: String] = [:]
        var tags: [String: String] = [:]
        /// Files of logged models: `m-1/MLmodel` → contents.
        var files: [String: String] = [:]
        /// Every version that an alias was set to.
        var moves: [String] = []
        /// How many requests to set an alias succeed but are answered with 500, and how many fail with 500.
        var lostAnswers = 0
        var lostRequests = 0
        /// Called once, after the alias has been read.
        var afterRead: (@Sendable (inout State) -> Void)?
    }

    let state = Mutex(State())
    private let server: LoopbackHTTP

    init() throws {
        // The server and its thread end with the double.
        let box = Box()
        server = try LoopbackHTTP { request in box.double?.answer(request) ?? .init(503, json: [String: String]()) }
        box.double = self
    }

    private final class Box: @unchecked Sendable { weak var double: MLflowDouble? }

    var client: MLflow { MLflow(url: server.url) }

    private func answer(_ request: LoopbackHTTP.Request) -> LoopbackHTTP.Answer {
        state.withLock { state in
            let path = request.path.split(separator: "/").dropFirst(3).joined(separator: "/")
            if path.hasPrefix("artifacts") { return artifacts(path, request, state) }
            return answer(request.method, path, request.fields, request.query, &state)
        }
    }

    private func answer(
        _ method: String, _ path: String, _ body: [String: Any], _ query: [String: String], _ state: inout State
    ) -> LoopbackHTTP.Answer {
        func field(_ name: String) -> String { body[name] as? String ?? query[name] ?? "" }
        switch (method, path) {
        case (_, "registered-models/create"): return done
        case (_, "registered-models/get"):
            let aliases = state.aliases.map { ["alias": $0.key, "version": $0.value] }
            return .init(json: ["registered_model": ["tags": list(state.tags), "aliases": aliases]])
        case (_, "registered-models/set-tag"):
            state.tags[field("key")] = field("value")
            return done
        case (_, "registered-models/delete-tag"):
            state.tags[field("key")] = nil
            return done
        case ("GET", "registered-models/alias"):
            defer {
                let meanwhile = state.afterRead
                state.afterRead = nil
                meanwhile?(&state)
            }
            guard let version = state.aliases[field("alias")] else {
                return .init(400, json: ["error_code": "INVALID_PARAMETER_VALUE", "message": "no such alias"])
            }
            return .init(json: ["model_version": row(version, state)])
        case ("POST", "registered-models/alias"):
            if state.lostRequests > 0 {
                state.lostRequests -= 1
                return .init(500, json: [String: String]())
            }
            state.aliases[field("alias")] = field("version")
            state.moves.append(field("version"))
            guard state.lostAnswers > 0 else { return done }
            state.lostAnswers -= 1
            return .init(500, json: [String: String]())
        case (_, "model-versions/create"):
            let tags = (body["tags"] as? [[String: String]] ?? []).reduce(into: [String: String]()) {
                $0[$1["key"] ?? ""] = $1["value"]
            }
            state.versions.append(Version(source: field("source"), tags: tags))
            return .init(json: ["model_version": row("\(state.versions.count)", state)])
        case (_, "model-versions/search"):
            let rows = state.versions.indices.filter { place in
                let tags = state.versions[place].tags
                return !field("filter").contains("tags.")
                    || tags.contains { field("filter").contains("tags.`\($0.key)` = '\($0.value)'") }
            }
            return .init(json: ["model_versions": rows.map { row("\($0 + 1)", state) }])
        case (_, "model-versions/set-tag"):
            if let number = Int(field("version")) { state.versions[number - 1].tags[field("key")] = field("value") }
            return done
        case (_, "model-versions/get"):
            guard let number = Int(field("version")), state.versions.indices.contains(number - 1) else {
                return .init(404, json: ["error_code": "RESOURCE_DOES_NOT_EXIST", "message": "no such version"])
            }
            return .init(json: ["model_version": row(field("version"), state)])
        case (_, let path) where path.hasPrefix("logged-models/"):
            let id = path.dropFirst("logged-models/".count)
            return .init(json: ["model": ["info": ["artifact_uri": "mlflow-artifacts:/\(id)"]]])
        default: return .init(404, json: ["message": "the double has no \(method) \(path)"])
        }
    }

    private func artifacts(_ path: String, _ request: LoopbackHTTP.Request, _ state: State) -> LoopbackHTTP.Answer {
        if let folder = request.query["path"] {
            let names = state.files.keys.filter { $0.hasPrefix("\(folder)/") }.map { $0.dropFirst(folder.count + 1) }
            return .init(json: ["files": names.sorted().map { ["path": String($0), "is_dir": false] }])
        }
        guard let text = state.files[String(path.dropFirst("artifacts/".count))] else {
            return .init(404, json: [String: String]())
        }
        return .init(body: Data(text.utf8))
    }

    private var done: LoopbackHTTP.Answer { .init(json: [String: String]()) }

    private func row(_ number: String, _ state: State) -> [String: Any] {
        let version = Int(number).flatMap { state.versions.indices.contains($0 - 1) ? state.versions[$0 - 1] : nil }
        return [
            "name": "risk", "version": number, "source": version?.source ?? "", "tags": list(version?.tags ?? [:]),
        ]
    }

    private func list(_ tags: [String: String]) -> [[String: String]] {
        tags.map { ["key": $0.key, "value": $0.value] }
    }
}
