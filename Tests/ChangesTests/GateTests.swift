import Changes
import Events
import Runs
import Testing

@Suite struct GateTests {
    let head = ObjectID(String(repeating: "1", count: 40))!
    let base = ObjectID(String(repeating: "2", count: 40))!
    let merge = ObjectID(String(repeating: "3", count: 40))!
    let moved = ObjectID(String(repeating: "4", count: 40))!

    var everyFact: [ChangeFact] {
        [
            .proposed(head: head, author: "a", title: "t"), .checking(base: base, merge: merge, event: 5),
            .conflicted(files: ["f"]),
            .rejected(reason: "r"), .merged(merge), .withdrawn,
        ]
    }

    func change(_ facts: ChangeFact...) -> Change {
        Change(
            number: 7, project: 1, key: "topic", target: "main",
            facts: [.proposed(head: head, author: "a", title: "t")] + facts)
    }

    func check(_ outcome: RunOutcome?) -> CheckResult {
        CheckResult(run: 9, pipeline: "checks", outcome: outcome, detail: outcome == .failed ? "unit: exit code 1" : "")
    }

    @Test func nothingReopensAMergedOrWithdrawnChange() {
        for last in [ChangeFact.merged(merge), .withdrawn] {
            for fact in everyFact {
                var after = change(last)
                after.apply(fact)
                #expect(after == change(last))
            }
        }
    }

    @Test func pushingAgainStartsOverFromEveryOpenState() {
        for fact in everyFact where !change(fact).state.isClosed {
            var after = change(fact)
            after.apply(.proposed(head: moved, author: "a", title: "t2"))
            #expect(after.state == .proposed && after.head == moved && after.title == "t2")
        }
    }

    @Test func aProposedChangeIsMergedInMemoryWithTheTip() {
        #expect(next(for: change(), tip: base, checks: nil) == .merge(head: head, tip: base))
        #expect(
            next(for: change(), tip: nil, checks: nil) == .reject(reason: "there is no branch 'main' to merge into"))
    }

    @Test(arguments: RunOutcome.allCases)
    func onlyPassedChecksLand(outcome: RunOutcome) {
        let checking = change(.checking(base: base, merge: merge, event: 5))
        let step = next(for: checking, tip: base, checks: [check(.passed), check(outcome)])
        if outcome == .passed {
            #expect(step == .land(base: base, merge: merge))
        } else {
            guard case .reject(let reason) = step else { return #expect(Bool(false), "\(outcome) led to \(step)") }
            #expect(reason.hasPrefix("check 'checks' \(outcome.rawValue) in run 9"))
        }
    }

    @Test func checksThatRunOrAreNotPlannedYetAreWaitedFor() {
        let checking = change(.checking(base: base, merge: merge, event: 5))
        #expect(next(for: checking, tip: base, checks: nil) == .wait)
        #expect(next(for: checking, tip: base, checks: [check(.passed), check(nil)]) == .wait)
    }

    @Test func aChangeThatNothingChecksIsNotLetThrough() {
        let checking = change(.checking(base: base, merge: merge, event: 5))
        guard case .reject(let reason) = next(for: checking, tip: base, checks: []) else { return #expect(Bool(false)) }
        #expect(reason.contains("no pipeline checks changes to main"))
        #expect(next(for: checking, tip: base, checks: [], remark: "broken YAML") == .reject(reason: "broken YAML"))
    }

    @Test func aTargetThatMovedIsMergedWithAgain() {
        let checking = change(.checking(base: base, merge: merge, event: 5))
        #expect(next(for: checking, tip: moved, checks: [check(.passed)]) == .merge(head: head, tip: moved))
    }

    /// A crash between moving the target and noting it must not look like a target that moved.
    @Test func aMergeThatLandedIsConfirmed() {
        let checking = change(.checking(base: base, merge: merge, event: 5))
        #expect(next(for: checking, tip: merge, checks: [check(.passed)], landed: true) == .confirm(merge: merge))
        #expect(next(for: checking, tip: moved, checks: nil, landed: true) == .confirm(merge: merge))
    }

    @Test func settledChangesAreLeftAlone() {
        for fact in everyFact where change(fact).state.isSettled {
            #expect(next(for: change(fact), tip: base, checks: [check(.passed)]) == .wait)
        }
    }
}
