import Fixtures
import Foundation
import Registry
import Testing

/// CASES: P4
@Suite struct ResolveModelTests {
    /// A server with run `a1` (artifacts under `model`, a logged model `m-9` called `logged`), and versions of `other`.
    private let server: LoopbackHTTP

    init() throws {
        server = try LoopbackHTTP { request in
            let path = request.path.split(separator: "/").dropFirst(3).joined(separator: "/")
            func field(_ name: String) -> String { request.query[name] ?? "" }
            switch path {
            case "runs/get":
                return .init(
                    json: ["run": ["info": ["artifact_uri": "mlflow-artifacts:/0/a1/artifacts", "experiment_id": "0"]]])
            case "artifacts":
                let isModel = field("path") == "0/a1/artifacts/model"
                return .init(json: ["files": isModel ? [["path": "MLmodel", "is_dir": false]] : []])
            case "logged-models/search":
                let logged = ["model_id": "m-9", "name": "logged", "source_run_id": "a1"]
                return .init(json: ["models": [["info": logged]]])
            case "registered-models/alias" where field("alias") == "mine":
                return .init(json: ["model_version": ["name": "other", "version": "1"]])
            case "model-versions/get" where field("name") == "other":
                let sources = ["1": "models:/m-7", "2": "runs:/a1/model", "3": "models:/other/3"]
                guard let source = sources[field("version")] else { break }
                return .init(json: ["model_version": ["name": "other", "version": field("version"), "source": source]])
            default: break
            }
            return .init(404, json: ["error_code": "RESOURCE_DOES_NOT_EXIST", "message": "no such thing"])
        }
    }

    @Test(
        arguments: [
            ("models:/m-1", "models:/m-1", nil), ("mlflow-artifacts:/x", "mlflow-artifacts:/x", nil),
            ("s3://bucket/x", "s3://bucket/x", nil), ("models:/other/1", "models:/m-7", nil),
            ("models:/other@mine", "models:/m-7", nil),
            ("models:/other/2", "mlflow-artifacts:/0/a1/artifacts/model", "a1"),
            ("runs:/a1/model", "mlflow-artifacts:/0/a1/artifacts/model", "a1"),
            ("runs:/a1/model/", "mlflow-artifacts:/0/a1/artifacts/model", "a1"),
            ("runs:/a1/logged", "models:/m-9", "a1"),
        ] as [(String, String, String?)])
    func aNameIsResolvedToItsFiles(name: String, source: String, run: String?) async throws {
        let found = try await MLflow(url: server.url).location(of: name)
        #expect(found.source == source && found.run == run)
    }

    @Test(arguments: [
        "models:/other", "models:/other/latest", "models:/other@theirs", "models:/other/9", "models:/other/3",
        "runs:/a1",
        "runs:/a1/x/../model", "models:/",
    ])
    func aNameOfNoModelIsRefused(name: String) async throws {
        let error = await #expect(throws: RegistryError.self) { try await MLflow(url: server.url).location(of: name) }
        #expect(error?.description.contains("models:/") == true || error?.description.contains("runs:/") == true)
    }
}
