@testable import Promoting
import Events
import Fixtures
import Foundation
import Home
import Plans
import Projects
import Promotion
import Runs
import Store
import Synchronization
import Testing

/// A run that has trained, registered and scored a model and is about to start its `promote` step, with its own store, home
/// and registry.
struct Release {
    let folder: TemporaryFolder
    let home: Home
    let store: Store
    let registry: MLflowDouble
    let promoter: ModelPromoter
    let leases: ModelLeases
    let run: StoredRun
    private let rules: PromotionRules

    private static var metric: Metric { get throws { try #require(Metric(rawValue: "roc_auc")) } }

    /// - Parameters:
    ///   - champion: the version that stands when the evidence is made; 0 for none.
    ///   - approvals: how many persons have to approve the move.
    ///   - files: of the registry's logged models.
    ///   - values: what the `score` step reports beside its outputs.
    init(champion: Int = 0, approvals: Int? = nil, files: [String: String] = [:], values: [String: String] = [:])
        async throws
    {
        folder = try TemporaryFolder()
        home = Home(folder.path + "/home")
        try home.prepare()
        store = try Store(path: home.database)
        registry = try MLflowDouble()
        leases = ModelLeases(home: home, settling: 0...0)
        promoter = ModelPromoter(registry: registry.client, leases: leases, store: store, home: home)
        rules = PromotionRules(first: .promote, improve: [ImproveRule(metric: try Self.metric, by: 0)])
        registry.state.withLock { state in
            state.files = files
            for _ in 0..<champion { state.versions.append(.init(source: "models:/m-0", tags: [:])) }
            if champion > 0 { state.aliases["champion"] = "\(champion)" }
        }
        let project = try await store.adopt(
            name: "clinic", repository: folder.path, url: nil, refs: [:], at: Date())
        run = try await store.request(try Self.plan(approvals), project: project, at: Date())
        try await tell("train", [.started(attempt: 1, incumbent: nil)])
        try await tell(
            "train", [.reported(values: ["model_uri": "models:/m-1"], outputs: [:]), .ended(.passed)])
        try await tell("score", [.started(attempt: 1, incumbent: champion > 0 ? "\(champion)" : nil)])
        try FileManager.default.createDirectory(atPath: outputs, withIntermediateDirectories: true)
        try Self.evidence(champion: champion > 0).write(
            toFile: outputs + "/evidence.csv", atomically: true, encoding: .utf8)
        let left = ["evidence": outputs + "/evidence.csv", "ids": outputs + "/ids"]
        try await tell("score", [.reported(values: values, outputs: left), .ended(.passed)])
        let registered = try await ModelRegistrar(registry: registry.client, home: home).register(
            Reference("${steps.train.outputs.model_uri}")!, step: step("register"), of: run, progress: progress())
        try await tell("register", [.started(attempt: 1, incumbent: nil)])
        try await tell("register", [.reported(values: registered.values, outputs: [:]), .ended(registered.outcome)])
    }

    /// - Parameter champion: whether a worse champion is scored, too.
    static func evidence(champion: Bool = false) -> String {
        "id,label,challenger\(champion ? ",champion" : "")\n"
            + (0..<40).map { "\($0),\($0 % 2),0.\($0 % 2 == 0 ? 1 : 9)\(champion ? ",0.5" : "")\n" }.joined()
    }

    /// Where the `score` step leaves its outputs.
    var outputs: String { home.step(run.id, "score", attempt: 1) + "/outputs" }

    func tell(_ step: String, _ facts: [StepFact]) async throws {
        try await store.append([
            FactWrite(run: run, facts: facts.map { Recorded(step: step, fact: $0, at: Date()) })
        ])
    }

    func step(_ name: String) -> PlannedStep { run.plan.steps.first { $0.name == name }! }

    func progress() async throws -> RunProgress { try await store.run(run.id).progress }

    func promote(training: Reference? = nil) async throws -> StepResult {
        try await promoter.promote(
            Reference("${steps.score.outputs.evidence}")!, rules, training, step: step("promote"), of: run,
            progress: try await progress())
    }

    /// Carry out the decision, like a daemon that finds it in the ledger.
    func applyAgain() async throws -> StepResult { try await promote() }

    private static func plan(_ approvals: Int?) throws -> Plan {
        let commit = String(repeating: "a", count: 40)
        func step(_ name: String, _ needs: String, _ action: String) -> String {
            """
            {"name":"\(name)","needs":[\(needs)],"action":\(action),"inputs":[],"data":[],"outputs":[],"env":{},
             "compute":{"timeout":10},"retriesWhenLost":1}
            """
        }
        let steps = [
            step("train", "", #"{"kind":"run","command":"true"}"#),
            step("score", #""train""#, #"{"kind":"run","command":"true"}"#),
            step("register", #""train""#, #"{"kind":"register","model":{"step":"train","output":"model_uri"}}"#),
            step(
                "promote", #""score","register""#,
                #"{"kind":"promote","evidence":{"step":"score","output":"evidence"},"#
                    + #""rules":{"first":"promote","floor":[],"improve":[],"noWorse":[],"slices":[],"guards":[]}}"#),
        ]
        return try JSONDecoder().decode(
            Plan.self,
            from: Data(
                """
                {"format":2,"project":"clinic","pipeline":"release","environment":"prod","branch":"main",
                 "commit":"\(commit)","tree":"\(commit)","trigger":{"kind":"push"},"configuration":"{}",
                 "configurationDigest":"d","notes":[],
                 "settings":{"env":{},\(approvals.map { #""approvals":\#($0),"# } ?? "")
                  "registry":{"model":"risk","incumbent":"champion","candidate":"challenger",
                              "server":"\("http://127.0.0.1")"},
                  "sandbox":"off","notify":[]},
                 "concurrency":{"supersede":"none"},"steps":[\(steps.joined(separator: ","))]}
                """.utf8))
    }
}
