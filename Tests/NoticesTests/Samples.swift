import Events
import Foundation
import Notices
import Plans
import ProjectFiles
import Projects
import Runs

let commit = ObjectID(String(repeating: "c", count: 40))!
let noon = Date(timeIntervalSince1970: 1_795_608_000)  // 2026-11-25T12:00:00Z

/// A plan of two steps, `a` before `b`, as planning makes it.
func samplePlan(branch: String = "release/1", trigger: Trigger = .push) throws -> Plan {
    let files = [
        "environments/prod.yml": "branches: [\"release/**\"]",
        "pipelines/train.yml":
            "on: { push: { environment: prod } }\nsteps: { a: { run: x }, b: { needs: [a], run: y } }",
    ]
    let project = try Project.read(try readSources(files.mapValues { Array($0.utf8) }), fallbackName: "clinic")
    let facts = CommitFacts(commit: commit, tree: commit, branch: branch, project: project)
    return Plan(project.pipelines[0], in: project.environments[0], trigger: trigger, facts) { _ in "digest" }
}

/// A run of it whose steps ended like this; `b` only when given.
func progress(_ a: Outcome, _ b: Outcome? = nil, values: [String: String] = [:], trigger: Trigger = .push) throws
    -> RunProgress
{
    var facts = [StepFact.started(attempt: 1, incumbent: nil), .reported(values: values, outputs: [:]), .ended(a)]
        .map { Recorded(step: "a", fact: $0, at: noon) }
    if let b { facts.append(Recorded(step: "b", fact: .ended(b), at: noon)) }
    return RunProgress(try samplePlan(trigger: trigger), facts: facts)
}

func notice(_ about: Subject, branch: String = "release/1", run: Int64 = 7, at time: Date = noon) -> Notice {
    Notice(
        about, project: "clinic", environment: "prod", branch: branch, pipeline: "train", commit: commit.description,
        run: run, at: time)
}

func failure(_ log: [String] = []) throws -> Subject {
    let failed = try progress(.failed(exitCode: 3), .skipped(reason: "'a' did not pass"))
    return .failure(outcome: .failed, steps: failed.failedSteps, log: log)
}
