import Events
import Projects

/// Decides the next steps for the gate of a target. Call it again after they were carried out, until it returns
/// nothing.
public func decide(_ view: GateView) -> [GateStep] {
    let open = view.changes.filter { !$0.state.isSettled }
    guard let tip = view.tip else {
        return open.map {
            .note(
                change: $0.number, .rejected(reason: "there is no branch '\(view.target)' to merge into"))
        }
    }
    let notes = view.changes.compactMap { change in
        fact(about: change, view, tip).map { GateStep.note(change: change.number, $0) }
    }
    if !notes.isEmpty { return notes }
    let unchecked = open.filter { $0.state == .proposed && !isHeld($0, view.rules) }.map(\.number)
    if !unchecked.isEmpty { return [.check(unchecked)] }
    return advanceQueue(view, tip: tip)
}

/// The next fact to record about a change, if any.
private func fact(about change: Change, _ view: GateView, _ tip: ObjectID) -> ChangeFact? {
    if view.contained.contains(change.number) {
        if case .merging(let build) = change.state { return .merged(build.merge) }
        return .merged(change.head ?? tip)
    }
    switch change.state {
    case .proposed:
        guard change.isFork, view.rules.forks == .refuse else { return nil }
        return .rejected(reason: "\(view.target) takes no changes from other repositories")
    case .checking(let build):
        switch view.standing(build) {
        case .waiting: return nil
        case .passed: return .ready
        case .failed(let reason): return .rejected(reason: reason)
        }
    case .ready: return change.waitsFor(view) == nil ? .queued : nil
    case .merging(let build):
        // If the target has not moved since the move began, the move is completed. Otherwise somebody else moved it
        // first, and the change keeps its place in the queue.
        guard build.base != tip else { return nil }
        return .building(base: build.base, merge: build.merge, event: build.event, tested: build.tested)
    case .queued, .conflicted, .rejected, .merged, .withdrawn: return nil
    }
}

/// Whether the change needs an approval before any of its code may run.
func isHeld(_ change: Change, _ rules: GateRules) -> Bool {
    change.isFork && rules.forks == .approve && change.approvedBy.isEmpty
}

extension Change {
    /// What blocks a change that is otherwise ready, for people: a review, approvals, or another change that it
    /// contains; nil if nothing does.
    public func waitsFor(_ view: GateView) -> String? {
        switch state {
        case .proposed where isHeld(self, view.rules):
            return
                "it comes from another repository: a maintainer reviews it, then runs `espalier change approve \(number)`"
        case .ready:
            if approvals < view.rules.approvals {
                return "it has \(approvals) of \(view.rules.approvals) approvals: `espalier change approve \(number)`"
            }
            let others = view.changes.filter { other in
                view.needs[number]?.contains(other.number) ?? false && !other.isInQueue && !other.state.isSettled
            }
            return others.first.map { "it contains change \($0.number), which is \($0.state.word)" }
        case .proposed, .checking, .queued, .merging, .conflicted, .rejected, .merged, .withdrawn: return nil
        }
    }
}
