import Changes
import Events
import Foundation
import Git
import Logging
import Plans
import Runs
import Store

/// Takes changes through the gate, one at a time for each target: merged in memory, checked, landed by
/// compare-and-swap.
struct Gate: Sendable {
    let store: Store
    let logger: Logger
    /// Look at these refs of a project: the gate moved one itself.
    let look: @Sendable (_ project: Int64, _ ref: String) -> Void

    /// What an advance came to.
    enum Advance {
        /// Something was done, so that there may be more to do.
        case moved
        case nothingToDo
        /// A repository could not be read or written: its changes wait, and are to be tried again soon.
        case held
    }

    /// Do the next step of the first change that has one.
    func advance(_ projects: [Int64: StoredProject]) async throws -> Advance {
        var served: Set<String> = []
        var isHeld = false
        for change in try await store.openChanges() where !change.state.isSettled {
            // One at a time: the first unsettled change of a target holds the gate, the others wait their turn.
            guard let project = projects[change.project], served.insert("\(project.id) \(change.target)").inserted
            else {
                continue
            }
            do {
                let step = try await decide(change, project)
                guard step != .wait else { continue }
                try await act(step, on: change, project)
                return .moved
            } catch let error as GitError {
                logger.error("change \(change.number) cannot go on yet, and is tried again: \(error)")
                isHeld = true
            }
        }
        return isHeld ? .held : .nothingToDo
    }

    /// Note the merges that their targets hold and that nobody could note any more.
    func confirmLanded(in project: StoredProject) async throws {
        for change in try await store.openChanges() where change.project == project.id {
            guard case .checking(_, let merge, _) = change.state, try target(of: change, project).landed else {
                continue
            }
            try await note(.merged(merge), change)
        }
    }

    private func decide(_ change: Change, _ project: StoredProject) async throws -> GateStep {
        let (tip, landed) = try target(of: change, project)
        guard case .checking(_, _, let event) = change.state else { return next(for: change, tip: tip, checks: nil) }
        guard let planning = try await store.planning(ofEvent: event) else { return .wait }
        let checks = try await store.runs(ofEvent: event).map { run in
            CheckResult(run: run.id, pipeline: run.plan.pipeline, outcome: run.outcome, detail: run.failure)
        }
        return next(for: change, tip: tip, checks: checks, remark: planning.remark, landed: landed)
    }

    /// Where the target is, and whether it already holds the change's merge.
    private func target(of change: Change, _ project: StoredProject) throws -> (tip: ObjectID?, landed: Bool) {
        let repository = try Repository(at: project.repository)
        let tip = try repository.tip(of: "refs/heads/\(change.target)")
        guard let tip, case .checking(_, let merge, _) = change.state else { return (tip, false) }
        return (tip, try repository.mergeBase(tip, merge) == merge)
    }

    private func act(_ step: GateStep, on change: Change, _ project: StoredProject) async throws {
        switch step {
        case .wait: break
        case .merge(let head, let tip):
            switch try merge(change, head, tip, project) {
            case .checks(let request):
                Failpoint.reach(.changeMerged)
                try await store.check(request, of: change, at: Date())
                Failpoint.reach(.changeChecksAsked)
            case .fact(let fact): try await note(fact, change)
            }
        case .land(let base, let merge):
            // When somebody else moved the target meanwhile, nothing is lost: the next settling merges with the new tip.
            if try land(change, base, merge, project) {
                Failpoint.reach(.changeLanded)
                try await note(.merged(merge), change)
            }
        case .confirm(let merge): try await note(.merged(merge), change)
        case .reject(let reason): try await note(.rejected(reason: reason), change)
        }
    }

    private func note(_ fact: ChangeFact, _ change: Change) async throws {
        var changed = change
        changed.apply(fact)
        logger.info("change \(change.number): \(changed.state.word): \(changed.state.reason)")
        try await store.append(fact, to: change.number, at: Date())
        Failpoint.reach(.changeNoted)
        if case .merged = fact { look(change.project, "refs/heads/\(change.target)") }
    }

    private enum Merged {
        case checks(CheckRequest)
        case fact(ChangeFact)
    }

    private func merge(_ change: Change, _ head: ObjectID, _ tip: ObjectID, _ project: StoredProject) throws -> Merged {
        let repository = try Repository(at: project.repository)
        guard (try? repository.commit(head)) != nil else {
            return .fact(.rejected(reason: "its commit \(head.short) is gone: push again"))
        }
        let now = Int64(Date().timeIntervalSince1970)
        switch try repository.merge(head, into: tip, message: change.mergeMessage, time: now) {
        case .conflict(let files): return .fact(.conflicted(files: files))
        case .nothingToMerge: return .fact(.rejected(reason: "\(change.target) already holds all of it"))
        case .merged(let merge):
            // The ref keeps the merge from being collected while its checks run.
            try repository.setRef("refs/espalier/changes/\(change.number)/merge", to: merge)
            return .checks(CheckRequest(change: change.number, target: change.target, base: tip, merge: merge))
        }
    }

    /// What lands is the commit that was tested, byte for byte. `false` when the target had moved.
    private func land(_ change: Change, _ base: ObjectID, _ merge: ObjectID, _ project: StoredProject) throws -> Bool {
        try Repository(at: project.repository).compareAndSwap(
            "refs/heads/\(change.target)", from: base, to: merge,
            reason: "espalier: change \(change.number)")
    }
}

extension StoredRun {
    /// `unit-tests: exit code 1`, for the first step that did not pass; empty while there is none.
    var failure: String {
        let progress = self.progress
        for step in plan.steps {
            guard let outcome = progress[step.name].state.outcome, !outcome.satisfies else { continue }
            return outcome.detail.isEmpty ? "\(step.name): \(outcome.word)" : "\(step.name): \(outcome.detail)"
        }
        return ""
    }
}
