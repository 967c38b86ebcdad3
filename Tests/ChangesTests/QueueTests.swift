import Changes
import Events
import Fixtures
import Projects
import Testing

@Suite struct QueueTests {
    /// End all running checks, round by round, until none runs.
    func finish(_ gate: inout SimulatedGate) {
        gate.settle()
        while !gate.running.isEmpty {
            for event in gate.running.keys.sorted() { gate.end(event) }
            gate.settle()
        }
    }

    /// Make these changes pass their own checks, so that they are in the queue.
    func queued(_ numbers: ClosedRange<Int64>, _ gate: inout SimulatedGate) {
        for number in numbers { gate.propose(number) }
        gate.settle()
        let bad = gate.bad
        gate.bad = []
        for event in gate.running.keys.sorted() where gate.changes.values.contains(where: { $0.checks == event }) {
            gate.end(event)
        }
        gate.bad = bad
        gate.settle()
    }

    @Test func aLoneChangeIsTestedOnce() {
        var gate = SimulatedGate()
        gate.propose(1)
        finish(&gate)
        #expect(gate.landed == [[1]] && gate.builds == 1)
    }

    @Test func queuedChangesAreTestedTogetherAndAtTheSameTime() {
        var gate = SimulatedGate()
        queued(1...3, &gate)
        // The first was tested on this very target already.
        #expect(gate.landed == [[1]])
        #expect(gate.running.values.sorted { $0.count < $1.count } == [[1, 2], [1, 2, 3]])
        finish(&gate)
        #expect(gate.landed == [[1], [2, 3]] && gate.builds == 5)
    }

    @Test func aFailingChangeLeavesAndThoseBehindAreTestedWithoutIt() {
        var gate = SimulatedGate()
        gate.bad = [2]
        queued(1...4, &gate)
        finish(&gate)
        #expect(gate.landed.flatMap { $0 } == [1, 3, 4] && gate.ejected == [2] && gate.problems == [])
    }

    @Test func aFailureBehindAnotherIsPassedOverAtOnceAndHasToWaitForItsVerdict() throws {
        var gate = SimulatedGate()
        gate.bad = [3]
        gate.rules.window = 20
        gate.enemies = [[2, 4]]
        queued(1...5, &gate)
        let failing = try #require(gate.running.first { $0.value == [1, 2, 3] })
        gate.end(failing.key)
        gate.settle()
        #expect(gate.ejected == [] && gate.changes[3]?.state.word == "queued")
        #expect(gate.running.values.contains([1, 2, 4]), "4 is tested without 3 while nobody knows about 2")
        finish(&gate)
        #expect(gate.ejected == [3, 4] && gate.landed.flatMap { $0 } == [1, 2, 5] && gate.problems == [])
    }

    @Test func aConflictWithAChangeAheadWaitsForIts() {
        for first in [false, true] {
            var gate = SimulatedGate()
            gate.conflicts = [[2, 3]]
            if first { gate.bad = [2] }
            queued(1...4, &gate)
            finish(&gate)
            #expect(gate.changes[3]?.state.word == (first ? "merged" : "conflicted"))
            #expect(gate.changes[4]?.state.word == "merged" && gate.problems == [])
        }
    }

    @Test func theWindowGrowsWithWhatLandsAndHalvesWithWhatFails() {
        var gate = SimulatedGate()
        gate.rules.window = 4
        gate.rules.floor = 3
        var small = SimulatedGate(rules: gate.rules)
        small.bad = [2, 3, 4, 5]
        queued(1...12, &small)
        #expect(small.running.count <= 5)
        finish(&small)
        #expect(small.window >= 3 && small.ejected == [2, 3, 4, 5] && small.problems == [])
        var good = SimulatedGate(rules: gate.rules)
        queued(1...12, &good)
        finish(&good)
        #expect(good.window == 16)
    }

    @Test func aBatchIsTestedAsOneAndBisectedWhenItFails() {
        var rules = GateRules()
        (rules.window, rules.floor, rules.batch) = (1, 1, 8)
        var gate = SimulatedGate(rules: rules)
        queued(1...9, &gate)
        let before = gate.builds
        finish(&gate)
        // One has landed, so that there are two builds for the eight.
        #expect(gate.landed == [[1], [2, 3, 4, 5, 6, 7, 8, 9]] && gate.builds == before)

        gate = SimulatedGate(rules: rules)
        gate.bad = [6]
        queued(1...9, &gate)
        finish(&gate)
        #expect(gate.ejected == [6] && gate.landed.flatMap { $0 } == [1, 2, 3, 4, 5, 7, 8, 9] && gate.problems == [])
    }

    @Test func changesWithoutACheckInCommonDoNotWaitForEachOther() throws {
        var gate = SimulatedGate()
        gate.pipelines = [1: ["a"], 2: ["b"], 3: ["a"]]
        queued(1...3, &gate)
        // 1 has landed: its checks ran on this target. 2 goes on from where it was, merged with 1 only to land.
        #expect(gate.landed == [[1], [2]] || gate.running.values.contains([1, 2]))
        finish(&gate)
        #expect(gate.landed.flatMap { $0 }.sorted() == [1, 2, 3] && gate.problems == [])
    }

    @Test func aSlowLaneIsNotStartedOverWhenAnotherLands() throws {
        var gate = SimulatedGate()
        gate.pipelines = [1: ["slow"], 2: ["slow"], 3: ["fast"], 4: ["fast"]]
        gate.rules.approvals = 0
        queued(1...4, &gate)
        let slow = try #require(gate.running.first { $0.value.contains(2) })
        for (event, content) in gate.running where !content.contains(2) { gate.end(event) }
        gate.settle()
        #expect(gate.running[slow.key] != nil)
        #expect(gate.changes[2]?.state.build?.event == slow.key, "what runs goes on")
        finish(&gate)
        #expect(gate.landed.flatMap { $0 }.sorted() == [1, 2, 3, 4] && gate.problems == [])
    }

    @Test func aChangeThatContainsAnotherWaitsUntilThatIsQueued() {
        var gate = SimulatedGate()
        gate.needs = [1: [2]]
        gate.propose(1)
        gate.propose(2)
        gate.settle()
        for event in gate.running.keys.sorted().prefix(1) { gate.end(event) }
        gate.settle()
        #expect(gate.changes[1]?.state.word == "ready")
        #expect(gate.changes[1]?.waitsFor(gate.view) == "it contains change 2, which is checking")
        finish(&gate)
        #expect(gate.landed.flatMap { $0 } == [2, 1])
    }

    /// Whatever happens, in any order: good changes land, bad ones do not, and all of them end.
    @Test(arguments: 0..<300)
    func everythingComesToItsRightEnd(seed: Int) {
        var random = SplitMix(state: UInt64(seed))
        var rules = GateRules()
        rules.window = Int.random(in: 1...6, using: &random)
        rules.floor = Int.random(in: 1...rules.window, using: &random)
        rules.batch = Int.random(in: 1...4, using: &random)
        var gate = SimulatedGate(rules: rules)
        let count = Int64.random(in: 3...16, using: &random)
        for number in 1...count {
            if Int.random(in: 0..<6, using: &random) == 0 { gate.bad.insert(number) }
            if Int.random(in: 0..<4, using: &random) == 0 {
                gate.pipelines[number] = [["a"], ["b"], ["a", "b"], []].randomElement(using: &random)!
            }
            let other = Int64.random(in: 1...count, using: &random)
            if other != number, Int.random(in: 0..<8, using: &random) == 0 { gate.enemies.append([number, other]) }
            if other != number, Int.random(in: 0..<8, using: &random) == 0 { gate.conflicts.append([number, other]) }
        }
        // Two changes that only fail together must share a check for that to be noticed.
        gate.enemies.removeAll { pair in
            let checks = pair.map { gate.pipelines[$0] ?? ["checks"] }
            return checks[0].isDisjoint(with: checks[1])
        }
        var unproposed = Array(1...count)
        for _ in 0..<4_000 {
            switch Int.random(in: 0..<20, using: &random) {
            case 0..<5 where !unproposed.isEmpty: gate.propose(unproposed.removeFirst())
            case 5: gate.moveTarget()
            case 6 where Int.random(in: 0..<8, using: &random) == 0:
                gate.note(Int64.random(in: 1...count, using: &random), .withdrawn)
            case 7 where Int.random(in: 0..<8, using: &random) == 0:
                if let again = gate.changes.values.filter({ $0.state == .queued(.waiting) }).first {
                    gate.propose(again.number)
                }
            default: if let event = gate.running.keys.sorted().randomElement(using: &random) { gate.end(event) }
            }
            gate.settle()
            if unproposed.isEmpty, gate.changes.values.allSatisfy(\.state.isSettled) { break }
        }
        #expect(gate.problems == [])
        let unsettled = gate.changes.values.filter { !$0.state.isSettled }
        #expect(unsettled == [])
        #expect(gate.bad.isDisjoint(with: Set(gate.landed.joined())))
    }
}
