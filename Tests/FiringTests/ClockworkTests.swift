@testable import Firing
import Events
import Foundation
import Home
import Projects
import Schedules
import Store
import Testing

@Suite struct ClockworkTests {
    @Test func aMomentThatHasComeFiresOnce() async throws {
        let room = try await ClockRoom()
        try await room.goLive(["report": room.hourly()])
        #expect(await room.turn(at: "09:59:59") == room.moment("10:00:00"))
        #expect(try await room.fires().isEmpty)
        #expect(await room.turn(at: "10:00:01") == room.moment("11:00:00"))
        let fire = try #require(try await room.fires().first)
        #expect(fire.logicalTime == room.moment("10:00:00") && fire.state == .fired && fire.pinned == nil)
        let events = try await room.store.unhandledEvents().filter { $0.event.as(FireRequest.self) != nil }
        #expect(events.map(\.id) == [fire.event])

        await room.turn(at: "10:00:02")
        // As after a restart, or with a clock that was set back.
        room.bells.schedules.schedulesChanged()
        await room.turn(at: "10:00:00")
        #expect(try await room.fires().count == 1)
    }

    @Test func aMomentIsSkippedWhileAnEarlierOneRuns() async throws {
        let room = try await ClockRoom()
        try await room.goLive(["report": room.hourly(overlap: "skip")])
        await room.turn(at: "10:00:01")
        await room.turn(at: "11:00:01")
        #expect(try await room.fires().map(\.state) == [.skipped(.overlap(run: nil)), .fired])
        try await room.end(try await room.fires()[1])
        await room.turn(at: "12:00:01")
        #expect(try await room.fires().first?.state == .fired)
    }

    @Test func aMomentIsQueuedWhileAnEarlierOneRuns() async throws {
        let room = try await ClockRoom()
        try await room.goLive(["report": room.hourly(overlap: "queue")])
        await room.turn(at: "10:00:01")
        await room.turn(at: "11:00:01")
        #expect(try await room.fires().map(\.state) == [.fired, .fired])
    }

    @Test func aRegistryThatDoesNotAnswerHoldsUpItsOwnSchedulesAlone() async throws {
        let room = try await ClockRoom()
        try await room.goLive(["report": room.hourly()])
        try await room.goLive(["score": room.hourly("prod")], in: "prod")
        let next = await room.turn(at: "10:00:01")
        #expect(next == room.moment("10:00:06"), "it is tried again in five seconds")
        #expect(try await room.fires().map(\.state) == [.fired])
        #expect(try await room.fires("score").isEmpty)
        // Nothing is lost.
        #expect(try await room.store.liveSchedule("score", project: room.project.id).decidedThrough == ClockRoom.start)
    }

    @Test func aFireWaitsUntilWhatItDependsOnHasPassed() async throws {
        let room = try await ClockRoom()
        try await room.goLive(["report": room.hourly(after: "features"), "features": room.hourly()])
        await room.turn(at: "10:00:01")
        #expect(try await room.fires().map(\.state) == [.waiting])
        try await room.end(try #require(try await room.fires("features").first))
        await room.turn(at: "10:20:00")
        let fire = try #require(try await room.fires().first)
        #expect(fire.state == .fired && fire.event != nil)
    }

    @Test func aFireIsGivenUpWithWhatItDependsOn() async throws {
        let room = try await ClockRoom()
        try await room.goLive(["report": room.hourly(after: "features"), "features": room.hourly()])
        await room.turn(at: "10:00:01")
        try await room.goLive([:])
        await room.turn(at: "10:20:00")
        let waited = try await room.fires()
        #expect(waited.map(\.state) == [.skipped(.retired)])
    }

    @Test func aPausedScheduleDoesNotFire() async throws {
        let room = try await ClockRoom()
        try await room.goLive(["report": room.hourly()])
        let schedule = try await room.store.liveSchedule("report", project: room.project.id)
        try await room.store.pause(schedule, by: "Ada", because: "a strike", at: ClockRoom.start)
        #expect(await room.turn(at: "10:00:01") == nil)
        #expect(try await room.fires().isEmpty)
    }

    @Test func aBackfillStartsAsManyMomentsAsItMay() async throws {
        let room = try await ClockRoom()
        try await room.goLive(["report": room.hourly()])
        let schedule = try await room.store.liveSchedule("report", project: room.project.id)
        let moments = (1...5).map { ClockRoom.start.addingTimeInterval(-86_400 * Double($0)) }.sorted()
        let number = try await room.store.backfill(
            schedule, moments: moments, version: nil, limits: BackfillLimits(parallel: 2, maxFailures: 1), by: "Ada",
            at: ClockRoom.start)
        func started() async throws -> Int {
            try await room.store.moments(ofBackfill: number).filter { $0.state != "waiting" }.count
        }
        await room.turn(at: "09:50:00")
        #expect(try await started() == 2)
        await room.turn(at: "09:51:00")
        #expect(try await started() == 2)
        try await room.end(try #require(try await room.fires().last))
        await room.turn(at: "09:52:00")
        #expect(try await started() == 3)
    }

    @Test func aPersonMayFireAnyMoment() async throws {
        let room = try await ClockRoom()
        try await room.goLive(["report": room.hourly()])
        await room.turn(at: "10:00:01")
        let schedule = try await room.store.liveSchedule("report", project: room.project.id)
        let event = try await room.clockwork.fireByHand(schedule, at: room.moment("10:00:00"))
        let fires = try await room.fires()
        #expect(fires.count == 1, "the same moment is one fire")
        #expect(fires.first?.event == event.id)
        _ = try await room.clockwork.fireByHand(schedule, at: room.moment("08:00:00"))
        #expect(try await room.fires().map(\.logicalTime) == [room.moment("10:00:00"), room.moment("08:00:00")])
    }
}
