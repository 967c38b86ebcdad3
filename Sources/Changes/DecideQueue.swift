import Events
import Projects

/// Decides the next steps for the queue of a target.
///
/// Each change is merged with every change ahead of it that is expected to land, and these merges are tested at the
/// same time. If one fails, those behind it are tested without it at once. The failed change leaves the queue only
/// when nothing is ahead of it, because until then a change ahead may be the cause.
func advanceQueue(_ view: GateView, tip: ObjectID) -> [GateStep] {
    let queue = view.changes.filter(\.isInQueue).sorted { ($0.rank ?? 0, $0.number) < ($1.rank ?? 0, $1.number) }
    let merging = queue.filter { if case .merging = $0.state { true } else { false } }
    if !merging.isEmpty { return land(merging, from: tip) }
    var free = view.window
    var steps: [GateStep] = []
    for lane in lanes(of: queue, view) {
        var walk = LaneWalk(view: view, tip: tip, items: lane, free: free)
        steps += walk.steps()
        free = walk.free
        // A landing moves the target for all lanes, so they are decided again afterwards.
        if case .land = steps.last { break }
    }
    return steps
}

private func land(_ changes: [Change], from tip: ObjectID) -> [GateStep] {
    guard let last = changes.last?.state.build else { return [] }
    return [.land(changes.map(\.number), from: tip, to: last.merge)]
}

/// The queue as lanes that cannot break each other's checks, each in order. No pipeline checks changes of two lanes,
/// and no change contains one of another lane. A change that overlaps several lanes waits until they merge. It does not
/// hold them up.
func lanes(of queue: [Change], _ view: GateView) -> [[Change]] {
    var lanes: [Lane] = []
    /// Waiting changes, as one more lane in which nothing is built.
    var waiting = Lane()
    for change in queue {
        let pipelines = view.pipelines(of: change)
        let needs = view.needs[change.number] ?? []
        let joined = lanes.indices.filter { lanes[$0].touches(pipelines, needs) }
        if joined.count > 1 || waiting.touches(pipelines, needs) {
            waiting.add(change, pipelines)
        } else if let index = joined.first {
            lanes[index].add(change, pipelines)
        } else {
            var lane = Lane()
            lane.add(change, pipelines)
            lanes.append(lane)
        }
    }
    return lanes.map(\.changes)
}

private struct Lane {
    private(set) var changes: [Change] = []
    private var pipelines: Set<String> = []
    /// Whether the lane has a change whose checks are unknown.
    private var isUnknown = false

    func touches(_ others: Set<String>?, _ needs: Set<Int64>) -> Bool {
        guard !changes.isEmpty else { return false }
        guard let others, !isUnknown else { return true }
        return !pipelines.isDisjoint(with: others) || changes.contains { needs.contains($0.number) }
    }

    mutating func add(_ change: Change, _ pipelines: Set<String>?) {
        changes.append(change)
        self.pipelines.formUnion(pipelines ?? [])
        if pipelines == nil { isUnknown = true }
    }
}

/// Walks one lane from its head, with the commit that each change should be merged with.
private struct LaneWalk {
    let view: GateView
    let tip: ObjectID
    let items: [Change]
    /// Builds that may still be started.
    var free: Int

    mutating func steps() -> [GateStep] {
        let (root, landed) = start()
        // A change that shares a check with what has landed since waits until those ahead are merged with the tip.
        let end = items.firstIndex { isChecked($0, byOneOf: landed) } ?? items.count
        var expected = root
        var index = 0
        while index < end {
            let item = items[index]
            if free == 0 { return stopBeyondWindow(from: index, expected) }
            if case .queued(.blocked(let base, let files)) = item.state, base == expected {
                if expected == tip { return [.note(change: item.number, conflictFact(item, files))] }
                index += 1
                continue
            }
            guard case .queued(.building(let build)) = item.state, build.base == expected else {
                return [.build(onto: expected, groups: groups(of: items[index..<end]))]
            }
            let group = batch(from: index)
            // Some changes of the batch have left, so what was tested is not what would land.
            guard group.last?.state.build?.merge == build.tested else {
                return [.build(onto: expected, groups: groups(of: items[index..<end]))]
            }
            switch view.standing(build) {
            case .failed(let reason):
                // One of the batch is bad. Its first half is tested alone; the second follows when a build is free.
                if group.count > 1 {
                    return [.build(onto: expected, groups: [group.prefix((group.count + 1) / 2).map(\.number)])]
                }
                if expected == tip { return [.eject(change: item.number, reason: reason)] }
                // It leads this lane, but other lanes have moved the target: build again on the new tip.
                if expected == root { return [.build(onto: tip, groups: groups(of: items[index...]))] }
            case .passed where expected == tip: return land(passed(from: index), from: tip)
            case .passed where expected == root: return [.build(onto: tip, groups: groups(of: items[index...]))]
            case .passed, .waiting: expected = group.last?.state.build?.merge ?? expected
            }
            index += group.count
            free -= 1
        }
        return stopBeyondWindow(from: end, expected)
    }

    /// The changes from `start` on whose builds have all passed, each on top of the one before. They land together.
    private func passed(from start: Int) -> [Change] {
        var passed = batch(from: start)
        while passed.count + start < items.count {
            let next = batch(from: start + passed.count)
            guard let build = next[0].state.build, build.base == passed.last?.state.build?.merge,
                next.last?.state.build?.merge == build.tested, view.standing(build) == .passed
            else { break }
            passed += next
        }
        return passed
    }

    /// Stops tests beyond the window, because what they test will not land.
    private func stopBeyondWindow(from start: Int, _ expected: ObjectID) -> [GateStep] {
        var expected = expected
        return items[start...].compactMap { item in
            guard case .queued(.building(let build)) = item.state else { return nil }
            if build.base == expected {
                expected = build.merge
                return nil
            }
            return view.standing(build) == .waiting ? .note(change: item.number, .waiting) : nil
        }
    }

    /// The changes from `start` on that form a batch, each merged with the one before.
    private func batch(from start: Int) -> [Change] {
        var batch = [items[start]]
        for item in items[(start + 1)...] {
            guard let build = item.state.build, let last = batch.last?.state.build, build.event == last.event,
                build.base == last.merge
            else { break }
            batch.append(item)
        }
        return batch
    }

    /// Where the lane starts: the tip, or an earlier commit if nothing that landed since shares a check with its head.
    /// Running tests then continue, and the change is merged with the tip before it lands.
    ///
    /// - Returns: the commit, and the pipelines that checked what has landed since.
    private func start() -> (root: ObjectID, landed: Set<String>) {
        guard let head = items.first, let base = head.state.build?.base, base != tip else { return (tip, []) }
        var commit = tip
        var pipelines: Set<String> = []
        for landing in view.landed.reversed() {
            guard landing.to == commit, !isChecked(head, byOneOf: landing.pipelines) else { break }
            commit = landing.from
            pipelines.formUnion(landing.pipelines)
            if commit == base { return (base, pipelines) }
        }
        return (tip, [])
    }

    private func isChecked(_ item: Change, byOneOf pipelines: Set<String>) -> Bool {
        !pipelines.isDisjoint(with: view.pipelines(of: item) ?? pipelines)
    }

    /// The fact about a change that conflicts with the target itself.
    private func conflictFact(_ item: Change, _ files: [String]) -> ChangeFact {
        files.isEmpty ? .merged(item.head ?? tip) : .conflicted(files: files)
    }

    /// Splits changes into batches: of one change each, as long as the window has a build for each.
    private func groups(of changes: ArraySlice<Change>) -> [[Int64]] {
        let numbers = changes.map(\.number)
        let builds = max(1, min(free, view.slots))
        let needed = (numbers.count + builds - 1) / builds
        let size = min(view.rules.batch, max(1, needed))
        return stride(from: 0, to: numbers.count, by: size).prefix(free)
            .map { Array(numbers[$0..<min($0 + size, numbers.count)]) }
    }
}
