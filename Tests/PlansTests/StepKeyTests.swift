import Events
import Foundation
import Plans
import ProjectFiles
import Projects
import Testing

/// What a step's result depends on, and what it does not.
@Suite struct StepKeyTests {
    static let dev = """
        branches: ["feature/**"]
        env: { MODE: fast }
        lock: requirements.txt
        datasets: { births: births.csv }
        """
    static let steps = """
        test: { run: pytest, inputs: [src/**] }
        features: { run: make, inputs: ["*.cfg"], data: [births], config: [size], outputs: [table] }
        train: { run: train, inputs: [src/**], needs: [features] }
        free: { run: x }
        after-free: { run: y, inputs: [src/**], needs: [free] }
        stranger: { run: z, inputs: [src/**], data: [deaths] }
        """

    struct World {
        var project = "name: clinic\nconfig: { size: 1, other: 1 }\n"
        var dev = StepKeyTests.dev
        var steps = StepKeyTests.steps
        var contents = ["src/**": "tree1", "*.cfg": "cfg1", "requirements.txt": "lock1"]
        var births = "v1"
    }

    func plan(_ world: World = World()) throws -> Plan {
        let steps = world.steps.split(separator: "\n").map { "  \($0)\n" }.joined()
        let files = [
            "environments/project.yml": world.project, "environments/dev.yml": world.dev,
            "pipelines/dev.yml": "on: { push: { environment: dev } }\nsteps:\n\(steps)",
        ]
        let id = ObjectID(String(repeating: "c", count: 40))!
        let facts = CommitFacts(
            commit: id, tree: id, branch: "feature/x",
            project: try Project.read(readSources(files.mapValues { Array($0.utf8) }), fallbackName: "x"),
            contents: Dictionary(uniqueKeysWithValues: world.contents.map { (Glob($0.key), $0.value) }),
            datasets: ["dev": ["births": world.births]])
        let planning = Plans.plan(.push(RefMove(ref: "refs/heads/feature/x", from: nil, to: id)), at: facts) {
            "<\($0)>"
        }
        return try #require(planning.plans.first)
    }

    /// The steps whose keys differ between two worlds, with the parts that do.
    func differences(_ change: (inout World) -> Void) throws -> [String: [String]] {
        var world = World()
        change(&world)
        let (before, after) = (try plan(), try plan(world))
        return before.steps.reduce(into: [:]) { found, step in
            guard let old = step.reuse?.key, let new = after.step(named: step.name)?.reuse?.key else { return }
            #expect((old.digest == new.digest) == new.changes(since: old).isEmpty)
            if old.digest != new.digest { found[step.name] = new.changes(since: old) }
        }
    }

    @Test func nothingChangedMeansTheSameKey() throws {
        #expect(try differences { _ in }.isEmpty)
    }

    @Test func aKeyChangesWithWhatTheStepReadsAndNothingElse() throws {
        #expect(
            try differences { $0.contents["src/**"] = "tree2" } == [
                "test": ["inputs src/**"], "train": ["inputs src/**"],
            ])
        #expect(
            try differences { $0.contents["*.cfg"] = "cfg2" }
                == ["features": ["inputs *.cfg"], "train": ["needs features"]], "what is needed counts")
        #expect(try differences { $0.births = "v2" } == ["features": ["data births"], "train": ["needs features"]])
        #expect(
            try differences { $0.project = "name: clinic\nconfig: { size: 1, other: 2 }\n" }
                == ["test": ["configuration"], "train": ["configuration"]], "features is not given `other`")
        let all = try differences { $0.contents["requirements.txt"] = nil }
        #expect(all["test"] == ["lock requirements.txt"] && all["features"] == ["lock requirements.txt"])
        let env = try differences { $0.dev = $0.dev.replacingOccurrences(of: "fast", with: "slow") }
        #expect(env["test"] == ["environment variables"])
        let command = try differences { $0.steps = $0.steps.replacingOccurrences(of: "pytest", with: "pytest -q") }
        #expect(command == ["test": ["command"]])
        let sandbox = try differences { $0.dev += "\nsandbox: best-effort" }
        #expect(sandbox["test"] == ["sandbox"])
    }

    @Test func aStepOfWhichTooLittleIsKnownIsNeverReusedAndSaysWhy() throws {
        let plan = try plan()
        let reasons = ["free": "no inputs:", "after-free": "it needs 'free'", "stranger": "dataset 'deaths'"]
        for (name, words) in reasons {
            guard case .never(let reason)? = plan.step(named: name)?.reuse else {
                Issue.record("\(name) is reused")
                continue
            }
            #expect(reason.contains(words))
        }
    }

    @Test func aStepIsGivenTheConfigurationThatItsKeyCounts() throws {
        #expect(try plan().step(named: "features")?.configuration == #"{"size":1}"#)
        #expect(try plan().step(named: "test")?.configuration == nil, "all of it: the run's own")
    }

    @Test func aFireAndALocalRunReuseNothing() throws {
        let project = try Project.read(
            readSources([
                "environments/dev.yml": Array(Self.dev.utf8),
                "pipelines/p.yml": Array(
                    "on: { push: { environment: dev } }\nsteps: { a: { run: x, inputs: [src/**] } }".utf8),
            ]), fallbackName: "x")
        let id = ObjectID(String(repeating: "c", count: 40))!
        let facts = CommitFacts(commit: id, tree: id, branch: "b", project: project)
        let pipeline = try #require(project.pipelines.first), environment = try #require(project.environments.first)
        for trigger in [
            Trigger.local, .fire(id: 1, schedule: "p", logicalTime: Date(timeIntervalSince1970: 0), backfill: nil),
        ] {
            let plan = Plan(pipeline, in: environment, trigger: trigger, facts) { $0 }
            #expect(plan.steps[0].reuse?.key == nil)
        }
        #expect(Plan(pipeline, in: environment, trigger: .push, facts) { $0 }.steps[0].reuse?.key != nil)
    }

    @Test func productionIsTrustedAndGoesFirst() throws {
        let project = try Project.read(
            readSources([
                "environments/dev.yml": Array("branches: [\"feature/**\"]".utf8),
                "environments/prod.yml": Array("branches: [\"release/**\"]\nprotected: true".utf8),
                "environments/rush.yml": Array("branches: [\"rush/**\"]\npriority: 99".utf8),
                "environments/staging.yml": Array("branches: [main]\nprotected: true".utf8),
                "pipelines/p.yml": Array("on: { push: { environment: dev } }\nsteps: { a: { run: x } }".utf8),
            ]), fallbackName: "x")
        let id = ObjectID(String(repeating: "c", count: 40))!
        let facts = CommitFacts(commit: id, tree: id, branch: "b", project: project)
        let pipeline = try #require(project.pipelines.first)
        let plans = project.environments.map { Plan(pipeline, in: $0, trigger: .push, facts) { $0 } }
        #expect(plans.map(\.environment) == ["dev", "prod", "rush", "staging"])
        #expect(plans.map(\.effectivePriority) == [0, 20, 99, 10])
        #expect(plans.map(\.trust) == [.unprotected, .protected, .unprotected, .protected])
        let check = Plan(pipeline, in: project.environments[3], trigger: .change(number: 1, base: id), facts) { $0 }
        #expect(check.trust == .unprotected, "a change is not merged yet")
    }

    @Test(arguments: [("required", true), ("best-effort", false), ("off", false)])
    func onlyAChainOfIsolatedStepsInARequiredSandboxDependsOnTheTreeAlone(sandbox: String, holds: Bool) throws {
        var world = World()
        world.dev += "\nsandbox: \(sandbox)"
        world.steps = """
            alone: { run: a, inputs: [src/**], isolated: true }
            after-alone: { run: b, inputs: [src/**], isolated: true, needs: [alone] }
            after-test: { run: c, inputs: [src/**], isolated: true, needs: [test] }
            test: { run: d, inputs: [src/**] }
            """
        let plan = try plan(world)
        let isolated = plan.steps.filter(plan.isIsolated).map(\.name).sorted()
        #expect(isolated == (holds ? ["after-alone", "alone"] : []))
    }

    @Test func dataOfAnotherRootIsOtherDataAndNoneOfAnIsolatedStep() throws {
        #expect(
            try differences { $0.dev += "\ndata_root: elsewhere" } == [
                "features": ["data root"], "train": ["needs features"],
            ])
        #expect(throws: Problems.self) {
            var world = World()
            world.steps = "a: { run: x, isolated: true, data: [births] }"
            _ = try plan(world)
        }
    }
}
