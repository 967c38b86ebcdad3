import Changes
import Events
import Fixtures
import Foundation
import GRDB
import Notices
import Plans
import Projects
import Runs
import Store
import Testing

/// CASES: R11. A value that this version cannot decode is held and reported, and blocks nothing else.
@Suite struct UnreadableTests {
    let fixture: StoreTests
    var store: Store { fixture.store }
    var now: Date { fixture.now }

    init() throws { fixture = try StoreTests() }

    func tamper(_ sql: String) throws {
        let database = try DatabaseQueue(path: fixture.folder.path + "/s.sqlite")
        try database.write { try $0.execute(sql: sql) }
        try database.close()
    }

    @Test func anEventHoldsUpNoOtherEvent() async throws {
        let project = try await fixture.project()
        let refs = ["refs/heads/a": fixture.a, "refs/heads/b": fixture.b]
        let events = try await store.recordLook(project: project.id, now: refs, among: nil, at: now)
        try tamper("UPDATE event SET event = '{\"teleport\":{}}' WHERE id = \(events[0].id)")
        let found = try await store.unhandledEvents()
        #expect(found.map(\.id) == [events[1].id])
        let held = try #require(found.unreadable.first)
        #expect((held.table, held.id, held.project) == ("event", events[0].id, project.id) && !held.reason.isEmpty)
        #expect(try await store.unreadable() == [held])
        #expect(try await store.events(limit: 10).count == 1)
    }

    @Test func aPlanOrAFactHoldsUpItsRunOnly() async throws {
        let runs = [try await fixture.makeRun(branch: "a"), try await fixture.makeRun(branch: "b")]
        let third = try await fixture.makeRun(branch: "c")
        let started = Recorded(step: "a", fact: .started(attempt: 1, incumbent: nil), at: now)
        try await store.append([FactWrite(run: runs[1], facts: [started])])
        try tamper("UPDATE run SET plan = '{}' WHERE id = \(runs[0].id)")
        try tamper("UPDATE step_fact SET fact = 'not JSON' WHERE run_id = \(runs[1].id)")
        let found = try await store.unendedRuns()
        #expect(found.map(\.id) == [third.id])
        #expect(found.unreadable.map(\.id) == runs.map(\.id))
        #expect(found.unreadable[0].reason.contains("'project'"))
        #expect(found.unreadable[1].reason.hasPrefix("fact 1: "))
        #expect(try await store.unreadable() == found.unreadable)
    }

    @Test func aChangeHoldsUpNoOtherChange() async throws {
        let project = try await fixture.project()
        for topic in ["one", "two"] {
            let ref = ProposalRef(key: topic, target: "main").name
            let events = try await store.recordLook(project: project.id, now: [ref: fixture.a], among: [ref], at: now)
            let proposal = Proposal(key: topic, target: "main", head: fixture.a)
            try await store.propose(proposal, from: events[0], author: "A", title: topic, at: now)
        }
        try tamper("UPDATE change_fact SET fact = '{\"format\":9,\"kind\":\"proposed\"}' WHERE change_id = 1")
        let found = try await store.openChanges()
        #expect(found.map(\.key) == ["two"])
        #expect(found.unreadable.map(\.id) == [1])
        #expect(found.unreadable[0].reason.contains("a newer version of Espalier has written it"))
        #expect(try await store.changes().map(\.key) == ["two"])
    }

    @Test func aScheduleHoldsUpNoOtherScheduleAndTheNextReleaseReplacesIt() async throws {
        let schedules = ScheduleTests(fixture)
        try await schedules.goLive(["inference": schedules.rule(), "features": schedules.rule()])
        try tamper("UPDATE schedule SET rule = '{}' WHERE pipeline = 'inference'")
        let found = try await store.liveSchedules()
        #expect(found.map(\.pipeline) == ["features"] && found.unreadable.map(\.table) == ["schedule"])
        try await schedules.goLive(["inference": schedules.rule()], after: 60)
        #expect(try await store.liveSchedules().map(\.pipeline) == ["inference"])
        #expect(try await store.liveSchedules().unreadable.isEmpty)
    }

    @Test func aNoticeHoldsUpNoOtherNoticeOfItsLane() async throws {
        let notices = NoticeTests(fixture)
        // To two recipients, by one lane.
        try await store.append([notices.end(try await notices.makeRun(1), as: .failed(exitCode: 1), at: now)])
        try tamper("UPDATE outbox SET message = '{}' WHERE id = 1")
        let later = now.addingTimeInterval(60)
        let lane = try #require(try await store.openLanes().keys.first)
        #expect(try await store.takeNotice(from: lane, at: later)?.notice.id == 2)
        let held = try await store.unreadable()
        #expect(held.map(\.table) == ["outbox"] && held.map(\.id) == [1])
        while let next = try await store.takeNotice(from: lane, at: later) {
            try await store.markSent(next.notice, at: later)
        }
        #expect(try await store.openLanes().isEmpty, "what cannot be read keeps no sender busy")
        // The next version may read it.
        _ = try Store(path: fixture.folder.path + "/s.sqlite")
        #expect(try await store.openLanes().count == 1)
    }

    @Test func aMessageToAForgeHoldsUpNoOther() async throws {
        let run = try await fixture.makeRun()
        let forge = ForgeLink(
            kind: "gitea", api: nil, repository: "o/n", tokenFile: nil, secretFile: nil, landing: .push)
        try await store.link(forge, to: run.project)
        for _ in 0..<2 { _ = try await fixture.makeRun(branch: "x\(try await store.runRows().count)") }
        try tamper("UPDATE outbox SET subject = 'planet' WHERE id = 1")
        #expect(try await store.dueMessages(of: run.project, at: now).map(\.id) == [2])
        #expect(try await store.nextMessages().count == 1)
        #expect(try await store.unreadable().map(\.id) == [1])
    }
}
