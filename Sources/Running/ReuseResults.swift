import Foundation
import Home
import Plans
import Runs

/// Steps that need not run because an earlier run did the same work.
extension Engine {
    /// Gives ready steps the result of an earlier run, if there is one that they may reuse.
    package func reuse() async throws {
        for id in haveNews.sorted() {
            haveNews.remove(id)
            try await reuse(in: id)
        }
    }

    private func reuse(in id: Int64) async throws {
        while let entry = live[id] {
            let atWork = stepsAtWork(of: id)
            let ready = entry.progress.next().ready.filter {
                $0.reuse?.key != nil && !entry.considered.contains($0.name) && !atWork.contains($0.name)
            }
            var facts: [Recorded] = []
            var used: [Int64] = []
            for step in ready {
                live[id]?.considered.insert(step.name)
                guard let known = try await runner.earlierResult(of: step, in: entry.run) else { continue }
                if known.result.files.isEmpty {
                    facts += known.facts(for: step, outputs: [:])
                    used.append(known.id)
                } else {
                    restore(known, for: step, of: id)
                }
            }
            // Steps that depend on these may be reusable, too.
            guard !facts.isEmpty else { return }
            await record(facts, in: id, used: used)
        }
    }

    private func restore(_ known: StoredResult, for step: PlannedStep, of id: Int64) {
        guard let entry = live[id], let trust = entry.run.plan.trust else { return }
        restoring[id, default: []].insert(step.name)
        let attempt = entry.progress[step.name].lastAttempt
        jobs.start { [self, runner] in
            let outputs = await runner.restore(known, for: step, of: id, attempt: attempt, trust: trust)
            if Task.isCancelled { return }
            await restored(known, for: step, of: id, outputs)
        }
    }

    private func restored(_ known: StoredResult, for step: PlannedStep, of id: Int64, _ outputs: [String: String]?)
        async
    {
        if let outputs, !isStopping(step.name, of: id) {
            await record(known.facts(for: step, outputs: outputs), in: id, used: [known.id])
        } else if isStopping(step.name, of: id) {
            await record([Recorded(step: step.name, fact: .ended(.cancelled), at: Date())], in: id)
        }
        restoring[id]?.remove(step.name)
        bells.turn.ring()
    }
}

extension StoredResult {
    fileprivate func facts(for step: PlannedStep, outputs: [String: String]) -> [Recorded] {
        let reported = StepFact.reported(values: result.values, outputs: outputs)
        let isEmpty = result.values.isEmpty && outputs.isEmpty
        return (isEmpty ? [] : [reported]).map { Recorded(step: step.name, fact: $0, at: Date()) }
            + [Recorded(step: step.name, fact: .ended(.reused(run: run)), at: Date())]
    }
}
