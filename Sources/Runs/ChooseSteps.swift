import Plans
import Projects

/// A step of a run that may start.
public struct ReadyStep: Sendable, Hashable {
    public let run: Int64
    public let step: PlannedStep
}

/// Decides which steps start now.
///
/// The highest priority goes first. Within a priority, the project with the fewest running steps goes first, then its
/// branch with the fewest, then the oldest run. So many pushes to one branch do not keep others waiting. Takes O(n log
/// n) for n runs.
///
/// - Parameters:
///   - runs: runs that have not ended, by id.
///   - busy: steps that were handed out and have not ended: run → names.
///   - held: runs whose steps may not start now.
///   - slots: how many steps may run at once.
///   - progress: the progress of an entry of `runs`.
///   - isWanted: whether a step may be chosen now.
/// - Returns: the steps in the order in which to start them. While a run holds a concurrency group, no step of another
///   run of the group starts.
public func choose<Entry>(
    from runs: [Int64: Entry], busy: [Int64: Set<String>], held: Set<Int64> = [], slots: Int,
    progress: (Entry) -> RunProgress, where isWanted: (PlannedStep) -> Bool = { _ in true }
) -> [ReadyStep] {
    var free = slots - busy.values.reduce(0) { $0 + $1.count }
    guard free > 0 else { return [] }
    var share = Share()
    var holders: [[String]: Holder] = [:]
    var candidates: [Candidate] = []
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
    let open = candidates.filter { one in
        !held.contains(one.id) && one.group.map { holders[$0]?.id == one.id } ?? true
    }
    func ready(_ id: Int64) -> [PlannedStep] {
        (runs[id].map { progress($0).next().ready } ?? []).filter {
            !(busy[id]?.contains($0.name) ?? false) && isWanted($0)
        }
    }
    var chosen: [ReadyStep] = []
    for (_, equals) in Dictionary(grouping: open, by: \.priority).sorted(by: { $0.key > $1.key }) {
        var turns = Turns(equals, share)
        while free > 0, let branch = turns.first {
            guard let step = turns.take(ready) else { continue }
            chosen.append(step)
            share.take(branch, 1)
            free -= 1
        }
        if free == 0 { break }
    }
    return chosen
}

private struct Branch: Hashable {
    let project: String
    let name: String
}

/// What decides when a run gets its turn.
private struct Candidate {
    let id: Int64
    let priority: Int
    let branch: Branch
    /// Concurrency group: only one of its runs is active at a time.
    let group: [String]?
}

/// The run that holds a concurrency group: one that has begun, else the one with the highest priority, else the oldest.
private struct Holder {
    let isBegun: Bool
    let priority: Int
    let id: Int64

    func isBefore(_ other: Holder) -> Bool {
        isBegun == other.isBegun ? (-priority, id) < (-other.priority, other.id) : isBegun
    }
}

/// How many steps of each project and branch are running.
private struct Share {
    private(set) var projects: [String: Int] = [:]
    private(set) var branches: [Branch: Int] = [:]

    mutating func take(_ branch: Branch, _ steps: Int) {
        projects[branch.project, default: 0] += steps
        branches[branch, default: 0] += steps
    }
}

/// The order of turns among runs of one priority: the project with the fewest running steps, within it the branch with
/// the fewest, within that the oldest run.
///
/// A turn changes one project and one branch, so it takes O(log n), even if the run has nothing ready.
private struct Turns {
    private var projects: Heap<ProjectTurn>

    init(_ runs: [Candidate], _ share: Share) {
        let branches = Dictionary(grouping: runs, by: \.branch).map { branch, runs in
            BranchTurn(branch: branch, atWork: share.branches[branch] ?? 0, runs: runs.map(\.id).sorted(by: >))
        }
        projects = Heap(
            Dictionary(grouping: branches, by: \.branch.project).map { project, branches in
                ProjectTurn(atWork: share.projects[project] ?? 0, branches: Heap(branches))
            })
    }

    /// The branch that has the next turn; `nil` when no run is left.
    var first: Branch? { projects.first?.branches.first?.branch }

    /// The next step of the branch that has the next turn. `nil` if its oldest run has no step left; that run is then
    /// dropped.
    ///
    /// - Parameter ready: the steps of a run that may start. Called once per run.
    mutating func take(_ ready: (Int64) -> [PlannedStep]) -> ReadyStep? {
        var step: ReadyStep?
        projects.updateFirst { project in
            project.branches.updateFirst { branch in
                step = branch.take(ready)
                return !branch.runs.isEmpty
            }
            if step != nil { project.atWork += 1 }
            return project.branches.first != nil
        }
        return step
    }
}

private struct ProjectTurn: Comparable {
    var atWork: Int
    /// Never empty.
    var branches: Heap<BranchTurn>

    private var key: (Int, Int, Int64) {
        let first = branches.first?.key ?? (0, 0)
        return (atWork, first.0, first.1)
    }

    static func < (one: Self, other: Self) -> Bool { one.key < other.key }
    static func == (one: Self, other: Self) -> Bool { one.key == other.key }
}

private struct BranchTurn: Comparable {
    let branch: Branch
    var atWork: Int
    /// Run ids, the oldest last. Never empty.
    var runs: [Int64]
    /// Steps of the oldest run that may start, in reverse order; `nil` until `ready` was called.
    private var steps: [PlannedStep]?

    init(branch: Branch, atWork: Int, runs: [Int64]) {
        self.branch = branch
        self.atWork = atWork
        self.runs = runs
    }

    var key: (Int, Int64) { (atWork, runs.last ?? 0) }

    mutating func take(_ ready: (Int64) -> [PlannedStep]) -> ReadyStep? {
        guard let run = runs.last else { return nil }
        var left = steps ?? ready(run).reversed()
        guard let step = left.popLast() else {
            runs.removeLast()
            steps = nil
            return nil
        }
        steps = left
        atWork += 1
        return ReadyStep(run: run, step: step)
    }

    static func < (one: Self, other: Self) -> Bool { one.key < other.key }
    static func == (one: Self, other: Self) -> Bool { one.key == other.key }
}

/// A binary heap, smallest element first.
private struct Heap<Element: Comparable> {
    private var elements: [Element]

    init(_ elements: [Element]) { self.elements = elements.sorted() }

    var first: Element? { elements.first }

    /// Updates the smallest element, which must not become smaller.
    ///
    /// - Parameter change: returns `false` to remove the element.
    mutating func updateFirst(_ change: (inout Element) -> Bool) {
        guard !elements.isEmpty else { return }
        if !change(&elements[0]) {
            elements.swapAt(0, elements.count - 1)
            elements.removeLast()
        }
        var parent = 0
        while true {
            let children = (2 * parent + 1..<2 * parent + 3).prefix { $0 < elements.count }
            guard let child = children.min(by: { elements[$0] < elements[$1] }), elements[child] < elements[parent]
            else { return }
            elements.swapAt(child, parent)
            parent = child
        }
    }
}

extension Plan {
    /// Identifies the concurrency group. Runs with equal keys must not overlap.
    fileprivate var groupKey: [String]? { concurrency.group.map { [project, $0] } }
}
