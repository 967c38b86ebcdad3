import Events
import Foundation
import Plans
import Projects
@testable import Runs
import Testing

private func choose(
    from runs: [Int64: RunProgress], busy: [Int64: Set<String>], held: Set<Int64> = [], slots: Int
) -> [ReadyStep] {
    Runs.choose(from: runs, busy: busy, held: held, slots: slots) { $0 }
}

@Suite struct ChooseTests {
    let now = Date(timeIntervalSince1970: 1)

    @Test func aStepStartsWhenAllItNeedsHasPassed() throws {
        let plan = try samplePlan([("a", []), ("b", []), ("c", ["a", "b"])])
        #expect(RunProgress(plan).next().ready.map(\.name) == ["a", "b"])
        let half = RunProgress(plan, facts: ended("a", .passed))
        #expect(half.next().ready.map(\.name) == ["b"])
        #expect(
            RunProgress(plan, facts: ended("a", .passed) + ended("b", .reused(run: 1))).next().ready.map(\.name) == [
                "c"
            ])
    }

    @Test func whatNeedsAFailedStepIsSkippedAllTheWayDown() throws {
        let plan = try samplePlan([("a", []), ("b", ["a"]), ("c", ["b"])])
        let skipped = RunProgress(plan, facts: ended("a", .failed(exitCode: 1))).next().skipped
        #expect(skipped == ["b": .skipped(reason: "'a' did not pass"), "c": .skipped(reason: "'b' did not pass")])
    }

    @Test func onlyLossIsTriedAgainAndOnlyAsOftenAsAllowed() throws {
        let plan = try samplePlan([("a", []), ("b", ["a"])], retries: 1)
        for outcome in everyOutcome {
            let once = RunProgress(plan, facts: ended("a", outcome))
            var isLoss = false
            if case .lost = outcome { isLoss = true }
            #expect(once.next().ready.contains { $0.name == "a" } == isLoss, "\(outcome)")
            if isLoss { #expect(once.next().skipped.isEmpty && once.outcome == nil) }
        }
        let twice =
            ended("a", .lost(reason: "x")) + [
                Recorded(step: "a", fact: .started(attempt: 2, incumbent: nil), at: now),
                Recorded(step: "a", fact: .ended(.lost(reason: "y")), at: now),
            ]
        #expect(RunProgress(plan, facts: twice).next().ready.isEmpty)
    }

    @Test func slotsAreFilledOldestRunFirst() throws {
        let runs =
            [1: RunProgress(try samplePlan([("a", []), ("b", [])])), 2: RunProgress(try samplePlan([("a", [])]))]
            as [Int64: RunProgress]
        func names(_ busy: [Int64: Set<String>], _ slots: Int) -> [String] {
            choose(from: runs, busy: busy, slots: slots).map { "\($0.run)\($0.step.name)" }
        }
        #expect(names([:], 2) == ["1a", "1b"])
        #expect(names([1: ["a"]], 2) == ["1b"])
        #expect(names([1: ["a"]], 3) == ["1b", "2a"])
        #expect(names([1: ["a", "b"]], 2) == [])
    }

    /// Plans of these projects, branches and priorities, with numbers from 1; two free steps each.
    func runs(_ plans: [(project: String, branch: String, priority: Int)]) throws -> [Int64: RunProgress] {
        var runs: [Int64: RunProgress] = [:]
        for (index, plan) in plans.enumerated() {
            runs[Int64(index + 1)] = RunProgress(
                try samplePlan(
                    [("a", []), ("b", [])], branch: plan.branch, project: plan.project, priority: plan.priority))
        }
        return runs
    }

    @Test func productionGoesFirst() throws {
        let runs = try runs([("p", "feature/x", 0), ("p", "main", 10), ("p", "release/1", 20)])
        #expect(choose(from: runs, busy: [:], slots: 6).map(\.run) == [3, 3, 2, 2, 1, 1])
    }

    @Test func projectsAndBranchesShareTheMachineFairly() throws {
        let projects = try runs([("p", "x", 0), ("p", "y", 0), ("q", "z", 0)])
        #expect(choose(from: projects, busy: [:], slots: 4).map(\.run) == [1, 3, 2, 3])
        let branches = try runs([("p", "x", 0), ("p", "x", 0), ("p", "y", 0)])
        #expect(choose(from: branches, busy: [:], slots: 3).map(\.run) == [1, 3, 1])
        #expect(choose(from: branches, busy: [1: ["a"]], slots: 2).map(\.run) == [3], "what is at work counts")
    }

    @Test func aRetriedRunDoesNotHoldItsGroupAgainstOneThatIsAtWork() throws {
        let plan = try samplePlan([("a", []), ("b", ["a"])], group: "prod")
        var retried = RunProgress(plan, facts: ended("a", .passed) + ended("b", .failed(exitCode: 1)))
        for step in ["a", "b"] { retried.apply(Recorded(step: step, fact: .retried, at: now)) }
        let working = RunProgress(plan, facts: ended("a", .passed))
        #expect(choose(from: [1: retried, 2: working], busy: [:], slots: 9).map(\.run) == [2])
        #expect(choose(from: [1: retried], busy: [:], slots: 9).map(\.step.name) == ["b"])
    }

    @Test func aGroupLetsOneRunInAtATime() throws {
        let plan = try samplePlan([("a", []), ("b", ["a"])], group: "prod")
        let first = RunProgress(plan, facts: ended("a", .passed))
        let chosen = choose(from: [1: first, 2: RunProgress(plan)], busy: [:], slots: 9)
        #expect(chosen.map(\.run) == [1])
        #expect(choose(from: [2: RunProgress(plan), 3: RunProgress(plan)], busy: [:], slots: 9).map(\.run) == [2])
        #expect(
            choose(from: [1: first, 2: RunProgress(plan)], busy: [:], held: [1], slots: 9).isEmpty,
            "nor while it is held")
        // A younger run that already holds the group keeps it, even when an older one is still waiting.
        #expect(choose(from: [1: RunProgress(plan), 2: first], busy: [:], slots: 9).map(\.run) == [2])
    }

    /// Random runs of few projects, branches and groups, with steps at work and runs held, seeded.
    @Test(arguments: 0..<200) func theOrderIsThatOfLookingAtAllForEachStep(seed: UInt64) throws {
        var random = Random(seed: seed)
        var runs: [Int64: RunProgress] = [:]
        var busy: [Int64: Set<String>] = [:]
        var held: Set<Int64> = []
        for id in Int64(1)...Int64.random(in: 1...40, using: &random) {
            let plan = try samplePlan(
                [("a", []), ("b", []), ("c", ["a"]), ("d", ["b"])],
                branch: "b\(Int.random(in: 0..<4, using: &random))",
                group: Int.random(in: 0..<4, using: &random) == 0 ? "g\(Int.random(in: 0..<2, using: &random))" : nil,
                project: "p\(Int.random(in: 0..<3, using: &random))", priority: Int.random(in: 0..<3, using: &random))
            let facts = ["a", "b", "c", "d"].prefix(Int.random(in: 0...4, using: &random))
                .flatMap { ended($0, Bool.random(using: &random) ? .passed : .failed(exitCode: 1)) }
            runs[id] = RunProgress(plan, facts: facts)
            let atWork = ["a", "b"].filter { _ in Int.random(in: 0..<5, using: &random) == 0 }
            if !atWork.isEmpty { busy[id] = Set(atWork) }
            if Int.random(in: 0..<8, using: &random) == 0 { held.insert(id) }
        }
        for slots in [1, 5, 20, 200] {
            let chosen = choose(from: runs, busy: busy, held: held, slots: slots)
            #expect(chosen == chooseByScanning(from: runs, busy: busy, held: held, slots: slots), "\(slots) slots")
        }
    }

    /// Scanning all runs for each dropped one would take minutes here.
    @Test(.timeLimit(.minutes(10))) func manyRunsWithNothingReadyAreLookedThroughQuickly() throws {
        let plan = try samplePlan([("a", [])])
        let waiting = RunProgress(plan, facts: [Recorded(step: "a", fact: .waiting(reason: "x"), at: now)])
        var runs = Dictionary(uniqueKeysWithValues: (Int64(1)...30_000).map { ($0, waiting) })
        runs[30_001] = RunProgress(plan)
        #expect(choose(from: runs, busy: [:], slots: 2).map(\.run) == [30_001])
    }
}

/// The rule of `choose` as its documentation says it: look at all runs again for each step.
private func chooseByScanning(
    from runs: [Int64: RunProgress], busy: [Int64: Set<String>], held: Set<Int64>, slots: Int
) -> [ReadyStep] {
    var (busy, chosen) = (busy, [ReadyStep]())
    func atWork(_ belongs: (Plan) -> Bool) -> Int {
        runs.filter { belongs($0.value.plan) }.reduce(0) { $0 + (busy[$1.key]?.count ?? 0) }
    }
    /// Whether the run holds its concurrency group; decided before anything is chosen.
    let holders = runs.filter { id, run in
        guard let group = run.plan.concurrency.group else { return true }
        func turn(_ id: Int64, _ run: RunProgress) -> (Int, Int, Int64) {
            let isBegun = run.hasStarted || run.isLive || !(busy[id] ?? []).isEmpty
            return isBegun ? (0, -run.plan.effectivePriority, id) : (1, -run.plan.effectivePriority, id)
        }
        return !runs.contains { other in
            other.value.plan.concurrency.group == group && other.value.plan.project == run.plan.project
                && turn(other.key, other.value) < turn(id, run)
        }
    }
    while busy.values.reduce(0, { $0 + $1.count }) < slots {
        let candidates = holders.compactMap { id, run -> (turn: (Int, Int, Int, Int64), step: ReadyStep)? in
            let ready = run.next().ready.filter { !(busy[id]?.contains($0.name) ?? false) }
            guard !held.contains(id), let step = ready.first else { return nil }
            let plan = run.plan
            let turn = (
                -plan.effectivePriority, atWork { $0.project == plan.project },
                atWork { $0.project == plan.project && $0.branch == plan.branch }, id
            )
            return (turn, ReadyStep(run: id, step: step))
        }
        guard let next = candidates.min(by: { $0.turn < $1.turn })?.step else { break }
        chosen.append(next)
        busy[next.run, default: []].insert(next.step.name)
    }
    return chosen
}
