import Digests
import Events
import Fixtures
import Foundation
import Plans
import Projects
import Promotion
import Runs
import Store
import Testing

@Suite struct LedgerTests {
    let fixture: StoreTests

    init() throws { fixture = try StoreTests() }

    func body(_ run: StoredRun, _ challenger: String, approvals: Int? = nil) -> DecisionBody {
        let decision =
            approvals == nil ? decide(unreadable: .noRows) : decide(restoringFor: "somebody", because: "of nothing")
        return DecisionBody(
            project: "clinic", environment: "prod", run: run.id, commit: "c", configurationDigest: "d",
            datasets: ["births": "sha256:x"], model: "m", challenger: challenger, champion: "1", evidenceSHA256: "e",
            rules: PromotionRules(first: .promote, floor: [], improve: [], noWorse: []), decision: decision,
            approvalsNeeded: approvals)
    }

    @Test func aStepDecidesOnceAndTheChainHolds() async throws {
        let (store, run) = (fixture.store, try await fixture.makeRun())
        let move = AliasMove(model: "m", alias: "champion", from: "1", to: "2")
        let first = try await store.decide(
            body(run, "2"), step: "promote", project: run.project, move: move, asOf: fixture.now, at: fixture.now
        ) { sha256($0) }
        let again = try await store.decide(
            body(run, "3"), step: "promote", project: run.project, move: nil, asOf: fixture.now, at: fixture.now
        ) { sha256($0) }
        #expect(again.id == first.id && again.body.challenger == "2")
        let second = try await store.decide(
            body(run, "3"), step: "other", project: run.project, move: nil, asOf: fixture.now, at: fixture.now
        ) { sha256($0) }
        #expect(second.previousHash == first.hash && first.previousHash == "")
        for decision in try await store.decisions() {
            #expect(decision.hash == sha256("\(decision.previousHash)\n\(decision.text)"))
        }
    }

    @Test func aMoveOfAnAliasWaitsForTheOneBeforeIt() async throws {
        let (store, run) = (fixture.store, try await fixture.makeRun())
        let move = AliasMove(model: "m", alias: "champion", from: "1", to: "2")
        func decide(_ step: String, _ move: AliasMove?, asOf: Date, approvals: Int? = nil) async throws
            -> StoredDecision
        {
            try await store.decide(
                body(run, "2", approvals: approvals), step: step, project: run.project, move: move, asOf: asOf,
                at: fixture.now
            ) { sha256($0) }
        }
        // One that waits for persons holds nobody up.
        let waiting = try await decide("waits", move, asOf: fixture.now, approvals: 1)
        #expect(try await store.approvalsMissing(for: waiting) == 1)
        let first = try await decide("first", move, asOf: fixture.now)
        await #expect(throws: MoveUnderWay.self) { try await decide("second", move, asOf: fixture.now) }
        _ = try await decide("other alias", AliasMove(model: "m", alias: "best", from: nil, to: "2"), asOf: fixture.now)
        _ = try await decide("no move", nil, asOf: fixture.now)
        try await store.confirmMove(of: first.id, at: fixture.now)
        // What was read before the move was confirmed is not known any more.
        await #expect(throws: MoveUnderWay.self) { try await decide("second", move, asOf: fixture.now) }
        _ = try await decide("second", move, asOf: fixture.now.addingTimeInterval(1))

        #expect(try await store.approvedDecisions().isEmpty)
        #expect(try await store.approve(waiting, by: "b", project: run.project, at: fixture.now))
        #expect(try await !store.approve(waiting, by: "b", project: run.project, at: fixture.now))
        #expect(try await store.approvedDecisions().map(\.id) == [waiting.id])
        try await store.voidMove(of: waiting.id, because: "late", at: fixture.now)
        #expect(try await store.approvedDecisions().isEmpty)
        #expect(try await store.decision(waiting.id)?.voided == "late")
    }

    @Test func aMoveIsIntendedUntilItIsConfirmed() async throws {
        let (store, run) = (fixture.store, try await fixture.makeRun())
        let move = AliasMove(model: "m", alias: "champion", from: "1", to: "2")
        let decision = try await store.decide(
            body(run, "2"), step: "promote", project: run.project, move: move, asOf: fixture.now, at: fixture.now
        ) { sha256($0) }
        #expect(decision.appliedAt == nil)
        #expect(try await store.unconfirmedMove(of: decision.id) == move)
        try await store.confirmMove(of: decision.id, at: fixture.now)
        try await store.confirmMove(of: decision.id, at: fixture.now.addingTimeInterval(9))
        #expect(try await store.unconfirmedMove(of: decision.id) == nil)
        #expect(try await store.decisions().first?.appliedAt == fixture.now, "the first confirmation stands")
    }

    @Test func schedulesGoLiveWithTheNewestReleaseAndFiresAreStoredOnce() async throws {
        let (store, run) = (fixture.store, try await fixture.makeRun())
        let rule = try JSONDecoder().decode(
            ScheduleRule.self,
            from: Data(
                """
                {"cron":"0 0 11 * * ?","timezone":"UTC","environment":"prod","misfire":"run-once","overlap":"queue","dst":"wall-once"}
                """.utf8))
        for rules in [["inference": rule], [:]] {
            var end = FactWrite(run: run, facts: [Recorded(step: "a", fact: .ended(.passed), at: fixture.now)])
            (end.outcome, end.schedules) = (.passed, rules)
            try await store.append([end])
        }
        let schedule = try #require(try await store.liveSchedules().first)
        #expect(schedule.commit == run.plan.commit && schedule.run == run.id, "told twice, live once")

        let pin = PinnedVersion(model: "m", version: "3")
        let stored = try await store.fire(schedule, at: fixture.now, pinned: pin, repeating: false, now: fixture.now)
        #expect(stored != nil)
        #expect(try await store.fire(schedule, at: fixture.now, pinned: pin, repeating: false, now: fixture.now) == nil)
        let later = PinnedVersion(model: "m", version: "4")
        let again = try #require(
            try await store.fire(schedule, at: fixture.now, pinned: later, repeating: true, now: fixture.now))
        guard case .fire(let request) = again.event else { return #expect(Bool(false)) }
        #expect(try await store.fire(request.fire)?.version == "3", "a repeat keeps the first pins")
        #expect(try await store.fires(of: "inference", project: run.project).count == 1)
    }

    @Test func aMomentThatTheOldReleaseHasNotFiredIsTheNewOnesToFire() async throws {
        let store = fixture.store
        let json = { (cron: String) in
            """
            {"cron":"\(cron)","timezone":"UTC","environment":"prod","misfire":"run-all","overlap":"queue","dst":"wall-once"}
            """
        }
        let daily = try JSONDecoder().decode(ScheduleRule.self, from: Data(json("0 0 11 * * ?").utf8))
        let hourly = try JSONDecoder().decode(ScheduleRule.self, from: Data(json("0 0 * * * ?").utf8))
        func goLive(_ rule: ScheduleRule, after seconds: Double) async throws -> StoredSchedule {
            let time = fixture.now.addingTimeInterval(seconds)
            var end = FactWrite(
                run: try await fixture.makeRun(branch: "release/\(seconds)"),
                facts: [Recorded(step: "a", fact: .ended(.passed), at: time)])
            (end.outcome, end.schedules) = (.passed, ["inference": rule])
            try await store.append([end])
            return try #require(try await store.liveSchedules().first)
        }
        #expect(try await goLive(daily, after: 0).dueSince == fixture.now)
        let kept = try await goLive(daily, after: 60)
        #expect(kept.liveSince == fixture.now.addingTimeInterval(60) && kept.dueSince == fixture.now)
        let changed = try await goLive(hourly, after: 120)
        #expect(changed.dueSince == fixture.now.addingTimeInterval(120), "another rule owes nothing")
    }
}
