import Events
import Foundation
import Plans
import ProjectFiles
import Projects
import Testing

/// Several models of one environment, each with pipelines of its own.
@Suite struct ModelTests {
    let dev = """
        branches: ["feature/**"]
        registry: { model: [risk, weight], aliases: { incumbent: champion } }
        config: { target: apgar, rows: 10, search: { trials: 5, seconds: 9 }, keep: [a, b] }
        """

    func facts(trusting trusted: String? = nil) throws -> CommitFacts {
        let steps = "steps: { a: { run: x, config: [target], inputs: [src/**] } }\n"
        let files = [
            "environments/dev.yml": dev,
            "pipelines/risk.yml": "on: { push: { environment: dev } }\n\(steps)",
            "pipelines/weight.yml": """
            on: { push: { environment: dev } }
            model: weight
            config: { target: grams, search: { trials: 2 }, keep: [c], rows: null }
            \(steps)
            """,
        ]
        let trusted = try trusted.map { try readSources(["environments/dev.yml": Array($0.utf8)]) }
        let sources = try readSources(files.mapValues { Array($0.utf8) })
        let project = try Project.read(sources, trusted: trusted, fallbackName: "x")
        let commit = ObjectID(String(repeating: "c", count: 40))!
        return CommitFacts(
            commit: commit, tree: commit, branch: "feature/x", project: project, contents: [Glob("src/**"): "s"])
    }

    func plans(trusting trusted: String? = nil) throws -> Planning {
        let facts = try facts(trusting: trusted)
        let move = RefMove(ref: "refs/heads/feature/x", from: nil, to: facts.commit)
        return plan(.push(move), at: facts, digest: { $0 })
    }

    @Test func aPipelineIsAboutTheModelThatItNames() throws {
        let plans = try plans().plans
        #expect(plans.map(\.settings.registry.model) == ["risk", "weight"])
        #expect(plans.map(\.settings.registry.incumbent) == ["champion", "champion"])
        #expect(plans.map(\.settings.registry.models) == [["risk", "weight"], ["risk", "weight"]])
    }

    @Test func itsConfigurationLiesOverTheEnvironments() throws {
        let plans = try plans().plans
        #expect(
            plans.map(\.configuration) == [
                #"{"keep":["a","b"],"rows":10,"search":{"seconds":9,"trials":5},"target":"apgar"}"#,
                #"{"keep":["c"],"search":{"seconds":9,"trials":2},"target":"grams"}"#,
            ])
        #expect(plans.map(\.steps[0].configuration) == [#"{"target":"apgar"}"#, #"{"target":"grams"}"#])
        let keys = plans.compactMap(\.steps[0].reuse?.key)
        #expect(keys[1].changes(since: keys[0]) == ["configuration"])
    }

    @Test func aModelThatOnlyTheBranchWantsDoesNotRun() throws {
        let planning = try plans(trusting: "branches: [\"feature/**\"]\nregistry: { model: risk }\n")
        #expect(planning.plans.map(\.pipeline) == ["risk"])
        #expect(planning.plans.map(\.settings.registry.model) == ["risk"])
        #expect(planning.skipped["weight"] == .otherModel(wanted: "weight", environment: "dev", known: ["risk"]))
        let reason = try #require(planning.skipped["weight"]?.description)
        #expect(reason.contains("'weight'") && reason.contains("when it is merged"))
    }

    @Test func aRollbackIsAboutTheModelThatIsNamed() throws {
        let request = RollbackRequest(
            environment: "dev", model: "weight", version: "1", commit: try facts().commit, branch: "feature/x", by: "x",
            reason: "y")
        let found = plan(.rollback(request), at: try facts(), digest: { $0 })
        #expect(found.plans.map(\.settings.registry.model) == ["weight"])
    }

    @Test func registriesAreToldOncePerModel() throws {
        let settings = try plans().plans[0].settings.registry
        #expect(settings.ofEachModel.map(\.model) == ["risk", "weight"])
    }
}
