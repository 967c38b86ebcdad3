import Events
import Foundation
import Plans
import Projects
import Runs
import Testing

private func choose(
    from runs: [Int64: RunProgress], busy: [Int64: Set<String>], held: Set<Int64> = [], slots: Int
) -> [ReadyStep] {
    Runs.choose(from: runs, busy: busy, held: held, slots: slots) { $0 }
}

private func superseded(by new: Int64, _ plan: Plan, among runs: [Int64: RunProgress]) -> Set<Int64> {
    Runs.superseded(by: new, plan, among: runs) { $0 }
}

@Suite struct ChooseTests {
    let now = Date(timeIntervalSince1970: 1)

    func ended(_ step: String, _ outcome: Outcome) -> [Recorded] {
        [
            Recorded(step: step, fact: .started(attempt: 1, incumbent: nil), at: now),
            Recorded(step: step, fact: .ended(outcome), at: now),
        ]
    }

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

    @Test(
        arguments: [
            (Concurrency.Supersede.none, false, false), (.none, true, false), (.queued, false, true),
            (.queued, true, false), (.running, false, true), (.running, true, true),
        ] as [(Concurrency.Supersede, Bool, Bool)])
    func aNewerRunReplacesWhatItsPipelineAllows(policy: Concurrency.Supersede, started: Bool, expected: Bool) throws {
        let plan = try samplePlan([("a", []), ("b", ["a"])], supersede: policy)
        let old = RunProgress(plan, facts: started ? ended("a", .passed) : [])
        #expect(superseded(by: 2, plan, among: [1: old]).contains(1) == expected)
        #expect(superseded(by: 1, plan, among: [2: old]).isEmpty, "never a younger one")
        let other = try samplePlan([("a", [])], branch: "other", supersede: policy)
        #expect(superseded(by: 2, other, among: [1: old]).isEmpty, "never another branch")
        var retried = RunProgress(plan, facts: ended("a", .failed(exitCode: 1)) + ended("b", .skipped(reason: "x")))
        for step in ["a", "b"] { retried.apply(Recorded(step: step, fact: .retried, at: now)) }
        #expect(superseded(by: 2, plan, among: [1: retried]).isEmpty, "never what a person has asked for again")
    }

    @Test func aFireReplacesAnOlderOneOnlyWhereItsScheduleSaysSoAndNeverABackfill() throws {
        func fire(_ policy: Concurrency.Supersede, backfill: Backfilling? = nil) throws -> Plan {
            try samplePlan(
                [("a", [])], supersede: policy,
                trigger: .fire(id: 1, schedule: "p", logicalTime: now, backfill: backfill))
        }
        let backfill = try fire(.running, backfill: Backfilling(number: 1, version: nil))
        let started = RunProgress(try fire(.none), facts: [ended("a", .passed)[0]])
        #expect(superseded(by: 2, try fire(.running), among: [1: started]) == [1])
        #expect(superseded(by: 2, try fire(.none), among: [1: started]).isEmpty)
        #expect(superseded(by: 2, try fire(.running), among: [1: RunProgress(backfill)]).isEmpty)
        #expect(superseded(by: 2, backfill, among: [1: started]).isEmpty)
        let push = try samplePlan([("a", [])], supersede: .running)
        #expect(superseded(by: 2, push, among: [1: started]).isEmpty, "code and moments are different causes")
    }

    @Test func aChangesNewerMergeReplacesItsChecks() throws {
        let check = try samplePlan([("a", [])], trigger: .change(number: 1, base: commit))
        #expect(superseded(by: 2, check, among: [1: RunProgress(check, facts: [ended("a", .passed)[0]])]) == [1])
    }
}
