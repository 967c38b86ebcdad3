import Foundation
import Plans
import Projects
import Runs
import Testing

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

    @Test func aGroupLetsOneRunInAtATime() throws {
        let plan = try samplePlan([("a", []), ("b", ["a"])], group: "prod")
        let first = RunProgress(plan, facts: ended("a", .passed))
        let chosen = choose(from: [1: first, 2: RunProgress(plan)], busy: [:], slots: 9)
        #expect(chosen.map(\.run) == [1])
        #expect(choose(from: [2: RunProgress(plan), 3: RunProgress(plan)], busy: [:], slots: 9).map(\.run) == [2])
        // A younger run that already holds the group keeps it, even when an older one is still waiting.
        #expect(choose(from: [1: RunProgress(plan), 2: first], busy: [:], slots: 9).map(\.run) == [2])
    }

    @Test(
        arguments: [
            (Concurrency.Supersede.none, false, nil), (.none, true, nil), (.queued, false, false), (.queued, true, nil),
            (.running, false, false), (.running, true, true),
        ] as [(Concurrency.Supersede, Bool, Bool?)])
    func aNewerRunReplacesWhatItsPipelineAllows(policy: Concurrency.Supersede, started: Bool, expected: Bool?) throws {
        let plan = try samplePlan([("a", []), ("b", ["a"])], supersede: policy)
        let old = RunProgress(plan, facts: started ? ended("a", .passed) : [])
        #expect(superseded(by: 2, plan, among: [1: old])[1] == expected)
        #expect(superseded(by: 1, plan, among: [2: old]).isEmpty, "never a younger one")
        let other = try samplePlan([("a", [])], branch: "other", supersede: policy)
        #expect(superseded(by: 2, other, among: [1: old]).isEmpty, "never another branch")
    }

    @Test func aChangesNewerMergeReplacesItsChecksAndAFireIsNeverReplaced() throws {
        let check = try samplePlan([("a", [])], trigger: .change(number: 1, base: commit))
        #expect(superseded(by: 2, check, among: [1: RunProgress(check, facts: [ended("a", .passed)[0]])]) == [1: true])
        let fire = try samplePlan(
            [("a", [])], supersede: .running, trigger: .fire(id: 1, schedule: "p", logicalTime: now))
        #expect(superseded(by: 2, fire, among: [1: RunProgress(fire)]).isEmpty)
    }
}
