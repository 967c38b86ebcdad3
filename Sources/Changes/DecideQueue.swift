import Events
import Projects

/// Decide what the queue of a target does now.
///
/// Each change is merged with all that are ahead of it and expected to land, and these merges are tested at the same time.
/// One that fails is passed over by those behind it at once, but leaves only when nothing is ahead: until then, what is
/// ahead may be the reason.
func advanceQueue(_ view: GateView, tip: ObjectID) -> [GateStep] {
    let queue = view.changes.filter(\.isInQueue).sorted { ($0.rank ?? 0, $0.number) < ($1.rank ?? 0, $1.number) }
    if let merging = queue.first(where: { if case .merging = $0.state { true } else { false } }) {
        return land(queue.filter { $0.state.build?.event == merging.state.build?.event }, from: tip)
    }
    var free = view.window
    var steps: [GateStep] = []
    for lane in lanes(of: queue, view) {
        var walk = LaneWalk(view: view, tip: tip, items: lane, free: free)
        steps += walk.steps()
        free = walk.free
        // A landing moves the target from under all lanes: they are decided anew after it.
        if case .land = steps.last { break }
    }
    return steps
}

private func land(_ changes: [Change], from tip: ObjectID) -> [GateStep] {
    guard let last = changes.last?.state.build else { return [] }
    return [.land(changes.map(\.number), from: tip, to: last.merge)]
}

/// The queue in parts that cannot break each other's checks, each in order: no pipeline checks changes of two of them, and
/// no change contains one of another part.
func lanes(of queue: [Change], _ view: GateView) -> [[Change]] {
    var lanes: [(pipelines: Set<String>?, changes: [Change])] = []
    for change in queue {
        let pipelines = change.checks.flatMap { view.checks[$0]?.pipelines }
        let needs = view.needs[change.number] ?? []
        let joined = lanes.indices.filter { index in
            guard let pipelines, let others = lanes[index].pipelines else { return true }
            return !pipelines.isDisjoint(with: others) || lanes[index].changes.contains { needs.contains($0.number) }
        }
        var lane = (pipelines: pipelines, changes: [Change]())
        for index in joined {
            lane.changes += lanes[index].changes
            lane.pipelines = lane.pipelines.flatMap { mine in lanes[index].pipelines.map(mine.union) }
        }
        lane.changes.sort { ($0.rank ?? 0, $0.number) < ($1.rank ?? 0, $1.number) }
        lane.changes.append(change)
        for index in joined.reversed() { lanes.remove(at: index) }
        lanes.append(lane)
    }
    return lanes.map(\.changes).sorted { ($0[0].rank ?? 0, $0[0].number) < ($1[0].rank ?? 0, $1[0].number) }
}

/// Goes through one lane from its head, with the commit that each change should be merged with.
private struct LaneWalk {
    let view: GateView
    let tip: ObjectID
    let items: [Change]
    /// Builds that may still be tested.
    var free: Int

    mutating func steps() -> [GateStep] {
        let root = self.root
        var expected = root
        var index = 0
        while index < items.count, free > 0 {
            let item = items[index]
            if case .queued(.blocked(let base, let files)) = item.state, base == expected {
                if expected == tip { return [.note(change: item.number, settled(item, files))] }
                index += 1
                continue
            }
            guard case .queued(.building(let build)) = item.state, build.base == expected else {
                return [.build(onto: expected, groups: groups(from: index))]
            }
            let group = batch(from: index)
            // Some of those that were tested together have left: what was tested is not what would land.
            guard group.last?.state.build?.merge == build.tested else {
                return [.build(onto: expected, groups: groups(from: index))]
            }
            switch view.standing(build) {
            case .failed(let reason):
                if group.count > 1 { return [.build(onto: expected, groups: halves(group))] }
                if expected == tip { return [.eject(change: item.number, reason: reason)] }
                // Nothing of this lane is ahead, but other lanes have moved the target: once more, on what is there now.
                if expected == root { return [.build(onto: tip, groups: groups(from: index))] }
            case .passed where expected == tip: return land(group, from: tip)
            case .passed where expected == root: return [.build(onto: tip, groups: groups(from: index))]
            case .passed, .waiting: expected = group.last?.state.build?.merge ?? expected
            }
            index += group.count
            free -= 1
        }
        return []
    }

    /// The changes from there on that are tested together, each merged with the one before.
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

    /// Where the lane starts: the tip, or an earlier one if nothing that landed since shares a check with this lane. What
    /// is being tested then goes on, and is merged with the tip before it lands.
    private var root: ObjectID {
        guard let base = items.first?.state.build?.base, base != tip else { return tip }
        let pipelines = items.reduce(into: Set<String>()) { all, item in
            all.formUnion(item.checks.flatMap { view.checks[$0]?.pipelines } ?? [])
        }
        var commit = tip
        for landing in view.landed.reversed() {
            guard landing.to == commit, landing.pipelines.isDisjoint(with: pipelines) else { return tip }
            commit = landing.from
            if commit == base { return base }
        }
        return tip
    }

    /// What becomes of a change that cannot be merged with the target itself.
    private func settled(_ item: Change, _ files: [String]) -> ChangeFact {
        files.isEmpty ? .merged(item.head ?? tip) : .conflicted(files: files)
    }

    /// The changes from there on, in groups that are tested together: of one, as long as the window has a build for each.
    private func groups(from start: Int) -> [[Int64]] {
        let numbers = items[start...].map(\.number)
        let needed = (numbers.count + free - 1) / free
        let size = min(view.rules.batch, max(1, needed))
        return stride(from: 0, to: numbers.count, by: size).prefix(free)
            .map { Array(numbers[$0..<min($0 + size, numbers.count)]) }
    }

    /// One of a batch is bad: each half is tested by itself.
    private func halves(_ group: [Change]) -> [[Int64]] {
        let numbers = group.map(\.number)
        let middle = (numbers.count + 1) / 2
        return [Array(numbers[..<middle]), Array(numbers[middle...])]
    }
}
