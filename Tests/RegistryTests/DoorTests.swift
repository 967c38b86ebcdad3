import Foundation
import Testing

@testable import Registry

private let run = String(repeating: "a", count: 32)
private let other = String(repeating: "b", count: 32)
private let model = "m-" + String(repeating: "c", count: 32)
private let grant = StepGrant(experiment: "shop-dev", experimentID: "7", models: ["risk"], owner: "me", run: 12)

private func decide(_ method: String, _ target: String, _ body: String = "{}") throws -> DoorDecision {
    try grant.decide(try APICall(method: method, target: target), body: Array(body.utf8))
}

private func passed(_ method: String, _ target: String, _ body: String = "{}") throws -> PassedCall {
    guard case .pass(let call) = try decide(method, target, body) else { throw DoorRefusal("it was answered") }
    return call
}

private func api(_ path: String) -> String { "/api/2.0/mlflow/" + path }

private func json(_ call: PassedCall) throws -> NSDictionary? {
    guard case .json(let bytes) = call.body else { return nil }
    return try JSONSerialization.jsonObject(with: Data(bytes)) as? NSDictionary
}

@Suite struct DoorTests {
    @Test(arguments: [
        ("POST", "registered-models/alias"), ("DELETE", "registered-models/alias"),
        ("POST", "registered-models/create"),
        ("POST", "model-versions/create"), ("POST", "model-versions/transition-stage"),
        ("PATCH", "model-versions/update"),
        ("POST", "registered-models/set-tag"), ("POST", "model-versions/set-tag"), ("POST", "runs/delete"),
        ("POST", "experiments/delete"), ("POST", "experiments/update"), ("GET", "experiments/search"),
        ("POST", "experiments/search"), ("GET", "registered-models/search"), ("POST", "webhooks"),
        ("GET", "artifacts/list"), ("POST", "artifacts/presigned-upload-url"), ("PUT", "runs/create"),
    ])
    func whatIsNotListedIsRefused(method: String, path: String) {
        #expect(throws: DoorRefusal.notListed) { try decide(method, api(path)) }
    }

    @Test(arguments: [
        "//api/2.0/mlflow/runs/create", "/api/2.0/mlflow/runs/../registered-models/alias",
        "/api/2.0/mlflow/runs/create/",
        "/api/2.0/mlflow/%2e%2e/x", "/api/2.0/mlflow/runs%2fcreate", "/api/2.0/mlflow/runs%252fcreate", "api/2.0",
        "/%ff",
        "/api/2.0/mlflow/..\\create", "/api/2.0/%252e%252e/a", "/a%00", "/100%2525", "/a%5c%2e%2e%5cb",
        "http://elsewhere/api/2.0/mlflow/runs/create", "/api/2.0/mlflow/a%00b",
        "/a?%ff=1",
    ])
    func anAddressHasOneMeaningOrNone(target: String) {
        #expect(throws: DoorRefusal.self) { try APICall(method: "POST", target: target) }
    }

    @Test(arguments: [
        "/ajax-api/2.0/mlflow/runs/create", "/api/2.0/preview/mlflow/runs/create", "/graphql",
        "/api/2.0/mlflow/Runs/create",
        "/api/2.0/mlflow/%72egistered-models/alias", "/get-artifact", "/api/3.0/mlflow/traces", "/v1/traces",
    ])
    func otherSpellingsAreOtherCalls(target: String) {
        #expect(throws: DoorRefusal.notListed) { try decide("POST", target) }
    }

    @Test func aRunIsMadeInTheEnvironmentsExperimentAndMarked() throws {
        let call = try passed(
            "POST", api("runs/create"),
            #"{"experiment_id": 7, "start_time": 1, "tags": [{"key": "espalier.owner", "value": "them"}, {"key": "a", "value": "b"}]}"#
        )
        #expect(call.target == "/api/2.0/mlflow/runs/create" && call.needs.isEmpty)
        let tags = try json(call)?["tags"] as? [[String: String]]
        #expect(
            tags == [
                ["key": "a", "value": "b"], ["key": "espalier.owner", "value": "me"],
                ["key": "espalier.run", "value": "12"],
            ])
        #expect(try json(call)?["experiment_id"] as? String == "7")
    }

    @Test(arguments: [
        #"{"experiment_id": "8"}"#, "{}", "[]", "", #"{"experimentId": "7"}"#,
        #"{"experiment_id": "7", "artifact_uri": "file:///"}"#,
        #"{"experiment_id": ["7"]}"#, #"{"experiment_id": "7", "tags": {"espalier.owner": "x"}}"#,
        #"{"experiment_id": "7", "tags": [{"key": "a", "value": "b", "more": 1}]}"#,
    ])
    func noRunIsMadeElsewhere(body: String) {
        #expect(throws: DoorRefusal.self) { try decide("POST", api("runs/create"), body) }
    }

    @Test func anExperimentIsMadeByNameOnly() throws {
        #expect(try json(passed("POST", api("experiments/create"), #"{"name": "shop-dev"}"#)) == ["name": "shop-dev"])
        for body in [#"{"name": "shop-prod"}"#, #"{"name": "shop-dev", "artifact_location": "file:///etc"}"#] {
            #expect(throws: DoorRefusal.self) { try decide("POST", api("experiments/create"), body) }
        }
    }

    @Test func logsGoToRunsThatTheServerSaysAreTheirs() throws {
        let body =
            #"{"run_uuid": "\#(run)", "run_id": "\#(run)", "key": "auc", "value": 0.5, "timestamp": 1, "step": 0}"#
        let call = try passed("POST", api("runs/log-metric?run_id=\(other)"), body)
        #expect(call.needs == [DoorNeed(.run(run), .write)] && call.target == "/api/2.0/mlflow/runs/log-metric")
        #expect(try json(call)?["run_uuid"] == nil)
        #expect(throws: DoorRefusal.self) {
            try decide("POST", api("runs/set-tag"), #"{"run_uuid": "\#(other)", "run_id": "\#(run)", "key": "a"}"#)
        }
        #expect(throws: DoorRefusal.self) {
            try decide("POST", api("runs/set-tag"), #"{"run_id": "\#(run)", "key": "espalier.owner", "value": "me"}"#)
        }
        let batch = try passed(
            "POST", api("runs/log-batch"),
            #"{"run_id": "\#(run)", "metrics": [{"key": "a", "value": "NaN", "run_id": "\#(other)", "model_id": "\#(model)"}]}"#
        )
        #expect(
            Set(batch.needs) == [
                DoorNeed(.run(run), .write), DoorNeed(.run(other), .write), DoorNeed(.model(model), .write),
            ])
    }

    /// Foundation keeps one of two values for a key; that one is checked, and that one is written.
    @Test func ofAKeyThatIsGivenTwiceOneCounts() throws {
        let call = try passed(
            "POST", api("runs/log-parameter"),
            #"{"run_id": "\#(run)", "run_id": "\#(other)", "key": "a", "value": "1"}"#)
        let written = try json(call)?["run_id"] as? String
        #expect(call.needs == [DoorNeed(.run(try #require(written)), .write)])
    }

    @Test func searchesStayInTheExperiment() throws {
        let call = try passed("POST", api("runs/search"), #"{"experiment_ids": ["7"], "filter": "metrics.a > 0"}"#)
        #expect(try json(call)?["experiment_ids"] as? [String] == ["7"])
        for ids in ["[]", #"["7", "8"]"#, "null", #""7""#] {
            #expect(throws: DoorRefusal.self) {
                try decide("POST", api("runs/search"), #"{"experiment_ids": \#(ids)}"#)
            }
        }
    }

    @Test func modelsOfTheEnvironmentAreRead() throws {
        #expect(
            try passed("GET", api("registered-models/alias?name=risk&alias=champion")).target
                == api("registered-models/alias?alias=champion&name=risk"))
        #expect(
            try passed("GET", api("model-versions/search?filter=name%3D%27risk%27&max_results=10")).target
                == api("model-versions/search?filter=name%20%3D%20%27risk%27&max_results=10"))
        #expect(
            try passed("GET", api("model-versions/search?filter=name+like+'%25'")).target
                == api("model-versions/search?filter=name%20%3D%20%27risk%27%20AND%20name%20like%20%27%25%27"))
        for query in [
            "registered-models/alias?name=other&alias=a", "registered-models/get?name=risk&name=other",
            "registered-models/get",
        ] {
            #expect(throws: DoorRefusal.self) { try decide("GET", api(query)) }
        }
    }

    @Test(arguments: ["100%25.txt": "100%.txt", "a%5Cb": "a\\b", "%25zz": "%zz", "a%3Fb%23c%3Bd": "a?b#c;d"])
    func namesThatMeanNothingElseAreNames(written: String, name: String) throws {
        let target = "/api/2.0/mlflow-artifacts/artifacts/7/\(run)/artifacts/\(written)"
        let call = try passed("PUT", target)
        #expect(call.needs.first?.artifact?.last == name && call.target == target)
    }

    @Test func artifactsBelongToARunOrAModel() throws {
        let artifacts = "/api/2.0/mlflow-artifacts/artifacts"
        let upload = try passed("PUT", "\(artifacts)/7/\(run)/artifacts/%C3%A4%20b.txt")
        #expect(upload.body == .streamed && upload.target == "\(artifacts)/7/\(run)/artifacts/%C3%A4%20b.txt")
        #expect(upload.needs == [DoorNeed(.run(run), .write, artifact: ["7", run, "artifacts", "ä b.txt"])])
        let list = try passed("GET", "\(artifacts)?path=7%2Fmodels%2F\(model)%2Fartifacts")
        #expect(list.needs == [DoorNeed(.model(model), .read, artifact: ["7", "models", model, "artifacts"])])
        for target in [
            "", "?path=", "?path=7", "?path=../\(run)", "?path=7/\(run)&path=8", "/7/traces/tr-\(run)/artifacts/x",
        ] {
            #expect(throws: DoorRefusal.self) { try decide("GET", artifacts + target) }
        }
        #expect(throws: DoorRefusal.notListed) { try decide("DELETE", "\(artifacts)/7/\(run)/artifacts/x") }
    }

    @Test func onlyWhatTheRunMadeIsWritten() {
        let need = DoorNeed(.run(run), .write, artifact: ["7", run, "artifacts", "x"])
        let root = ["7", run, "artifacts"]
        #expect(need.obstacle(to: grant, found: Tracked(experiment: "7", owner: "me", root: root), sources: []) == nil)
        for found in [
            nil, Tracked(experiment: "7", owner: nil, root: root), Tracked(experiment: "7", owner: "them", root: root),
            Tracked(experiment: "8", owner: "me", root: root), Tracked(experiment: "7", owner: "me", root: nil),
            Tracked(experiment: "7", owner: "me", root: ["7", run, "artifacts", "x"]),
            Tracked(experiment: "7", owner: "me", root: ["9"]),
        ] { #expect(need.obstacle(to: grant, found: found, sources: []) != nil) }
    }

    @Test func modelsOfOtherExperimentsAreReadIfTheyAreRegistered() {
        let root = ["8", "models", model, "artifacts"]
        let found = Tracked(experiment: "8", owner: "them", root: root)
        for need in [DoorNeed(.model(model), .read), DoorNeed(.model(model), .read, artifact: root + ["MLmodel"])] {
            #expect(need.obstacle(to: grant, found: found, sources: []) != nil)
            #expect(need.obstacle(to: grant, found: found, sources: ["models:/\(model)"]) == nil)
            #expect(
                need.obstacle(to: grant, found: found, sources: ["mlflow-artifacts:/8/models/\(model)/artifacts"])
                    == nil)
        }
        let older = DoorNeed(.run(run), .read, artifact: ["8", run, "artifacts", "model", "MLmodel"])
        let ofRun = Tracked(experiment: "8", owner: nil, root: ["8", run, "artifacts"])
        #expect(older.obstacle(to: grant, found: ofRun, sources: ["mlflow-artifacts:/8/\(run)/artifacts/model"]) == nil)
        #expect(older.obstacle(to: grant, found: ofRun, sources: ["mlflow-artifacts:/8/\(run)/artifacts/other"]) != nil)
        #expect(
            DoorNeed(.run(run), .read).obstacle(
                to: grant, found: ofRun, sources: ["mlflow-artifacts:/8/\(run)/artifacts/model"]) != nil)
    }
}
