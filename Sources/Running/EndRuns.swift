import Executing
import Foundation
import Home
import Logging
import Plans
import Runs
import Store

/// Ends runs early (cancelled, superseded, overdue, no longer needed), and retries runs.
extension Engine {
    func isStopping(_ step: String, of run: Int64) -> Bool {
        guard let state = live[run]?.progress[step].state else { return true }
        if case .stopping = state { return true } else { return false }
    }

    /// Ends a run early: steps that have not started end now, running steps are asked to stop. The request is stored
    /// before anything is stopped.
    package func end(_ id: Int64, as outcome: Outcome) async {
        guard let entry = live[id] else { return }
        let atWork = stepsAtWork(of: id)
        let facts = entry.progress.ending(as: outcome, atWork: atWork).map {
            Recorded(step: $0.step, fact: $0.fact, at: Date())
        }
        await record(facts, in: id)
        Failpoint.reach(.stopAsked)
        for step in entry.run.plan.steps where atWork.contains(step.name) {
            let attempt = (live[id] ?? entry).progress.lastAttempt(at: step.name, of: id)
            try? runner.executors.executor(of: step).stop(attempt)
        }
    }

    /// Cancels a run because a person asked.
    package func cancel(_ id: Int64) async throws {
        guard let entry = live[id] else {
            let run = try await store.run(id)
            throw DaemonError.refused("run \(id) has ended already: \(run.outcome?.rawValue ?? "unknown")")
        }
        logger.info("run \(entry.run.id): cancelled")
        await end(id, as: .cancelled)
        bells.turn.ring()
    }

    /// Retries everything that did not pass in an ended run. Passed steps stay as they are.
    package func retry(_ id: Int64) async throws {
        // Also refused while another retry is still reading the run; otherwise the run would be retried twice.
        guard live[id] == nil, retrying.insert(id).inserted else {
            throw DaemonError.refused("run \(id) is still at work: wait for its end, or cancel it")
        }
        defer { retrying.remove(id) }
        let run = try await store.run(id)
        if let number = run.plan.trigger.change {
            throw DaemonError.refused(
                "run \(id) checked change \(number), whose gate has closed: push the change again, and what passed is reused"
            )
        }
        guard run.outcome != nil else { throw DaemonError.refused("run \(id) has not begun yet: wait for its end") }
        guard run.outcome != .passed else {
            throw DaemonError.refused("run \(id) has passed: there is nothing to retry")
        }
        logger.info("run \(id): retried")
        live[id] = Live(run: run, progress: run.progress)
        let facts = run.plan.steps.map { Recorded(step: $0.name, fact: .retried, at: Date()) }
        await record(facts, in: id, reopens: true)
        bells.turn.ring()
    }

    /// Ends runs whose time limit has passed, and sets an alarm for the next limit.
    package func endOverdue() async {
        let now = Date()
        var next: Date?
        for (id, entry) in live {
            guard let seconds = entry.run.plan.timeout, let begun = entry.progress.begunAt else { continue }
            let deadline = begun.addingTimeInterval(Double(seconds))
            if deadline > now {
                next = min(next ?? deadline, deadline)
            } else if !entry.progress.isStopping {
                logger.info("run \(id): its \(seconds) s are over")
                await end(id, as: .timedOut(seconds: seconds))
            }
        }
        if let next { alarm.set(in: next.timeIntervalSinceNow) }
    }

    /// Ends checks of changes whose result is no longer needed.
    ///
    /// - Parameter awaited: events whose checks the gate waits for. Absent while that is unknown.
    package func endUnawaited(_ awaited: Set<Int64>?) async {
        guard let awaited else { return }
        for (id, entry) in live where entry.run.plan.isCheck && !awaited.contains(entry.run.event) {
            guard !entry.progress.isStopping else { continue }
            logger.info("run \(id): its change is done with it")
            await end(id, as: .cancelled)
        }
    }

    /// Ends the runs that a new run supersedes.
    func supersede(by run: StoredRun) async {
        for old in superseded(by: run.id, run.plan, among: live, progress: \.progress).sorted() {
            await supersede(old, by: run.id)
        }
    }

    func supersede(_ old: Int64, by new: Int64) async {
        logger.info("run \(old): superseded by run \(new)")
        await end(old, as: .superseded(by: new))
    }
}
