import Cron
import Foundation
import Projects
import Schedules
import Testing

@Suite struct DueTests {
    let noon = Date(timeIntervalSince1970: 1_763_899_200)  // 2025-11-23T12:00:00Z

    func rule(_ misfire: String = "run-once", overlap: String = "queue", zone: String = "UTC") throws -> ScheduleRule {
        try JSONDecoder().decode(
            ScheduleRule.self,
            from: Data(
                """
                {"cron":"0 0 11 * * ?","timezone":"\(zone)","environment":"prod","misfire":"\(misfire)","overlap":"\(overlap)","dst":"wall-once"}
                """.utf8))
    }

    func hours(_ count: Double) -> Date { noon.addingTimeInterval(count * 3_600) }

    @Test func aMomentFiresOnceAndTheNextIsKnown() throws {
        let due = try rule().due(after: hours(-2), now: hours(-1), running: false)
        #expect(due.fires == [hours(-1)])
        #expect(due.next == hours(23))
        #expect(try rule().due(after: hours(-1), now: noon, running: false).fires.isEmpty)
    }

    @Test(arguments: [("run-once", 1), ("run-all", 3), ("skip", 0)])
    func missedMomentsFollowThePolicy(policy: String, count: Int) throws {
        let due = try rule(policy).due(after: hours(-50), now: noon, running: false)
        #expect(due.fires.count == count)
        if count == 1 { #expect(due.fires == [hours(-1)], "the latest of them") }
    }

    @Test func skippingStillFiresWhatIsOnTime() throws {
        #expect(
            try rule("skip").due(after: hours(-50), now: hours(-1).addingTimeInterval(onTime), running: false).fires
                == [hours(-1)])
    }

    @Test func overlapSkipHoldsBackWhileTheLastFireRuns() throws {
        #expect(try rule(overlap: "skip").due(after: hours(-2), now: noon, running: true).fires.isEmpty)
        #expect(try rule(overlap: "queue").due(after: hours(-2), now: noon, running: true).fires == [hours(-1)])
    }

    @Test func theTimeZoneCounts() throws {
        #expect(try rule(zone: "Europe/Berlin").due(after: hours(-3), now: noon, running: false).fires == [hours(-2)])
    }
}
