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
///   - held: runs of which nothing is to start now.
///   - slots: how many steps may run at once.
///   - progress: how a run stands.
/// - Returns: the steps, in the order they should start. A run whose concurrency group is taken waits as a whole.
public func choose<Entry>(
    from runs: [Int64: Entry], busy: [Int64: Set<String>], held: Set<Int64> = [], slots: Int,
    progress: (Entry) -> RunProgress
) -> [ReadyStep] {
    var free = slots - busy.values.reduce(0) { $0 + $1.count }
    guard free > 0 else { return [] }
    // Of many thousand runs few are chosen: each is looked at once, and kept as what it is compared by.
    var share = Share()
    var candidates: [Candidate] = []
    var holders: [[String]: Holder] = [:]
    for (id, entry) in runs {
        let known = progress(entry)
        let plan = known.plan
        let branch = Branch(project: plan.project, name: plan.branch)
        if let names = busy[id] { share.take(branch, names.count) }
        let candidate = Candidate(
            id: id, priority: plan.effectivePriority, branch: branch, group: plan.groupKey)
        candidates.append(candidate)
        guard let group = candidate.group else { continue }
        let isBegun = known.hasStarted || known.isLive || !(busy[id] ?? []).isEmpty
        let mine = Holder(isBegun: isBegun, priority: candidate.priority, id: id)
        if holders[group].map(mine.isBefore) ?? true { holders[group] = mine }
    }
    var open = candidates.filter { one in !held.contains(one.id) && one.group.map { holders[$0]?.id == one.id } ?? true
    }
    var ready: [Int64: [PlannedStep]] = [:]
    var chosen: [ReadyStep] = []
    while free > 0, let next = share.next(among: open) {
        let candidate = open[next]
        let steps =
            ready[candidate.id]
            ?? (runs[candidate.id].map { progress($0).next().ready } ?? []).filter {
                !(busy[candidate.id]?.contains($0.name) ?? false)
            }
        guard let step = steps.first else {
            open.swapAt(next, open.endIndex - 1)
            open.removeLast()
            continue
        }
        ready[candidate.id] = Array(steps.dropFirst())
        chosen.append(ReadyStep(run: candidate.id, step: step))
        share.take(candidate.branch, 1)
        free -= 1
    }
    return chosen
}

private struct Branch: Hashable {
    let project: String
    let name: String
}

/// What a run is compared with others by.
private struct Candidate {
    let id: Int64
    let priority: Int
    let branch: Branch
    /// Of the runs that have it in common one may work.
    let group: [String]?
}

/// The run of a concurrency group that may work: one that has begun, else the first in line.
private struct Holder {
    let isBegun: Bool
    let priority: Int
    let id: Int64

    func isBefore(_ other: Holder) -> Bool {
        isBegun == other.isBegun ? (-priority, id) < (-other.priority, other.id) : isBegun
    }
}

/// What each project and branch has at work.
private struct Share {
    private var projects: [String: Int] = [:]
    private var branches: [Branch: Int] = [:]

    mutating func take(_ branch: Branch, _ steps: Int) {
        projects[branch.project, default: 0] += steps
        branches[branch, default: 0] += steps
    }

    /// Place of the run whose turn it is.
    func next(among runs: [Candidate]) -> Int? {
        var best: (place: Int, turn: (Int, Int, Int, Int64))?
        for (place, run) in runs.enumerated() {
            let turn = (-run.priority, projects[run.branch.project] ?? 0, branches[run.branch] ?? 0, run.id)
            if best.map({ turn < $0.turn }) ?? true { best = (place, turn) }
        }
        return best?.place
    }
}

/// The older runs that a new one replaces: of the same pipeline, branch and succession. A run that a person retried is not
/// replaced, however old it is.
public func superseded<Entry>(
    by new: Int64, _ plan: Plan, among runs: [Int64: Entry], progress: (Entry) -> RunProgress
) -> Set<Int64> {
    let succession = plan.trigger.body.succession
    var replaced: Set<Int64> = []
    for (id, entry) in runs where id < new {
        let old = progress(entry)
        let other = old.plan
        guard other.project == plan.project, other.pipeline == plan.pipeline, succession.replaces,
            succession == other.trigger.body.succession, succession.spansBranches || other.branch == plan.branch,
            !old.isRetried
        else { continue }
        switch plan.concurrency.supersede {
        case .none: if plan.isCheck { replaced.insert(id) }
        case .queued: if plan.isCheck || !old.hasStarted { replaced.insert(id) }
        case .running: replaced.insert(id)
        }
    }
    return replaced
}

extension Plan {
    /// What the runs that must not overlap have in common.
    fileprivate var groupKey: [String]? { concurrency.group.map { [project, $0] } }

    /// Checks of a change are of no use once it has a newer merge.
    public var isCheck: Bool { trigger.body.isCheck }
}
