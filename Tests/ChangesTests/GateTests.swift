import Changes
import Events
import Projects
import Testing

@Suite struct GateTests {
    let head = ObjectID(String(repeating: "1", count: 40))!
    let base = ObjectID(String(repeating: "2", count: 40))!
    let merge = ObjectID(String(repeating: "3", count: 40))!
    let moved = ObjectID(String(repeating: "4", count: 40))!

    var everyFact: [ChangeFact] {
        [
            .proposed(head: head, author: "a", title: "t"), .approved(by: "b"),
            .checking(base: base, merge: merge, event: 5), .ready, .queued,
            .building(base: base, merge: merge, event: 6), .waiting, .blocked(base: base, files: ["f"]),
            .merging(merge),
            .conflicted(files: ["f"]), .rejected(reason: "r"), .merged(merge), .withdrawn,
        ]
    }

    /// The facts that lead to each state.
    var ways: [[ChangeFact]] {
        let checking = ChangeFact.checking(base: base, merge: merge, event: 5)
        return [
            [], [checking], [checking, .ready], [checking, .ready, .queued],
            [checking, .ready, .queued, .blocked(base: base, files: ["f"])],
            [checking, .ready, .queued, .merging(merge)], [.conflicted(files: ["f"])], [.rejected(reason: "r")],
            [.merged(merge)], [.withdrawn],
        ]
    }

    func change(_ facts: [ChangeFact], origin: ChangeOrigin? = nil) -> Change {
        Change(
            number: 7, project: 1, key: "topic", target: "main",
            facts: [.proposed(head: head, author: "Ann <ann@example.org>", title: "t", origin: origin)] + facts)
    }

    func steps(
        _ change: Change, tip: ObjectID? = nil, _ standing: Checks.Standing? = nil, rules: GateRules = GateRules(),
        contained: Set<Int64> = []
    ) -> [GateStep] {
        decide(
            GateView(
                target: "main", tip: tip ?? base, rules: rules, changes: [change],
                checks: standing.map { [5: Checks($0), 6: Checks($0)] } ?? [:], contained: contained))
    }

    @Test func nothingReopensAMergedOrWithdrawnChange() {
        for last in [ChangeFact.merged(merge), .withdrawn] {
            for fact in everyFact {
                var after = change([last])
                after.apply(fact)
                #expect(after == change([last]))
            }
        }
    }

    @Test func everyFactLeadsFromEveryStateToOneThatMayFollow() {
        for way in ways {
            for fact in everyFact {
                var after = change(way)
                let before = after.state
                after.apply(fact, rank: 3)
                switch fact {
                case _ where before.isClosed: #expect(after.state == before)
                case .proposed: #expect(after.state == .proposed && after.approvedBy.isEmpty && after.rank == nil)
                case .ready: #expect(after.state == before || before.word == "checking" && after.state.word == "ready")
                case .queued: #expect(after.state == before || before.word == "ready" && after.rank == 3)
                case .building, .waiting, .blocked, .merging:
                    #expect(after.state == before || ["queued", "merging"].contains(before.word))
                case .approved: #expect(after.state == before && after.approvedBy == ["b"])
                default: break
                }
                #expect((after.rank != nil) == after.isInQueue)
            }
        }
    }

    @Test func pushingAgainStartsOverFromEveryOpenState() {
        for way in ways where !change(way).state.isClosed {
            var after = change(way)
            after.apply(.proposed(head: moved, author: "a", title: "t2"))
            #expect(after.state == .proposed && after.head == moved && after.title == "t2")
        }
    }

    @Test func aProposedChangeIsCheckedOnTheTip() {
        #expect(steps(change([])) == [.check([7])])
        let view = GateView(target: "main", tip: nil, changes: [change([])])
        #expect(
            decide(view) == [.note(change: 7, .rejected(reason: "there is no branch 'main' to merge into"))])
    }

    @Test func onlyPassedChecksLetAChangeOn() {
        let checking = change([.checking(base: base, merge: merge, event: 5)])
        #expect(steps(checking, .waiting) == [] && steps(checking) == [])
        #expect(steps(checking, .passed) == [.note(change: 7, .ready)])
        #expect(steps(checking, .failed(reason: "why")) == [.note(change: 7, .rejected(reason: "why"))])
    }

    @Test func whatWasTestedOnThisVeryTipLandsAtOnce() {
        let queued = change([.checking(base: base, merge: merge, event: 5), .ready, .queued])
        #expect(steps(queued, .passed) == [.land([7], from: base, to: merge)])
        #expect(steps(queued, tip: moved, .passed) == [.build(onto: moved, groups: [[7]])])
    }

    @Test func aMoveThatWasBegunIsMadeGoodOrBegunAnew() {
        let merging = change([.checking(base: base, merge: merge, event: 5), .ready, .queued, .merging(merge)])
        #expect(steps(merging, .passed) == [.land([7], from: base, to: merge)])
        #expect(steps(merging, tip: merge, .passed, contained: [7]) == [.note(change: 7, .merged(merge))])
        #expect(
            steps(merging, tip: moved, .passed)
                == [.note(change: 7, .building(base: base, merge: merge, event: 5, tested: merge))])
    }

    @Test func whatTheTargetHoldsIsMergedWhoeverPutItThere() {
        for way in ways where !change(way).state.isClosed && !way.contains(.merging(merge)) {
            #expect(steps(change(way), tip: moved, contained: [7]) == [.note(change: 7, .merged(head))])
        }
    }

    @Test func approvalsByOthersAreWaitedFor() {
        var rules = GateRules()
        rules.approvals = 1
        let way: [ChangeFact] = [.checking(base: base, merge: merge, event: 5), .ready]
        #expect(steps(change(way), .passed, rules: rules) == [])
        #expect(steps(change(way + [.approved(by: "Ann")]), .passed, rules: rules) == [])
        #expect(steps(change(way + [.approved(by: "ann@example.org")]), .passed, rules: rules) == [])
        #expect(steps(change(way + [.approved(by: "Bob")]), .passed, rules: rules) == [.note(change: 7, .queued)])
    }

    @Test func aForkWaitsForAMaintainerUnlessTheRulesSayOtherwise() {
        let origin = ChangeOrigin(number: 3, author: "x", title: "t", isFork: true, url: nil)
        var rules = GateRules()
        #expect(steps(change([], origin: origin), rules: rules) == [])
        #expect(steps(change([.approved(by: "Bob")], origin: origin), rules: rules) == [.check([7])])
        rules.forks = .run
        #expect(steps(change([], origin: origin), rules: rules) == [.check([7])])
        rules.forks = .refuse
        #expect(
            steps(change([], origin: origin), rules: rules)
                == [.note(change: 7, .rejected(reason: "main takes no changes from other repositories"))])
    }
}
