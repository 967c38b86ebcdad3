import Events
import Runs

/// What the gate does next about one change.
public enum GateStep: Sendable, Hashable {
    case wait
    /// Merge its head with the target's tip in memory, and have that checked.
    case merge(head: ObjectID, tip: ObjectID)
    /// All checks passed: move the target from `base` to `merge`.
    case land(base: ObjectID, merge: ObjectID)
    /// The target already holds the merge: somebody moved it and could not note it any more.
    case confirm(merge: ObjectID)
    case reject(reason: String)
}

/// How one check of a change stands.
public struct CheckResult: Sendable, Hashable {
    public let run: Int64
    public let pipeline: String
    /// Absent while it runs.
    public let outcome: RunOutcome?
    /// `unit-tests: exit code 1`, for a run that did not pass.
    public let detail: String

    public init(run: Int64, pipeline: String, outcome: RunOutcome?, detail: String) {
        self.run = run
        self.pipeline = pipeline
        self.outcome = outcome
        self.detail = detail
    }
}

/// Decide the next step for a change.
///
/// - Parameters:
///   - tip: the target's tip; absent when the target does not exist.
///   - checks: the runs of its checks; absent while they have not been planned.
///   - remark: why planning started nothing at all.
///   - landed: whether the tip is the merge that was checked, or descends from it.
public func next(
    for change: Change, tip: ObjectID?, checks: [CheckResult]?, remark: String? = nil, landed: Bool = false
)
    -> GateStep
{
    guard let tip else { return .reject(reason: "there is no branch '\(change.target)' to merge into") }
    switch change.state {
    case .proposed:
        guard let head = change.head else { return .wait }
        return .merge(head: head, tip: tip)
    case .checking(let base, let merge, _):
        if landed { return .confirm(merge: merge) }
        guard let checks else { return .wait }
        if let failed = checks.first(where: { $0.outcome.map { $0 != .passed } ?? false }) {
            return .reject(
                reason: "check '\(failed.pipeline)' \(failed.outcome?.rawValue ?? "") in run \(failed.run)"
                    + (failed.detail.isEmpty ? "" : ": \(failed.detail)"))
        }
        if checks.isEmpty {
            return .reject(
                reason: remark
                    ?? "no pipeline checks changes to \(change.target): add `on: { change: { target: \(change.target) } }` to one"
            )
        }
        guard checks.allSatisfy({ $0.outcome == .passed }) else { return .wait }
        if tip == base { return .land(base: base, merge: merge) }
        return change.head.map { .merge(head: $0, tip: tip) } ?? .wait
    case .conflicted, .rejected, .merged, .withdrawn:
        return .wait
    }
}
