import Events
import Foundation
import Plans
import ProjectFiles
import Projects
import Testing

@Suite struct DriftTests {
    let now = Date(timeIntervalSince1970: 1_763_899_200)
    let day: TimeInterval = 86_400

    func planning(_ keys: String = "", report: String = "monitor", starts: [Double] = []) throws -> Planning {
        let retrain = """
            on: { drift: { environment: prod\(keys) } }
            steps: { a: { run: 'true' } }
            """
        let files = [
            "environments/prod.yml": "branches: [\"release/**\"]\n", "pipelines/retrain.yml": retrain,
            "pipelines/monitor.yml": "on: { push: { environment: prod } }\nsteps: { a: { run: x } }\n",
            "pipelines/other.yml": "on: { push: { environment: prod } }\nsteps: { a: { run: x } }\n",
        ]
        let project = try Project.read(readSources(files.mapValues { Array($0.utf8) }), fallbackName: "x")
        let commit = ObjectID(String(repeating: "c", count: 40))!
        var facts = CommitFacts(commit: commit, tree: commit, branch: "release/1", project: project)
        facts.driftStarts = DriftStarts(now: now, starts: ["retrain": starts.map { now.addingTimeInterval(-$0 * day) }])
        let event = DriftReport(
            run: 7, pipeline: report, environment: "prod", reason: "npvis", commit: facts.commit, branch: "release/1")
        return plan(.drift(event), at: facts, digest: { $0 })
    }

    @Test func driftStartsThePipelinesThatAskForIt() throws {
        let found = try planning()
        #expect(found.plans.map(\.pipeline) == ["retrain"])
        #expect(found.plans[0].trigger == .drift(run: 7, reason: "npvis"))
        #expect(found.skipped["monitor"] == .notTriggered(by: "drift"))
    }

    @Test func onlyThePipelinesThatAreNamedCount() throws {
        #expect(try planning(", of: monitor").plans.count == 1)
        #expect(
            try planning(", of: monitor", report: "other").skipped["retrain"] == .otherPipeline(wanted: ["monitor"]))
    }

    @Test func itCoolsDownBeforeItStartsAgain() throws {
        #expect(
            try planning(starts: [6.9]).skipped["retrain"] == .coolingDown(until: now.addingTimeInterval(0.1 * day)))
        #expect(try planning(starts: [7]).plans.count == 1)
        #expect(try planning(", cooldown: 1h", starts: [0.5]).plans.count == 1)
    }

    @Test func itStartsNoMoreThanSoOften() throws {
        let often = [8.0, 15, 22, 29]
        #expect(
            try planning(starts: often).skipped["retrain"]
                == .oftenEnough(starts: 4, since: now.addingTimeInterval(-30 * day)))
        #expect(try planning(starts: [8, 15, 22, 31]).plans.count == 1)
        #expect(try planning(", at_most: 5", starts: often).plans.count == 1)
    }
}
