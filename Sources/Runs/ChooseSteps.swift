import Plans
import Projects

/// A step of a run that may start.
public struct ReadyStep: Sendable, Hashable {
    public let run: Int64
    public let step: PlannedStep
}

/// Decide which steps start now.
///
/// - Parameters:
///   - runs: unended runs, by id.
///   - busy: steps that have been handed out and have not ended: run → names.
///   - slots: how many steps may run at once.
/// - Returns: the steps, oldest run first. A run whose concurrency group is taken by an older run waits as a whole.
public func choose(from runs: [Int64: RunProgress], busy: [Int64: Set<String>], slots: Int) -> [ReadyStep] {
    var free = slots - busy.values.reduce(0) { $0 + $1.count }
    var taken: Set<String> = []
    var chosen: [ReadyStep] = []
    let started = runs.filter { $0.value.hasStarted || !(busy[$0.key] ?? []).isEmpty }
    for (id, progress) in runs.sorted(by: { $0.key < $1.key }) {
        if let group = progress.plan.concurrency.group {
            let key = "\(progress.plan.project)/\(group)"
            let heldElsewhere = started.contains {
                $0.key != id && $0.value.plan.concurrency.group == group
                    && $0.value.plan.project == progress.plan.project
            }
            if taken.contains(key) || (heldElsewhere && started[id] == nil) { continue }
            taken.insert(key)
        }
        for step in progress.next().ready where free > 0 && !(busy[id]?.contains(step.name) ?? false) {
            chosen.append(ReadyStep(run: id, step: step))
            free -= 1
        }
    }
    return chosen
}

/// The older runs that a new one replaces.
///
/// - Returns: run → whether it has started and must be stopped (`true`), or only waits (`false`).
public func superseded(by new: Int64, _ plan: Plan, among runs: [Int64: RunProgress]) -> [Int64: Bool] {
    var replaced: [Int64: Bool] = [:]
    for (id, progress) in runs where id < new {
        let other = progress.plan
        guard other.project == plan.project, other.pipeline == plan.pipeline, other.branch == plan.branch,
            !plan.isFire, !other.isFire
        else { continue }
        switch (plan.concurrency.supersede, progress.hasStarted) {
        case (.none, _): if plan.isCheck { replaced[id] = progress.hasStarted }
        case (.queued, let started): if !started || plan.isCheck { replaced[id] = started }
        case (.running, let started): replaced[id] = started
        }
    }
    return replaced
}

extension Plan {
    fileprivate var isFire: Bool {
        if case .fire = trigger { true } else { false }
    }

    /// Checks of a change are of no use once it has a newer merge.
    fileprivate var isCheck: Bool {
        if case .change = trigger { true } else { false }
    }
}
