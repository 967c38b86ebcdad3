import Changes
import Events
import Projects

/// A repository that only knows which changes a commit contains, and a gate that carries out the decisions on it.
struct SimulatedGate {
    /// Changes that fail every check.
    var bad: Set<Int64> = []
    /// Pairs that pass alone and fail together.
    var enemies: [Set<Int64>] = []
    /// Pairs that touch the same lines.
    var conflicts: [Set<Int64>] = []
    /// What checks a change; one pipeline for all unless said otherwise.
    var pipelines: [Int64: Set<String>] = [:]
    var rules = GateRules()
    var needs: [Int64: Set<Int64>] = [:]

    private(set) var changes: [Int64: Change] = [:]
    private(set) var window: Int
    private(set) var tip: ObjectID
    /// What landed, in order.
    private(set) var landed: [[Int64]] = []
    private(set) var ejected: [Int64] = []
    private(set) var builds = 0
    /// Events whose checks run.
    private(set) var running: [Int64: [Int64]] = [:]
    private(set) var problems: [String] = []

    private var contents: [ObjectID: [Int64]] = [:]
    private var events: [Int64: Checks] = [:]
    private var landings: [Landing] = []
    private var rank: Int64 = 0
    private var names = 0

    init(rules: GateRules = GateRules()) {
        self.rules = rules
        window = rules.window
        tip = ObjectID(String(repeating: "0", count: 39) + "1")!
        contents[tip] = []
    }

    mutating func propose(_ number: Int64) {
        var change = changes[number] ?? Change(number: number, project: 1, key: "t\(number)", target: "main")
        rank += 1
        change.apply(.proposed(head: newName([]), author: "a <a@b>", title: "t"), rank: rank)
        changes[number] = change
    }

    mutating func note(_ number: Int64, _ fact: ChangeFact) {
        rank += 1
        changes[number]?.apply(fact, rank: rank)
    }

    /// Somebody pushes to the target.
    mutating func moveTarget() { tip = newName(contents[tip] ?? []) }

    mutating func end(_ event: Int64) {
        guard let content = running.removeValue(forKey: event) else { return }
        let checked = events[event]?.pipelines ?? []
        events[event] = Checks(passes(content) ? .passed : .failed(reason: "it is bad"), pipelines: checked)
    }

    func passes(_ content: [Int64]) -> Bool {
        bad.isDisjoint(with: content) && !enemies.contains { $0.isSubset(of: content) }
    }

    /// Decide and act until there is nothing to do.
    mutating func settle() {
        for _ in 0..<1_000 {
            let steps = decide(view)
            if steps.isEmpty { return }
            steps.forEach { act($0) }
        }
        problems.append("it never comes to rest")
    }

    var view: GateView {
        GateView(
            target: "main", tip: tip, rules: rules, window: window,
            changes: changes.values.filter { !$0.state.isClosed }.sorted { $0.number < $1.number }, checks: events,
            needs: needs, landed: landings)
    }

    private mutating func act(_ step: GateStep) {
        switch step {
        case .note(let number, let fact): note(number, fact)
        case .check(let numbers):
            for number in numbers {
                guard let merge = merge(number, onto: tip) else {
                    note(number, .conflicted(files: ["f"]))
                    continue
                }
                note(number, .checking(base: tip, merge: merge, event: ask(merge, for: [number])))
            }
        case .build(let base, let groups): build(groups, onto: base)
        case .land(let numbers, let from, let to):
            if from != tip { problems.append("\(numbers) land from where the target is not") }
            if !passes(contents[to] ?? []) { problems.append("\(numbers) land, and are bad") }
            for number in numbers { note(number, .merging(changes[number]?.state.build?.merge ?? to)) }
            let checked = numbers.reduce(into: Set<String>()) { $0.formUnion(pipelines[$1] ?? ["checks"]) }
            landings.append(Landing(from: from, to: to, pipelines: checked))
            tip = to
            window += Set(numbers.compactMap { changes[$0]?.state.build?.event }).count
            for number in numbers { note(number, .merged(to)) }
            landed.append(numbers)
        case .eject(let number, let reason):
            if passes((contents[tip] ?? []) + [number]) { problems.append("\(number) is good and was ejected") }
            note(number, .rejected(reason: reason))
            ejected.append(number)
            window = max(rules.floor, window / 2)
        }
    }

    private mutating func build(_ groups: [[Int64]], onto base: ObjectID) {
        var expected = base
        for group in groups {
            var members: [(number: Int64, base: ObjectID, merge: ObjectID)] = []
            for number in group {
                if let merge = merge(number, onto: expected) {
                    members.append((number, expected, merge))
                    expected = merge
                } else {
                    close(members)
                    members = []
                    note(number, .blocked(base: expected, files: ["f"]))
                }
            }
            close(members)
        }
    }

    private mutating func close(_ members: [(number: Int64, base: ObjectID, merge: ObjectID)]) {
        guard let last = members.last else { return }
        let event = ask(last.merge, for: members.map(\.number))
        for member in members {
            note(member.number, .building(base: member.base, merge: member.merge, event: event, tested: last.merge))
        }
    }

    private mutating func merge(_ number: Int64, onto base: ObjectID) -> ObjectID? {
        let content = contents[base] ?? []
        guard !conflicts.contains(where: { $0.contains(number) && !$0.isDisjoint(with: content) }) else { return nil }
        return newName(content + [number])
    }

    private mutating func ask(_ merge: ObjectID, for numbers: [Int64]) -> Int64 {
        let event = Int64(events.count + 1)
        let checked = numbers.reduce(into: Set<String>()) { $0.formUnion(pipelines[$1] ?? ["checks"]) }
        events[event] = Checks(.waiting, pipelines: checked)
        running[event] = contents[merge]
        builds += 1
        return event
    }

    private mutating func newName(_ content: [Int64]) -> ObjectID {
        names += 1
        let digits = String(names, radix: 16)
        let name = ObjectID(String(repeating: "a", count: 40 - digits.count) + digits)!
        contents[name] = content
        return name
    }
}
