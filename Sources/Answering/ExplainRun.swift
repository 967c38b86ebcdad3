import Events
import Foundation
import Git
import Plans
import Projects
import Reports
import Runs
import Store

extension Reporter {
    /// Why each step of a run ran or did not run; `nil` if there is no such run.
    public func explain(_ id: Int64) async throws -> ExplainReport? {
        guard let detail = try await run(id) else { return nil }
        let run = try await store.run(id)
        let progress = run.progress
        var steps: [ExplainReport.Step] = []
        for step in run.plan.steps {
            let found = step.reuse?.key == nil ? nil : try await earlier(step, before: run)
            let changed = Once { changedFiles(from: found?.commit, to: run) }
            let reason = explanation(of: step, in: progress, earlier: found?.step) { part in
                guard let glob = part.split(separator: " ", maxSplits: 1).last, part.hasPrefix("inputs ") else {
                    return []
                }
                let pattern = Glob(String(glob))
                return changed.value.filter(pattern.matches)
            }
            steps.append(
                ExplainReport.Step(
                    name: step.name, state: progress[step.name].state.word, reason: reason,
                    key: step.reuse?.key?.digest, parts: step.reuse?.key?.parts ?? [:]))
        }
        let skipped = try await store.planning(ofEvent: run.event)?.skipped.mapValues(\.description) ?? [:]
        return ExplainReport(run: detail.run, trigger: detail.trigger, steps: steps, otherPipelines: skipped)
    }

    /// The last earlier run of the same step: on the same branch, else on any.
    private func earlier(_ step: PlannedStep, before run: StoredRun) async throws -> (
        step: EarlierStep, commit: ObjectID
    )? {
        for branch in [run.plan.branch, nil] {
            let ids = try await store.runsBefore(run, branch: branch, limit: 20)
            for id in ids {
                let other = try await store.run(id)
                guard let key = other.plan.step(named: step.name)?.reuse?.key else { continue }
                let state = other.progress[step.name].state
                return (EarlierStep(run: id, key: key, state: state), other.plan.commit)
            }
        }
        return nil
    }

    private func changedFiles(from commit: ObjectID?, to run: StoredRun) -> [String] {
        guard let commit, let path = try? store.repositoryPath(ofProject: run.project),
            let repository = try? Repository(at: path)
        else { return [] }
        return (try? repository.changedPaths(from: commit, to: run.plan.commit)) ?? []
    }
}

/// A value that is computed on first use.
private final class Once<Value> {
    private let make: () -> Value
    lazy var value = make()

    init(_ make: @escaping () -> Value) { self.make = make }
}
