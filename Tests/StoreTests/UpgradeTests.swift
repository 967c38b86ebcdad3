import Changes
import Digests
import Events
import Fixtures
import Foundation
import GRDB
import Notices
import Plans
import Projects
import Promotion
import Runs
import Schedules
import Testing

@testable import Store

/// A home that an older version has filled, `Fixtures/home-format1.sql`: pushes, changes that were merged and rejected,
/// promotions, a rollback, schedules with fires and a backfill, notices; and a daemon killed with a run and an event open.
@Suite struct UpgradeTests {
    let folder: TemporaryFolder
    var path: String { folder.path + "/s.sqlite" }

    init() throws {
        folder = try TemporaryFolder()
        let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .appending(path: "Fixtures/home-format1.sql")
        var configuration = Configuration()
        // Its tables are in order of name.
        configuration.foreignKeysEnabled = false
        let database = try DatabaseQueue(path: path, configuration: configuration)
        let sql = try String(contentsOf: file, encoding: .utf8)
        try database.write { try $0.execute(sql: sql) }
        try database.close()
    }

    @Test func aReaderLeavesIt() throws {
        #expect(throws: StoreError.olderStore(path)) { try StoreReader(path: path) }
        try Store(path: path).close()
        try StoreReader(path: path).close()
    }

    @Test func whatWasOpenIsOpen() async throws {
        let store = try Store(path: path)
        #expect(try await store.unreadable().isEmpty)
        let event = try #require(try await store.unhandledEvents().first)
        #expect(try await store.unhandledEvents().count == 1)
        #expect(EventColumns(event.event).ref == "refs/heads/feature/w")
        let run = try #require(try await store.unendedRuns().first)
        #expect(run.id == 33 && run.plan.branch == "feature/z" && run.progress["after"].state.isLive)
        #expect(try await store.openChanges().map(\.key) == ["bad", "open"])
        #expect(try await store.liveSchedules().map(\.pipeline) == ["monitor", "tick"])
        #expect(try await store.waitingFires().isEmpty)
        #expect(try await store.openBackfills().isEmpty)
        #expect(try await store.openLanes().count == 4)
    }

    @Test func eventsAndRunsAreRead() async throws {
        let store = try Store(path: path)
        let project = try await store.project(named: nil)
        #expect(project.name == "hospital" && project.repository == "/srv/shop/hospital.git")
        #expect(try await store.seenRefs(of: project.id).count == 13)
        let events = try await store.events(limit: 1_000)
        #expect(events.count == 42 && events.unreadable.isEmpty)
        let about = try await store.events(of: project.id, since: .distantPast, about: ["refs/heads/feature/y"])
        #expect(about.count == 2, "it was made and deleted")
        var facts = 0
        for row in try await store.runRows(limit: 1_000) {
            let run = try await store.run(row.id)
            #expect(run.outcome == row.outcome && run.progress.outcome == row.outcome)
            facts += run.facts.count
            #expect(try await store.runs(ofEvent: run.event).map(\.id).contains(run.id))
            for step in run.plan.steps {
                let standing = try #require(try await store.stepProgress(run: run.id, step: step.name))
                let progress = run.progress[step.name]
                #expect(standing.attempts == progress.attempts && standing.hasEnded == (progress.endedAt != nil))
            }
        }
        #expect(facts == 138)
        #expect(try await store.stepProgress(run: 33, step: "none") == nil)
        #expect(try await store.stepProgress(run: 99, step: "after") == nil)
        #expect(try await store.latestRuns().count == 21)
        #expect(try await store.registriesInUse().compactMap(\.model) == ["risk"])
        #expect(try await store.channelsInUse().map(\.name).sorted() == ["hook", "hook", "ops", "ops"])
        #expect(try await store.keptDigests().count == 1)
        let all = Set(events.map(\.event.id))
        #expect(try await store.runs(ofEvents: all).values.filter { $0.planning == nil }.count == 1)
        let drift = try await store.driftStarts(in: "prod", project: project.id, since: .distantPast, now: Date())
        #expect(drift.starts["retrain"]?.count == 1)
    }

    @Test func changesAreRead() async throws {
        let store = try Store(path: path)
        #expect(try await store.changes().map(\.state.word) == ["merged", "rejected", "rejected", "merged"])
        let merged = try await store.lastMerged(project: 1, target: "main")
        #expect(merged.map(\.key) == ["good", "late"])
        #expect(try await store.facts(ofChange: 1).map(\.fact.kind).last == "merged")
        #expect(try await store.latestChange(key: "bad", target: "main", project: 1)?.number == 2)
        // The commit that the gate landed does not count as a push past the gate; any other does.
        let landed = try #require(merged.last?.landing?.merge)
        let other = try #require(merged.first?.head)
        func passed(_ commit: ObjectID) async throws -> Bool {
            let move = RefMove(ref: "refs/heads/main", from: nil, to: commit)
            return try await store.notePassing(move, of: "main", project: 1, at: Date())
        }
        #expect(try await !passed(landed))
        #expect(try await passed(other))
    }

    @Test func theLedgerIsReadAndItsChainHolds() async throws {
        let store = try Store(path: path)
        let decisions = try await store.decisions()
        #expect(decisions.count == 6)
        var previous = ""
        for decision in decisions {
            #expect(decision.previousHash == previous && decision.hash == sha256("\(previous)\n\(decision.text)"))
            #expect(try Stored.text(decision.body) == decision.text)
            previous = decision.hash
        }
        #expect(try await store.tenures().map(\.move.to) == ["1", "2", "1"])
        #expect(try await store.tenures(of: "risk", alias: "champion").map(\.decision.id) == [1, 2, 4])
        #expect(try await store.tenures(of: "risk", alias: "other").isEmpty)
        #expect(try await store.tenures(of: "weight").isEmpty)
        #expect(try await store.lastMoves().map(\.decision) == [4])
        // Version 1 was promoted by decision 1; decision 4 only restored it, and decision 5 waits for approval.
        #expect(try await store.origin(of: "1", "risk")?.id == 1)
        #expect(try await store.origin(of: "2", "risk")?.id == 2)
        #expect(try await store.origin(of: "4", "risk") == nil)
        #expect(try await store.approvedDecisions().isEmpty)
        #expect(try await store.approvalsMissing(for: decisions[4]) == 1)
        #expect(try await store.approve(decisions[4], by: "b", project: 1, at: Date()))
        #expect(try await store.approvedDecisions().map(\.id) == [5])
    }

    @Test func schedulesAndFiresAreRead() async throws {
        let store = try Store(path: path)
        let tick = try await store.liveSchedule("tick", project: 1)
        #expect(tick.pause?.who == "ann" && tick.rule.environment == "prod")
        let skipped = try await store.fires(of: "predict", project: 1)
        #expect(skipped.count == 10 && skipped.allSatisfy { $0.state == .skipped(.retired) })
        let fires = try await store.fires(of: "tick", project: 1)
        #expect(fires.count == 5 && fires.allSatisfy { $0.pinned?.model == "risk" })
        let runs = try await store.runRows(limit: 1_000).filter { $0.pipeline == "tick" }.map(\.id)
        var found: [Int64] = []
        for fire in fires { found += try await store.runs(ofFire: fire.id) }
        #expect(found.sorted() == runs.sorted() && !runs.isEmpty)
        #expect(try await store.unendedFire(of: "tick", project: 1) == nil)
        let backfill = try #require(try await store.backfills().first)
        #expect(backfill.progress == BackfillProgress(total: 3, passed: 3, failed: 0, running: 0))
        #expect(try await store.moments(ofBackfill: backfill.id).count == 3)
    }

    @Test func noticesAndDeedsAreRead() async throws {
        let store = try Store(path: path)
        let notices = try await store.notices(limit: 100)
        #expect(notices.count == 34 && notices.unreadable.isEmpty)
        #expect(Set(notices.map(\.notice.kind)).isSuperset(of: [.failure, .recovery, .drift, .promotion, .rollback]))
        #expect(
            try await store.audit().map(\.deed) == [
                .backfilled(schedule: "tick", number: 1, moments: 3), .paused(schedule: "tick", reason: "holidays"),
                .approvedDecision(2), .approvedDecision(1),
            ])
        let later = Date(timeIntervalSince1970: 4e9)
        for lane in try await store.openLanes().keys {
            let taken = try #require(try await store.takeNotice(from: lane, at: later))
            #expect(taken.channel?.name == lane.channel)
        }
    }

    @Test func itGoesOn() async throws {
        let store = try Store(path: path)
        let (event, run) = (try await store.unhandledEvents()[0], try await store.unendedRuns()[0])
        let planned = PlannedEvent(event, Planning(plans: [run.plan]))
        let made = try #require(try await store.handle([planned], at: Date()).first)
        #expect(try await store.run(made.id).plan == run.plan, "a plan of before is written as this version does")
        var end = FactWrite(run: run, facts: [Recorded(step: "after", fact: .ended(.passed), at: Date())])
        end.outcome = .passed
        try await store.append([end])
        #expect(try await store.run(run.id).outcome == .passed)
        #expect(try await store.unendedRuns().map(\.id) == [made.id])
        let change = try #require(try await store.openChanges().first)
        let write = GateWrite(notes: [.init(change: change.number, fact: .withdrawn)])
        _ = try await store.write(write, project: 1, target: "main", at: Date())
        #expect(try await store.openChanges().map(\.key) == ["open"])
    }
}
