import Events
import Fixtures
import Foundation
import Plans
import Projects
import Runs
import Schedules
import Store
import Testing

@Suite struct ScheduleTests {
    let fixture: StoreTests
    var store: Store { fixture.store }
    var now: Date { fixture.now }
    let pin = PinnedVersion(model: "m", version: "3")

    init() throws { fixture = try StoreTests() }

    init(_ fixture: StoreTests) { self.fixture = fixture }

    func rule(_ cron: String = "0 0 11 * * ?", after: [String] = []) throws -> ScheduleRule {
        let after = after.isEmpty ? "" : #","after":["\#(after[0])"]"#
        return try JSONDecoder().decode(
            ScheduleRule.self,
            from: Data(
                """
                {"cron":"\(cron)","timezone":"UTC","environment":"prod","misfire":"run-all","overlap":"queue","dst":"wall-once"\(after)}
                """.utf8))
    }

    @discardableResult
    func goLive(_ rules: [String: ScheduleRule], after seconds: Double = 0) async throws -> StoredRun {
        let run = try await fixture.makeRun(branch: "release/\(seconds)")
        let time = now.addingTimeInterval(seconds)
        var end = FactWrite(run: run, facts: [Recorded(step: "a", fact: .ended(.passed), at: time)])
        (end.outcome, end.schedules) = (.passed, rules.mapValues { ReleasedSchedule($0) })
        try await store.append([end])
        return run
    }

    func live(_ name: String = "inference") async throws -> StoredSchedule {
        let schedules = try await store.liveSchedules()
        return try #require(schedules.first { $0.pipeline == name })
    }

    func fires(_ name: String = "inference") async throws -> Readings<StoredFire> {
        try await store.fires(of: name, project: try await live(name).project)
    }

    func moment(_ hours: Double, skipped: SkipReason? = nil, missed: Int = 0) -> Moment {
        Moment(now.addingTimeInterval(hours * 3_600), skipped: skipped, missed: missed)
    }

    @Test func schedulesGoLiveWithTheNewestRelease() async throws {
        let run = try await goLive(["inference": rule()])
        var again = FactWrite(run: run, facts: [Recorded(step: "a", fact: .ended(.passed), at: now)])
        (again.outcome, again.schedules) = (.passed, [:])
        try await store.append([again])
        let schedule = try await live()
        #expect(schedule.commit == run.plan.commit && schedule.run == run.id, "told twice, live once")
    }

    @Test func aMomentThatTheOldReleaseHasNotDecidedIsTheNewOnesToDecide() async throws {
        try await goLive(["inference": rule()])
        #expect(try await live().decidedThrough == now)
        _ = try await store.decide([FireDecision(live(), [moment(1)], pinned: nil)], now: now)
        try await goLive(["inference": rule()], after: 60)
        let kept = try await live()
        #expect(kept.liveSince == now.addingTimeInterval(60))
        #expect(kept.decidedThrough == moment(1).logicalTime)
        try await goLive(["inference": rule("0 0 * * * ?")], after: 120)
        #expect(try await live().decidedThrough == now.addingTimeInterval(120), "another rule owes nothing")
    }

    @Test func whatIsDecidedIsStoredOnceWithItsEventsAndHowFarItGoes() async throws {
        try await goLive(["inference": rule()])
        let decision = FireDecision(
            try await live(), [moment(-1, skipped: .tooMany(catchUp: 1), missed: 4), moment(0)], pinned: pin)
        #expect(try await store.decide([decision], now: now) == 1)
        #expect(try await store.decide([decision], now: now) == 0, "a crash before anybody heard of it, say")
        let fires = try await fires()
        #expect(fires.map(\.state) == [.fired, .skipped(.tooMany(catchUp: 1))])
        #expect(fires.map(\.missed) == [0, 4] && fires.map(\.pinned) == [pin, pin])
        #expect(try await live().decidedThrough == now)
        let events = try await store.unhandledEvents().filter { $0.event.kind == "fire" }
        #expect(events.map(\.id) == [fires[0].event])
    }

    @Test func aMomentIsUnendedFromItsFiringToTheEndOfItsRun() async throws {
        try await goLive(["inference": rule()])
        let schedule = try await live()
        let unended = { try await store.unendedFire(of: "inference", project: schedule.project) }
        #expect(try await unended() == nil)
        _ = try await store.decide([FireDecision(schedule, [moment(0)], pinned: pin)], now: now)
        #expect(try await unended() == UnendedFire(run: nil), "it is not planned yet")
        #expect(try await store.unendedFire(of: "features", project: schedule.project) == nil)

        let event = try #require(try await store.unhandledEvents().first { $0.event.kind == "fire" })
        let fire = try #require(try await fires().first)
        let trigger = Trigger.fire(id: fire.id, schedule: "inference", logicalTime: fire.logicalTime, backfill: nil)
        let planning = Planning(plans: [try samplePlan(schedule.commit, pipeline: "inference", trigger: trigger)])
        let run = try #require(try await store.handle([PlannedEvent(event, planning)], at: now).first)
        #expect(try await unended() == UnendedFire(run: run.id))
        var end = FactWrite(run: run, facts: [Recorded(step: "a", fact: .ended(.passed), at: now)])
        end.outcome = .passed
        try await store.append([end])
        #expect(try await unended() == nil)

        let limits = BackfillLimits(parallel: 1, maxFailures: 1)
        _ = try await store.backfill(
            schedule, moments: [moment(-24).logicalTime], version: nil, limits: limits, by: "ann", at: now)
        let backfill = try #require(try await store.openBackfills().first)
        #expect(try await store.startMoments(1, of: backfill, schedule, pinned: pin, now: now) == 1)
        #expect(try await unended() == nil, "a backfill asked for that one")
    }

    @Test func aScheduleThatIsNoLongerLiveDecidesNothing() async throws {
        try await goLive(["inference": rule()])
        let old = try await live()
        try await goLive([:], after: 60)
        #expect(try await store.decide([FireDecision(old, [moment(0)], pinned: pin)], now: now) == 0)
        #expect(try await store.fires(of: "inference", project: old.project).isEmpty)
    }

    @Test func aPersonsFireKeepsThePinsOfTheFirstAndStartsWhatWasSkipped() async throws {
        let run = try await goLive(["inference": rule()])
        let schedule = try await live()
        _ = try await store.fireByHand(schedule, at: now, pinned: pin, now: now)
        try await goLive(["inference": rule()], after: 60)
        let later = PinnedVersion(model: "m", version: "4")
        let again = try await store.fireByHand(live(), at: now, pinned: later, now: now)
        let request = try #require(again.event.fire)
        #expect(try await store.fire(request.fire)?.pinned == pin && request.commit == run.plan.commit)
        #expect(try await fires().count == 1)

        _ = try await store.decide([FireDecision(live(), [moment(2, skipped: .late)], pinned: nil)], now: now)
        _ = try await store.fireByHand(live(), at: moment(2).logicalTime, pinned: later, now: now)
        let fire = try #require(try await fires().first)
        #expect(fire.state == .fired && fire.pinned == later)
    }

    @Test func aFireThatComesAfterOthersWaitsAndStartsOnce() async throws {
        try await goLive(["features": rule(), "inference": rule(after: ["features"])])
        #expect(try await store.decide([FireDecision(live(), [moment(0)], pinned: pin)], now: now) == 0)
        let waiting = try #require(try await store.waitingFires().first)
        #expect(waiting.pinned == nil, "it is pinned when it starts")
        #expect(try await store.start(waiting, live(), pinned: pin, now: now) != nil)
        #expect(try await store.start(waiting, live(), pinned: pin, now: now) == nil)
        #expect(try await fires().map(\.pinned) == [pin])
        #expect(try await store.waitingFires().isEmpty)

        _ = try await store.decide([FireDecision(live(), [moment(1)], pinned: pin)], now: now)
        let other = try #require(try await store.waitingFires().first)
        try await store.skip(other, because: .retired, at: now)
        #expect(try await fires().first?.state == .skipped(.retired))
        #expect(try await store.start(other, live(), pinned: pin, now: now) != nil, "a person may want it all the same")
    }

    @Test func aPauseOutlivesAReleaseAndResumingSkipsOnRecord() async throws {
        try await goLive(["inference": rule()])
        try await store.pause(live(), by: "ann", because: "the source is down", at: now)
        try await store.pause(live(), by: "bob", because: "me too", at: now)
        try await goLive(["inference": rule()], after: 60)
        #expect(try await live().pause?.who == "ann")
        let skipped = moment(3, skipped: .paused(by: "ann"), missed: 2)
        try await store.resume(live(), by: "bob", skipping: skipped, at: now)
        let schedule = try await live()
        #expect(schedule.pause == nil && schedule.decidedThrough == skipped.logicalTime)
        #expect(try await fires().map(\.state) == [.skipped(.paused(by: "ann"))])
        try await store.resume(schedule, by: "bob", skipping: moment(9, skipped: .late), at: now)
        #expect(try await live().decidedThrough == skipped.logicalTime, "what is not paused cannot be resumed")
        #expect(try await store.audit().map(\.who) == ["bob", "ann"])
    }

    @Test func aBackfillStartsItsMomentsInOrderOnTheLiveCodeWithItsVersion() async throws {
        try await goLive(["inference": rule()])
        _ = try await store.fireByHand(live(), at: moment(-48).logicalTime, pinned: pin, now: now)
        let newer = try await goLive(["inference": rule()], after: 60)
        let times = [-48.0, -24, 0].map { moment($0).logicalTime }
        let limits = BackfillLimits(parallel: 2, maxFailures: 1)
        let id = try await store.backfill(live(), moments: times, version: "2", limits: limits, by: "ann", at: now)
        let open = try #require(try await store.openBackfills().first)
        #expect(open.limits.starts(open.progress) == 2)
        let champion = PinnedVersion(model: "m", version: "9")
        #expect(try await store.startMoments(2, of: open, live(), pinned: champion, now: now) == 2)
        let fires = try await store.unhandledEvents().compactMap { event -> FireRequest? in
            event.event.fire.flatMap { $0.backfill == nil ? nil : $0 }
        }
        #expect(fires.map(\.logicalTime) == Array(times.prefix(2)))
        #expect(fires.allSatisfy { $0.commit == newer.plan.commit })
        for (request, first) in zip(fires, ["3", "9"]) {
            let trigger = { (version: String?) in
                Trigger.fire(
                    id: request.fire, schedule: "inference", logicalTime: request.logicalTime,
                    backfill: Backfilling(number: id, version: version))
            }
            #expect(try await store.pinned(for: trigger("2"))?.version == "2")
            #expect(try await store.pinned(for: trigger(nil))?.version == first)
        }
        let now = try await store.backfill(id)
        #expect(now.progress == BackfillProgress(total: 3, passed: 0, failed: 0, running: 2) && now.word == "running")
        try await store.cancel(backfill: id, by: "ann", at: self.now)
        #expect(try await store.startMoments(1, of: open, live(), pinned: nil, now: self.now) == 0)
        #expect(try await store.openBackfills().isEmpty)
    }
}
