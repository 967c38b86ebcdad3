import Plans
import Projects

/// A step of a run that may start.
public struct ReadyStep: Sendable, Hashable {
    public let run: Int64
    public let step: PlannedStep
}

/// Decide which steps start now.
///
/// The highest priority first; within one, the project with the least at work, then its branch with the least at work,
/// then the oldest run: nobody's stream of pushes keeps another from the machine.
///
/// - Parameters:
///   - runs: unended runs, by id.
///   - busy: steps that have been handed out and have not ended: run → names.
///   - slots: how many steps may run at once.
/// - Returns: the steps, in the order they should start. A run whose concurrency group is taken waits as a whole.
public func choose(from runs: [Int64: RunProgress], busy: [Int64: Set<String>], slots: Int) -> [ReadyStep] {
    var free = slots - busy.values.reduce(0) { $0 + $1.count }
    guard free > 0 else { return [] }
    var share = Share()
    for (id, names) in busy { if let plan = runs[id]?.plan { share.take(plan, names.count) } }
    var candidates = holdingTheirGroup(runs, busy: busy)
    var ready: [Int64: [PlannedStep]] = [:]
    var chosen: [ReadyStep] = []
    while free > 0, let index = share.next(among: candidates) {
        let (id, progress) = candidates[index]
        let steps = ready[id] ?? progress.next().ready.filter { !(busy[id]?.contains($0.name) ?? false) }
        guard let step = steps.first else {
            candidates.remove(at: index)
            continue
        }
        ready[id] = Array(steps.dropFirst())
        chosen.append(ReadyStep(run: id, step: step))
        share.take(progress.plan, 1)
        free -= 1
    }
    return chosen
}

/// What each project and branch has at work.
private struct Share {
    private var projects: [String: Int] = [:]
    private var branches: [[String]: Int] = [:]

    mutating func take(_ plan: Plan, _ steps: Int) {
        projects[plan.project, default: 0] += steps
        branches[[plan.project, plan.branch], default: 0] += steps
    }

    /// Place of the run whose turn it is.
    func next(among runs: [(id: Int64, progress: RunProgress)]) -> Int? {
        runs.indices.min { turn(runs[$0]) < turn(runs[$1]) }
    }

    private func turn(_ run: (id: Int64, progress: RunProgress)) -> (Int, Int, Int, Int64) {
        let plan = run.progress.plan
        return (
            -plan.effectivePriority, projects[plan.project] ?? 0, branches[[plan.project, plan.branch]] ?? 0, run.id
        )
    }
}

/// The runs that may work, by id: of each concurrency group the one that has begun, else the first in line.
private func holdingTheirGroup(_ runs: [Int64: RunProgress], busy: [Int64: Set<String>])
    -> [(id: Int64, progress: RunProgress)]
{
    var holders: [[String]: (begun: Bool, priority: Int, id: Int64)] = [:]
    for (id, progress) in runs {
        guard let key = progress.plan.groupKey else { continue }
        let mine = (
            begun: progress.hasStarted || progress.isLive || !(busy[id] ?? []).isEmpty,
            priority: progress.plan.effectivePriority, id: id
        )
        guard let other = holders[key] else {
            holders[key] = mine
            continue
        }
        let isBefore =
            mine.begun == other.begun ? (-mine.priority, mine.id) < (-other.priority, other.id) : mine.begun
        if isBefore { holders[key] = mine }
    }
    return runs.filter { id, progress in progress.plan.groupKey.map { holders[$0]?.id == id } ?? true }
        .sorted { $0.key < $1.key }.map { (id: $0.key, progress: $0.value) }
}

/// The older runs that a new one replaces: of the same pipeline, branch and cause. A moment of a backfill replaces nothing.
public func superseded(by new: Int64, _ plan: Plan, among runs: [Int64: RunProgress]) -> Set<Int64> {
    var replaced: Set<Int64> = []
    for (id, progress) in runs where id < new {
        let other = progress.plan
        guard other.project == plan.project, other.pipeline == plan.pipeline, plan.cause == other.cause,
            // Moments of one schedule may come from several releases.
            plan.cause == .fire || other.branch == plan.branch, plan.cause != .backfill
        else { continue }
        switch plan.concurrency.supersede {
        case .none: if plan.isCheck { replaced.insert(id) }
        case .queued: if plan.isCheck || !progress.hasStarted { replaced.insert(id) }
        case .running: replaced.insert(id)
        }
    }
    return replaced
}

extension Plan {
    /// What the runs that must not overlap have in common.
    fileprivate var groupKey: [String]? { concurrency.group.map { [project, $0] } }

    fileprivate enum Cause { case fire, backfill, drift, code }

    fileprivate var cause: Cause {
        switch trigger {
        case .fire(_, _, _, let backfill): backfill == nil ? .fire : .backfill
        case .drift: .drift
        case .push, .change, .local, .rollback: .code
        }
    }

    /// Checks of a change are of no use once it has a newer merge.
    public var isCheck: Bool {
        if case .change = trigger { true } else { false }
    }
}
