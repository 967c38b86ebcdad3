import Cron
import Foundation
import Projects
import Schedules
import Testing

@Suite struct DueTests {
    let noon = Date(timeIntervalSince1970: 1_763_899_200)  // 2025-11-23T12:00:00Z

    func hours(_ count: Double) -> Date { noon.addingTimeInterval(count * 3_600) }

    @Test func aMomentFiresOnceAndTheNextIsKnown() throws {
        let due = try rule().due(after: hours(-2), now: hours(-1))
        #expect(due.moments == [Moment(hours(-1))])
        #expect(due.next == hours(23))
        #expect(try rule().due(after: hours(-1), now: noon).moments.isEmpty)
    }

    @Test func missedMomentsFollowThePolicyAndNoneGoesUnrecorded() throws {
        func moments(_ keys: String) throws -> [Moment] { try rule(keys).due(after: hours(-50), now: noon).moments }
        #expect(try moments("") == [Moment(hours(-1), missed: 2)], "run-once: the latest stands for all")
        #expect(try moments("misfire: run-all") == [Moment(hours(-49)), Moment(hours(-25)), Moment(hours(-1))])
        #expect(try moments("misfire: skip") == [Moment(hours(-1), skipped: .late, missed: 2)])
    }

    @Test func catchingUpHasALimitAndWhatIsBeyondItIsRecorded() throws {
        let moments = try rule("misfire: run-all, catch_up: 2").due(after: hours(-24 * 5), now: noon).moments
        #expect(
            moments == [
                Moment(hours(-49), skipped: .tooMany(catchUp: 2), missed: 2), Moment(hours(-25)), Moment(hours(-1)),
            ])
        let daily = try rule("misfire: run-all").due(after: hours(-24 * 200), now: noon).moments
        #expect(daily.count == 101 && daily[0].missed == 99, "a hundred unless it says otherwise")
    }

    @Test func skippingStillFiresWhatIsOnTime() throws {
        let due = try rule("misfire: skip").due(after: hours(-50), now: hours(-1).addingTimeInterval(onTime))
        #expect(due.moments == [Moment(hours(-1), missed: 2)])
        let seconds = try rule("cron: '* * * * * ?', misfire: skip")
            .due(after: noon.addingTimeInterval(-3), now: noon).moments
        #expect(seconds.map(\.logicalTime) == [-2, -1, 0].map { noon.addingTimeInterval($0) })
    }

    @Test func countingWhatWasMissedEnds() throws {
        let due = try rule("cron: '* * * * * ?'").due(after: hours(-24 * 365), now: noon)
        #expect(due.moments == [Moment(noon, missed: countedMoments)])
    }

    @Test func overlapSkipRecordsTheRunThatWasInTheWay() throws {
        let due = try rule("overlap: skip").due(after: hours(-2), now: noon, unended: UnendedFire(run: 7))
        #expect(due.moments == [Moment(hours(-1), skipped: .overlap(run: 7))])
        #expect(
            try rule("overlap: queue").due(after: hours(-2), now: noon, unended: UnendedFire(run: 7)).moments[0].skipped
                == nil)
    }

    @Test func theTimeZoneCounts() throws {
        #expect(
            try rule("timezone: Europe/Berlin").due(after: hours(-3), now: noon).moments == [Moment(hours(-2))])
    }

    @Test func nothingIsDueBeforeTheStartOrAfterTheEnd() throws {
        let bounded = try rule("start: 2025-11-22T11:00:00Z, end: 2025-11-23T11:00:00Z, misfire: run-all")
        #expect(bounded.due(after: hours(-200), now: hours(200)).moments == [Moment(hours(-25)), Moment(hours(-1))])
        #expect(bounded.due(after: hours(-200), now: hours(-100)).next == hours(-25))
        #expect(bounded.due(after: hours(-1), now: noon).next == nil)
        #expect(bounded.lastMoment(through: hours(-26)) == nil && bounded.lastMoment(through: hours(300)) == hours(-1))
    }

    @Test func jitterDelaysEveryFireOfAScheduleByTheSame() throws {
        let rule = try rule("jitter: 10m")
        let delays = (0..<200).map { rule.delay(of: "1 schedule-\($0)") }
        #expect(delays.allSatisfy { $0 >= 0 && $0 < 600 } && Set(delays).count > 150, "spread over schedules")
        #expect(delays[3] == rule.delay(of: "1 schedule-3"))
        let due = rule.due(after: hours(-24), now: hours(-1), delay: 300)
        #expect(due.moments.isEmpty && due.next == hours(-1).addingTimeInterval(300))
        #expect(
            rule.due(after: hours(-24), now: hours(-1).addingTimeInterval(300), delay: 300).moments == [
                Moment(hours(-1))
            ])
    }

    @Test func aClockThatIsSetNeitherLosesNorDoubles() throws {
        let all = try rule("misfire: run-all")
        let due = all.due(after: hours(-1), now: hours(-60))
        #expect(due.moments.isEmpty && due.next == hours(23), "set back: what was decided stays decided")
        #expect(
            all.due(after: hours(-1), now: hours(50)).moments.count == 2, "set forward: what was jumped over is owed")
    }
}
