@testable import Reading
import Events
import Fixtures
import Foundation
import Git
import Home
import Plans
import Projects
import Testing

/// What a pushed branch may and may not set for itself, on real repositories.
@Suite struct ReadProjectTests {
    let fixture: GitFixture
    let files = [
        "environments/project.yml": "name: clinic\n",
        "environments/dev.yml": "branches: [\"feature/**\"]\nconfig: { rows: 1 }\n",
        "environments/prod.yml": "branches: [\"release/**\"]\nprotected: true\nregistry: { model: m }\n",
        "pipelines/dev.yml": "on: { push: { environment: dev, paths: [\"src/**\"] } }\nsteps: { a: { run: x } }\n",
        "pipelines/release.yml": "on: { push: { environment: prod } }\nsteps: { a: { run: x } }\n",
    ]

    init() throws {
        fixture = try GitFixture()
        try fixture.push("one", files)
    }

    func facts(_ commit: String, _ branch: String, base: ObjectID? = nil) throws -> CommitFacts {
        let reader = ProjectReader(
            repository: try Repository(at: fixture.bare), home: Home(fixture.bare + "-home"), fallbackName: "x")
        return try reader.facts(at: try #require(ObjectID(commit)), branch: branch, base: base)
    }

    @Test func aBranchCannotGiveItselfRights() throws {
        try fixture.git("checkout", "--quiet", "-b", "feature/x")
        let commit = try fixture.push(
            "rights", ["environments/dev.yml": "branches: [\"**\"]\nsandbox: off\nconfig: { rows: 2 }\n"])
        let facts = try facts(commit, "feature/x")
        let dev = try #require(facts.project.environment(named: "dev"))
        #expect(dev.sandbox == .required && dev.branches == [Glob("feature/**")] && dev.config.json == #"{"rows":2}"#)
        #expect(facts.withheld == ["dev": ["branches", "sandbox"]])
    }

    @Test func aProtectedBranchSpeaksForItself() throws {
        try fixture.git("checkout", "--quiet", "-b", "release/1")
        let commit = try fixture.push(
            "own", ["environments/prod.yml": "branches: [\"release/**\"]\nprotected: true\nregistry: { model: n }\n"])
        let facts = try facts(commit, "release/1")
        #expect(facts.project.environment(named: "prod")?.registry.model == "n")
        #expect(facts.withheld.isEmpty)
    }

    @Test func theDefaultBranchSpeaksForItself() throws {
        let commit = try fixture.push("own", ["environments/dev.yml": "branches: [\"dev/**\"]\n"])
        #expect(try facts(commit, "main").project.environment(named: "dev")?.branches == [Glob("dev/**")])
    }

    @Test func aBrokenDefaultBranchDoesNotKeepOthersFromMendingIt() throws {
        try fixture.push("broken", ["pipelines/dev.yml": "on: nonsense\n"])
        try fixture.git("checkout", "--quiet", "-b", "feature/mend")
        let commit = try fixture.push(
            "mended", ["pipelines/dev.yml": "on: { push: { environment: dev } }\nsteps: { a: { run: x } }\n"])
        #expect(try facts(commit, "feature/mend").project.pipelines.count == 2)
    }

    @Test func pathFiltersSeeWhatANewBranchChangedSinceMain() throws {
        try fixture.git("checkout", "--quiet", "-b", "feature/x")
        try fixture.push("docs", ["docs/a": "1"])
        let commit = try fixture.push("src", ["src/a": "1"])
        #expect(try facts(commit, "feature/x").changedPaths == ["docs/a", "src/a"])
    }

    @Test func anotherDefaultBranchIsNamedByTheProject() throws {
        try fixture.push("trunk", ["environments/project.yml": "name: clinic\ndefault_branch: trunk\n"])
        try fixture.git("checkout", "--quiet", "-b", "trunk")
        try fixture.push("trunk's own", ["environments/dev.yml": "branches: [\"feature/**\"]\nsandbox: best-effort\n"])
        try fixture.git("checkout", "--quiet", "-b", "feature/x", "main")
        let commit = try fixture.push("x", ["environments/dev.yml": "branches: [\"feature/**\"]\nsandbox: off\n"])
        #expect(try facts(commit, "feature/x").project.environment(named: "dev")?.sandbox == .bestEffort)
    }
}

@Suite struct PlanEventTests {
    @Test func aCommitThatIsGoneStartsNothingAndSaysWhy() throws {
        let fixture = try GitFixture()
        try fixture.push("one", ["pipelines/a.yml": "on: { push: { environment: dev } }\nsteps: { a: { run: x } }\n"])
        let project = StoredProject(id: 1, name: "p", repository: fixture.bare, url: nil)
        let gone = try #require(ObjectID(String(repeating: "e", count: 40)))
        let move = RefMove(ref: "refs/heads/main", from: nil, to: gone)
        let planning = try RepositoryPlanner(home: Home("/nonexistent")).planning(
            for: .push(move), of: project)
        #expect(planning.remark == "the commit is gone: its branch was deleted or rewritten before it could be planned")
        #expect(planning.plans.isEmpty)
    }

    @Test func aBrokenProjectStartsNothingAndSaysWhere() throws {
        let fixture = try GitFixture()
        let commit = try fixture.push("one", ["environments/dev.yml": "branches: [main]\nsandbux: off\n"])
        let project = StoredProject(id: 1, name: "p", repository: fixture.bare, url: nil)
        let move = RefMove(ref: "refs/heads/main", from: nil, to: ObjectID(commit))
        #expect(
            try RepositoryPlanner(home: Home("/nonexistent")).planning(for: .push(move), of: project).remark
                == "environments/dev.yml:2:1: sandbux: unknown key (did you mean 'sandbox'?)")
    }
}
