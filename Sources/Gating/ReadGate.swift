import Changes
import Events
import Foundation
import Git
import Home
import Plans
import Projects
import Reading
import Runs
import Store

/// Reads what a gate bases its decisions on: refs and commits from the repository, the state of checks from the store.
/// What cannot change any more is read only once.
package struct GateReading {
    let store: any StoreReading
    let home: Home
    /// Per target, the last tip whose contained changes are known.
    private var tips: [GateTarget: ObjectID] = [:]
    /// A head → the commits that it adds.
    private var brought: [ObjectID: Set<ObjectID>] = [:]
    /// The rules, with the tree of `environments/` that they were read from.
    private var rules: [GateTarget: (tree: ObjectID?, rules: GateRules)] = [:]
    /// Ended checks, by event.
    private var ended: [Int64: Checks] = [:]
    /// The ended checks that say something about the tree: neither cancelled nor lost.
    private var conclusive: Set<Int64> = []
    /// Tested trees, with the event that tested each.
    private var tested: [TestedTree: Int64] = [:]

    private struct TestedTree: Hashable {
        let project: Int64
        let tree: ObjectID
        let isFork: Bool
    }

    package init(store: any StoreReading, home: Home) {
        self.store = store
        self.home = home
    }

    package mutating func view(
        of target: GateTarget, _ project: StoredProject, _ changes: [Change], window: Int?, slots: Int,
        landed: [Landing]
    ) async throws -> GateView {
        let git = try facts(of: target, project, changes)
        let events = changes.reduce(into: Set<Int64>()) { events, change in
            if let event = change.state.build?.event { events.insert(event) }
            if let event = change.checks { events.insert(event) }
        }
        try await readChecks(of: events.filter { ended[$0] == nil }, target.branch)
        var checks = ended.filter { events.contains($0.key) }
        for (event, state) in waiting where events.contains(event) { checks[event] = state }
        return GateView(
            target: target.branch, tip: git.tip, rules: git.rules, window: window, slots: slots, changes: changes,
            checks: checks,
            contained: git.contained, needs: git.needs, landed: landed)
    }

    /// Records that a tree is being tested.
    mutating func remember(_ tree: ObjectID, of request: CheckRequest, event: Int64, _ target: GateTarget) {
        tested[TestedTree(project: target.project, tree: tree, isFork: request.isFork ?? false)] = event
    }

    /// The event that already tested this exact tree with all the checks of these changes.
    package func event(thatTested tree: ObjectID, _ changes: [Change], _ target: GateTarget) -> Int64? {
        let isFork = changes.contains(where: \.isFork)
        let key = TestedTree(project: target.project, tree: tree, isFork: isFork)
        guard let event = tested[key], let checks = ended[event], conclusive.contains(event) else { return nil }
        for change in changes {
            guard let own = change.checks.flatMap({ ended[$0]?.pipelines }), own.isSubset(of: checks.pipelines) else {
                return nil
            }
        }
        return event
    }

    /// Records that everything in the view was acted on.
    package mutating func seen(_ view: GateView, _ target: GateTarget) {
        tips[target] = view.tip
        if brought.count > 5_000 { brought = [:] }
        if ended.count > 5_000 { (ended, conclusive, tested) = ([:], [], [:]) }
    }

    private struct GitFacts {
        var tip: ObjectID?
        var rules: GateRules
        var contained: Set<Int64>
        var needs: [Int64: Set<Int64>]
    }

    private mutating func facts(of target: GateTarget, _ project: StoredProject, _ changes: [Change]) throws
        -> GitFacts
    {
        let repository = try Repository(at: project.repository)
        let tip = try repository.tip(of: target.ref)
        let rules = readRules(of: target, project, repository)
        guard let tip else { return GitFacts(tip: nil, rules: rules, contained: [], needs: [:]) }
        return GitFacts(
            tip: tip, rules: rules, contained: try contained(changes, in: tip, target, repository),
            needs: try needs(of: changes.filter { !$0.state.isSettled }, tip, repository))
    }

    /// The rules of the trusted commit. While it cannot be read, the last known rules stay in force.
    private mutating func readRules(of target: GateTarget, _ project: StoredProject, _ repository: Repository)
        -> GateRules
    {
        let reader = ProjectReader(repository: repository, home: home, fallbackName: project.name)
        let tree = try? reader.defaultTip().flatMap { try repository.object(at: "environments", of: $0) }
        if let tree, let known = rules[target], known.tree == tree { return known.rules }
        guard let read = try? reader.trustedProject() else { return rules[target]?.rules ?? GateRules() }
        let found = read.environment(ofBranch: target.branch)?.gate ?? GateRules()
        rules[target] = (tree, found)
        return found
    }

    /// Changes that the target now contains: by their head, whoever put it there, or by their merge.
    private func contained(_ changes: [Change], in tip: ObjectID, _ target: GateTarget, _ repository: Repository)
        throws
        -> Set<Int64>
    {
        guard tips[target] != tip else { return [] }
        let known = tips[target].flatMap { repository.has($0) ? $0 : nil }
        let new = try known.map { old in Set(try repository.commits(leadingTo: tip, notTo: old, limit: 10_000)) }
        func holds(_ commit: ObjectID) throws -> Bool {
            if let new { return new.contains(commit) }
            return try repository.has(commit) && repository.holds(commit, in: tip)
        }
        return try changes.reduce(into: []) { contained, change in
            switch change.state {
            case .merging(let build): if try holds(build.merge) { contained.insert(change.number) }
            // A newly proposed head is merged first, because the merge reports better that it adds nothing. The same
            // holds for a change that was rejected for adding nothing.
            case .rejected where change.checks == nil, .proposed, .merged, .withdrawn: break
            case .checking, .ready, .queued, .conflicted, .rejected:
                if let head = change.head, try holds(head) { contained.insert(change.number) }
            }
        }
    }

    private mutating func needs(of changes: [Change], _ tip: ObjectID, _ repository: Repository) throws -> [Int64: Set<
        Int64
    >] {
        guard changes.count > 1 else { return [:] }
        let heads = changes.reduce(into: [ObjectID: [Int64]]()) { heads, change in
            if let head = change.head { heads[head, default: []].append(change.number) }
        }
        var needs: [Int64: Set<Int64>] = [:]
        for change in changes {
            guard let head = change.head else { continue }
            if brought[head] == nil {
                let commits = try? repository.commits(leadingTo: head, notTo: tip, limit: 200)
                brought[head] = Set(commits ?? []).subtracting([head])
            }
            let others = brought[head, default: []].compactMap { heads[$0] }.joined().filter { $0 != change.number }
            if !others.isEmpty { needs[change.number] = Set(others) }
        }
        return needs
    }

    /// Checks that had not ended at the last read, by event.
    private var waiting: [Int64: Checks] = [:]

    private mutating func readChecks(of events: Set<Int64>, _ target: String) async throws {
        waiting = [:]
        guard !events.isEmpty else { return }
        for (event, found) in try await store.runs(ofEvents: events) {
            let checks = Checks(try await standing(of: found, target), pipelines: Set(found.runs.map(\.pipeline)))
            guard checks.standing != .waiting else {
                waiting[event] = checks
                continue
            }
            ended[event] = checks
            let says = found.runs.allSatisfy { $0.outcome == .passed || $0.outcome == .failed || $0.outcome == nil }
            if says { conclusive.insert(event) }
        }
    }

    private func standing(of found: EventRuns, _ target: String) async throws -> Checks.Standing {
        guard let planning = found.planning else { return .waiting }
        if let failed = found.runs.first(where: { $0.outcome.map { $0 != .passed } ?? false }) {
            let detail = try await store.run(failed.id).failure
            return .failed(
                reason: "check '\(failed.pipeline)' \(failed.outcome?.rawValue ?? "") in run \(failed.id)"
                    + (detail.isEmpty ? "" : ": \(detail)"))
        }
        guard found.runs.isEmpty else {
            return found.runs.allSatisfy { $0.outcome == .passed } ? .passed : .waiting
        }
        // Checks without matching paths count as passed: they are skipped, with their reason.
        if planning.skipped.values.contains(where: \.isForPaths) { return .passed }
        return .failed(
            reason: planning.remark
                ?? "no pipeline checks changes to \(target): add `on: { change: { target: \(target) } }` to one")
    }
}
