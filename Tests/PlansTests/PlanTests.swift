import Events
import Foundation
import Plans
import ProjectFiles
import Projects
import Testing

@Suite struct PlanTests {
    let commit = ObjectID(String(repeating: "c", count: 40))!
    let tree = ObjectID(String(repeating: "d", count: 40))!
    let files = [
        "environments/project.yml": "name: clinic\nconfig: { rows: 5 }\n",
        "environments/dev.yml":
            "branches: [\"feature/**\"]\ncompute: { big: { timeout: 2h } }\nnotify: { ops: { on: failure, webhook: { url: \"https://x\" } } }\n",
        "environments/prod.yml": "branches: [\"release/**\"]\nprotected: true\n",
        "pipelines/dev.yml":
            "on: { push: { environment: dev } }\nsteps: { b: { run: y, needs: [a], compute: big }, a: { run: x, timeout: 5s } }\n",
        "pipelines/docs.yml": "on: { push: { environment: dev, paths: [\"docs/**\"] } }\nsteps: { a: { run: x } }\n",
        "pipelines/release.yml":
            "on: { push: { environment: prod, branches: [\"release/1.*\"] } }\nsteps: { a: { run: x } }\n",
        "pipelines/checks.yml": "on: { change: { target: main, environment: dev } }\nsteps: { a: { run: x } }\n",
        "pipelines/nightly.yml":
            "on: { schedule: { cron: \"0 0 11 * * ?\", environment: prod } }\nsteps: { a: { run: x } }\n",
    ]

    func facts(_ branch: String, changed: [String] = [], withheld: [String: [String]] = [:]) throws -> CommitFacts {
        let project = try Project.read(readSources(files.mapValues { Array($0.utf8) }), fallbackName: "x")
        return CommitFacts(
            commit: commit, tree: tree, branch: branch, project: project, changedPaths: changed, withheld: withheld)
    }

    func push(_ branch: String, changed: [String] = [], withheld: [String: [String]] = [:]) throws -> Planning {
        let move = RefMove(ref: "refs/heads/\(branch)", from: nil, to: commit)
        return plan(
            .push(move), at: try facts(branch, changed: changed, withheld: withheld), digest: { "digest of \($0)" })
    }

    @Test func aPushRunsWhatItsEnvironmentAsksForAndEveryOtherPipelineHasAReason() throws {
        let planning = try push("feature/x")
        #expect(planning.plans.map(\.pipeline) == ["dev"])
        #expect(
            planning.skipped == [
                "docs": .pathsUntouched(["docs/**"]), "release": .otherEnvironment(wanted: ["prod"], actual: "dev"),
                "checks": .notTriggered(by: "push"), "nightly": .notTriggered(by: "push"),
            ])
    }

    @Test func aPlanIsWholeAndPinned() throws {
        let plan = try #require(try push("feature/x").plans.first)
        #expect(plan.project == "clinic" && plan.environment == "dev" && plan.commit == commit && plan.tree == tree)
        #expect(plan.configuration == #"{"rows":5}"# && plan.configurationDigest == #"digest of {"rows":5}"#)
        #expect(plan.steps.map(\.name) == ["a", "b"])
        #expect(plan.steps.map(\.compute.timeout) == [5, 7_200])
        #expect(plan.settings.sandbox == .required)
    }

    @Test func theSameInputsGiveTheSamePlan() throws {
        #expect(try push("feature/x") == push("feature/x"))
    }

    @Test func aPathFilterOpensForAChangedPath() throws {
        #expect(try push("feature/x", changed: ["docs/guide.md"]).plans.map(\.pipeline) == ["dev", "docs"])
    }

    @Test func aBranchFilterHoldsBack() throws {
        #expect(try push("release/1.2").plans.map(\.pipeline) == ["release"])
        #expect(try push("release/2.0").skipped["release"] == .otherBranch(wanted: ["release/1.*"]))
    }

    @Test func aBranchWithoutEnvironmentIsToldTheKnownPatterns() throws {
        let planning = try push("wip/x")
        #expect(planning.plans.isEmpty)
        #expect(
            planning.remark == "no environment covers branch 'wip/x' (dev: feature/**; prod: release/**): "
                + "rename the branch, or add a pattern under branches: in environments/")
    }

    @Test func withheldKeysAreSaid() throws {
        let plan = try #require(try push("feature/x", withheld: ["dev": ["sandbox"]]).plans.first)
        #expect(plan.notes == ["sandbox differs from main, and takes effect when it is merged there"])
    }

    @Test func checksRunInTheEnvironmentTheyName() throws {
        let request = CheckRequest(change: 7, target: "main", base: tree, merge: commit)
        let planning = plan(.checks(request), at: try facts("change/7"), digest: { $0 })
        #expect(planning.plans.map(\.pipeline) == ["checks"])
        #expect(planning.plans.first?.trigger == .change(number: 7, base: tree))
        let stranger = CheckRequest(change: 7, target: "main", base: tree, merge: commit, isFork: true)
        let strange = plan(.checks(stranger), at: try facts("change/7"), digest: { $0 })
        #expect(planning.plans.first?.settings.notify?.map(\.name) == ["ops"])
        #expect(strange.plans.first != nil && strange.plans.first?.settings.notify == nil, "its log is a stranger's")
        let other = CheckRequest(change: 7, target: "next", base: tree, merge: commit)
        #expect(
            plan(.checks(other), at: try facts("change/7"), digest: { $0 }).skipped["checks"]
                == .otherTarget(wanted: ["main"]))
    }

    @Test func firesOfOneScheduleQueue() throws {
        let fire = FireRequest(
            fire: 3, schedule: "nightly", logicalTime: .distantPast, commit: commit, branch: "release/1.0")
        let planning = plan(.fire(fire), at: try facts("release/1.0"), digest: { $0 })
        #expect(planning.plans.map(\.environment) == ["prod"])
        #expect(planning.plans.first?.concurrency.group == "schedule nightly")
        #expect(planning.plans.first?.trigger.logicalTime == .distantPast)
    }
}
