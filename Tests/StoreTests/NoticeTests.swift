import Digests
import Events
import Fixtures
import Foundation
import Notices
import Plans
import ProjectFiles
import Projects
import Promotion
import Runs
import Schedules
import Store
import Testing

/// A notice is stored once, together with the fact that it reports.
@Suite struct NoticeTests {
    let fixture: StoreTests
    var store: Store { fixture.store }
    var now: Date { fixture.now }

    init() throws { fixture = try StoreTests() }

    init(_ fixture: StoreTests) { self.fixture = fixture }

    static let channels = """
        [{"name":"ops","kinds":["failure","recovery","missed","drift","promotion","rollback","approval"],"pipelines":[],
          "way":{"email":{"_0":{"to":["a@b.org","c@d.org"],"from":"e@f.org","server":"smtp://x","isEncrypted":true}}},
          "quiet":900}]
        """

    /// A new run of main, the `number`th.
    func makeRun(_ number: Int, channels: String = channels) async throws -> StoredRun {
        let project = try await fixture.project()
        let tip = ObjectID(String(repeating: "\(number)", count: 40))!
        let events = try await store.recordLook(
            project: project.id, now: ["refs/heads/main": tip], among: ["refs/heads/main"], at: now)
        let planning = Planning(plans: [try samplePlan(tip, channels: channels)])
        return try #require(try await store.handle([PlannedEvent(events[0], planning)], at: now).first)
    }

    /// The write that ends a run.
    func end(_ run: StoredRun, as outcome: Outcome, at time: Date, before: [Recorded] = []) -> FactWrite {
        let facts = [
            Recorded(step: "a", fact: .started(attempt: 1, incumbent: nil), at: time),
            Recorded(step: "a", fact: .ended(outcome), at: time),
        ]
        var write = FactWrite(run: run, facts: facts)
        let progress = RunProgress(run.plan, facts: before + facts)
        write.outcome = progress.outcome
        write.end = (progress, ["the end"])
        return write
    }

    func told() async throws -> [StoredNotice] { try await store.notices().reversed() }

    func titles() async throws -> [String] {
        try await told().filter { $0.recipient == "a@b.org" }.map { "\($0.notice.kind) \($0.notice.run)" }
    }

    /// Take all due messages, as a sender does.
    func sendAll(at time: Date) async throws -> [StoredNotice] {
        var sent: [StoredNotice] = []
        for lane in try await store.openLanes().keys {
            while let (notice, channel) = try await store.takeNotice(from: lane, at: time) {
                #expect(channel?.name == "ops")
                try await store.markSent(notice, at: time)
                sent.append(notice)
            }
        }
        return sent
    }

    @Test func eachRecipientIsToldByItself() async throws {
        let run = try await makeRun(1)
        try await store.append([end(run, as: .failed(exitCode: 3), at: now)])
        let told = try await told()
        #expect(told.map(\.recipient) == ["a@b.org", "c@d.org"] && Set(told.map(\.key)).count == 2)
        let steps = RunProgress(run.plan, facts: end(run, as: .failed(exitCode: 3), at: now).facts).failedSteps
        #expect(told[0].notice.about == .failure(outcome: .failed, steps: steps, log: ["the end"]))
        #expect(told.allSatisfy { $0.key.wholeMatch(of: /[0-9a-f]{32}/) != nil })
        #expect(try await sendAll(at: now).count == 2)
        #expect(try await store.openLanes().isEmpty)
    }

    @Test func theFactAndWhatTellsOfItAreStoredTogetherOrNotAtAll() async throws {
        let run = try await makeRun(1)
        let good = end(run, as: .failed(exitCode: 3), at: now)
        // A run of another store, which this one does not have: its facts cannot be stored.
        let other = try NoticeTests()
        _ = try await other.makeRun(1)
        let bad = FactWrite(
            run: try await other.makeRun(2), facts: [Recorded(step: "a", fact: .ended(.passed), at: now)])
        await #expect(throws: (any Error).self) { try await store.append([good, bad]) }
        #expect(try await told().isEmpty)
        #expect(try await store.run(run.id).outcome == nil)
        try await store.append([good])
        #expect(try await told().count == 2)
        #expect(try await store.run(run.id).outcome == .failed)
    }

    @Test func aRecoveryIsOfTheSameBranchAndPipeline() async throws {
        let runs = [try await makeRun(1), try await makeRun(2), try await makeRun(3), try await makeRun(4)]
        try await store.append([end(runs[0], as: .passed, at: now)])
        try await store.append([end(runs[1], as: .failed(exitCode: 1), at: now)])
        _ = try await sendAll(at: now)
        try await store.append([end(runs[2], as: .cancelled, at: now)])
        try await store.append([end(runs[3], as: .passed, at: now)])
        #expect(try await titles() == ["failure \(runs[1].id)", "recovery \(runs[3].id)"])
        #expect(try await told().last?.notice.about == .recovery(after: runs[1].id))
    }

    @Test func anOlderRunThatPassesLateIsNoRecovery() async throws {
        let runs = [try await makeRun(1), try await makeRun(2), try await makeRun(3)]
        try await store.append([end(runs[0], as: .failed(exitCode: 1), at: now)])
        try await store.append([end(runs[2], as: .failed(exitCode: 1), at: now)])
        try await store.append([end(runs[1], as: .passed, at: now)])
        #expect(try await Set(told().map(\.notice.kind)) == [.failure])
    }

    @Test func aRunThatPassesWhenItIsTriedAgainIsARecovery() async throws {
        let run = try await makeRun(1)
        let failed = end(run, as: .failed(exitCode: 1), at: now)
        try await store.append([failed])
        _ = try await sendAll(at: now)
        let retried = Recorded(step: "a", fact: .retried, at: now)
        var again = FactWrite(run: run, facts: [retried])
        again.reopens = true
        try await store.append([again])
        let facts = [
            Recorded(step: "a", fact: .started(attempt: 2, incumbent: nil), at: now),
            Recorded(step: "a", fact: .ended(.passed), at: now),
        ]
        var passed = FactWrite(run: run, facts: facts)
        let progress = RunProgress(run.plan, facts: failed.facts + [retried] + facts)
        (passed.outcome, passed.end) = (progress.outcome, (progress, []))
        try await store.append([passed])
        #expect(try await told().last?.notice.about == .recovery(after: run.id))
    }

    @Test func whatComesInAQuietTimeIsToldTogetherWhenItIsOver() async throws {
        for number in 1...5 {
            let run = try await makeRun(number)
            let time = now.addingTimeInterval(Double(number) * 60)
            try await store.append([end(run, as: .failed(exitCode: 1), at: time)])
            if number == 1 { #expect(try await sendAll(at: time).count == 2) }
        }
        let waiting = try await told().filter { $0.state != .sent(at: now.addingTimeInterval(60)) }
        #expect(waiting.map(\.notice.count) == [4, 4])
        let due = now.addingTimeInterval(60 + 900)
        #expect(waiting.map(\.state) == [.waiting(until: due), .waiting(until: due)])
        #expect(try await sendAll(at: due.addingTimeInterval(-1)).isEmpty)
        #expect(try await sendAll(at: due).map(\.notice.count) == [4, 4])
    }

    @Test func whatASenderHasInHandStaysAsItIs() async throws {
        try await store.append([end(try await makeRun(1), as: .failed(exitCode: 1), at: now)])
        let lane = try #require(try await store.openLanes().keys.first)
        let (taken, _) = try #require(try await store.takeNotice(from: lane, at: now))
        try await store.append([end(try await makeRun(2), as: .failed(exitCode: 1), at: now)])
        let (again, _) = try #require(try await store.takeNotice(from: lane, at: now))
        #expect(again == taken && taken.notice.count == 1, "the daemon died: the same is sent once more")
        let counts = try await told().map(\.notice.count)
        #expect(counts == [1, 2, 1], "the other recipient's was in nobody's hand")
    }

    @Test func aRecoveryTakesThePlaceOfFailuresThatNobodyWasTold() async throws {
        try await store.append([end(try await makeRun(1), as: .failed(exitCode: 1), at: now)])
        _ = try await sendAll(at: now)
        try await store.append([end(try await makeRun(2), as: .failed(exitCode: 1), at: now)])
        try await store.append([end(try await makeRun(3), as: .passed, at: now)])
        #expect(try await titles() == ["failure 1", "failure 2", "recovery 3"])
        let replaced = try await told().filter { $0.state == .replaced }
        #expect(replaced.map(\.notice.run) == [2, 2])
        #expect(try await sendAll(at: now).map(\.notice.kind) == [.recovery, .recovery])
        // The quiet time of the failure that was sent still applies.
        try await store.append([end(try await makeRun(4), as: .failed(exitCode: 1), at: now)])
        #expect(try await sendAll(at: now.addingTimeInterval(899)).isEmpty)
        #expect(try await sendAll(at: now.addingTimeInterval(900)).map(\.notice.run) == [4, 4])
    }

    @Test func whatIsRefusedAndWhatWaitsIsShownUntilItIsTaken() async throws {
        try await store.append([end(try await makeRun(1), as: .failed(exitCode: 1), at: now)])
        let lane = try #require(try await store.openLanes().keys.first)
        let (first, _) = try #require(try await store.takeNotice(from: lane, at: now))
        try await store.markFailed(first, because: "no", next: nil, at: now)
        let (second, _) = try #require(try await store.takeNotice(from: lane, at: now))
        #expect(second.id != first.id, "what is given up is in nobody's way")
        try await store.markFailed(second, because: "later", next: now.addingTimeInterval(9), at: now)
        let troubled = try await store.notices(troubledSince: now)
        #expect(troubled.map(\.trouble) == ["later", "no"] && troubled.map(\.attempts) == [1, 1])
        #expect(troubled.map(\.state) == [.waiting(until: now.addingTimeInterval(9)), .undelivered])
        #expect(try await store.takeNotice(from: lane, at: now) == nil)
        #expect(try await store.openLanes() == [lane: now.addingTimeInterval(9)])
        #expect(try await sendAll(at: now.addingTimeInterval(9)).map(\.id) == [second.id])
        #expect(try await store.notices(troubledSince: now).map(\.id) == [first.id])
        #expect(try await store.notices(troubledSince: now.addingTimeInterval(1)).isEmpty)
    }

    @Test func whoHasNoChannelIsToldNothing() async throws {
        try await store.append([end(try await makeRun(1, channels: "[]"), as: .failed(exitCode: 1), at: now)])
        let deaf = Self.channels.replacing("\"failure\",", with: "")
        try await store.append([end(try await makeRun(2, channels: deaf), as: .failed(exitCode: 1), at: now)])
        #expect(try await told().isEmpty)
    }

    @Test func forgesAreTellableBesidePeople() async throws {
        let project = try await fixture.project()
        let link = ForgeLink(
            kind: "github", api: nil, repository: "o/n", tokenFile: nil, secretFile: nil, landing: .push)
        try await store.link(link, to: project.id)
        let run = try await makeRun(1)
        try await store.append([end(run, as: .failed(exitCode: 1), at: now)])
        let messages = try await store.dueMessages(of: project.id, at: now)
        #expect(messages.map(\.message) == [.run(run.id), .run(run.id)], "planned, and ended")
        #expect(try await store.nextMessages().keys.sorted() == [project.id])
        #expect(try await store.dueMessages(of: project.id + 1, at: now).isEmpty)
        #expect(try await sendAll(at: now).count == 2)
        #expect(try await store.dueMessages(of: project.id, at: now) == messages)
        try await store.done(messages[1], at: now)
        #expect(try await store.nextMessages().isEmpty)
        #expect(try await store.dueMessages(of: project.id, at: now).isEmpty)
    }

    @Test func missedFiresAreToldByTheRunThatMadeTheScheduleLive() async throws {
        let run = try await makeRun(1)
        var passed = end(run, as: .passed, at: now)
        let files = [
            "environments/prod.yml": "branches: [main]",
            "pipelines/nightly.yml":
                "on: { schedule: { cron: '0 0 2 * * ?', environment: prod } }\nsteps: { a: { run: x } }",
        ]
        let project = try Project.read(readSources(files.mapValues { Array($0.utf8) }), fallbackName: "clinic")
        let rule = try #require(project.pipelines[0].triggers.schedule)
        passed.schedules = ["nightly": ReleasedSchedule(rule)]
        try await store.append([passed])
        let missed = MissedFire(schedule: "nightly", logicalTime: now, reason: "the daemon was down", count: 3)
        try await store.tell(missed, project: run.project, at: now)
        try await store.tell(missed, project: run.project, at: now)
        let told = try await told()
        #expect(told.map(\.notice.kind) == [.missed, .missed] && told.map(\.notice.count) == [6, 6])
        #expect(told[0].notice.pipeline == "nightly" && told[0].notice.run == run.id)
        try await store.tell(
            MissedFire(schedule: "unknown", logicalTime: now, reason: "x", count: 1), project: run.project, at: now)
        #expect(try await self.told().count == 2)
    }

    @Test func whatAScheduleDecidedIsToldWhereItDidNotSimplyFireInTime() async throws {
        let run = try await makeRun(1)
        var passed = end(run, as: .passed, at: now)
        let files = [
            "environments/prod.yml": "branches: [main]",
            "pipelines/nightly.yml":
                "on: { schedule: { cron: '0 0 2 * * ?', environment: prod } }\nsteps: { a: { run: x } }",
        ]
        let project = try Project.read(readSources(files.mapValues { Array($0.utf8) }), fallbackName: "clinic")
        passed.schedules = ["nightly": ReleasedSchedule(try #require(project.pipelines[0].triggers.schedule))]
        try await store.append([passed])
        let schedule = try #require(try await store.liveSchedules().first)
        func decide(_ moment: Moment, late: TimeInterval = 0) async throws {
            _ = try await store.decide(
                [FireDecision(schedule, [moment], pinned: nil)], now: moment.logicalTime.addingTimeInterval(late))
        }
        try await decide(Moment(now.addingTimeInterval(1)), late: onTime)
        try await decide(Moment(now.addingTimeInterval(2), skipped: .paused(by: "ann"), missed: 9))
        #expect(try await told().filter { $0.notice.kind == .missed }.isEmpty, "in time, and as somebody wanted it")
        try await decide(Moment(now.addingTimeInterval(3), missed: 2))
        try await decide(Moment(now.addingTimeInterval(4), skipped: .late, missed: 1))
        try await decide(Moment(now.addingTimeInterval(5)), late: onTime + 1)
        let told = try await told().filter { $0.notice.kind == .missed }
        #expect(told.map(\.notice.count) == [5, 5], "two channels: 2, 2 and 1 moments, folded")
    }

    @Test func decisionsAreToldWithWhatBecomesOfThem() async throws {
        let run = try await makeRun(1)
        func decide(_ step: String, _ decision: Decision, move: AliasMove?, approvals: Int? = nil) async throws
            -> StoredDecision
        {
            let body = DecisionBody(
                project: "clinic", environment: "prod", run: run.id, commit: "c", configurationDigest: "d",
                datasets: [:], model: "m", challenger: "2", champion: "1", evidenceSHA256: nil,
                rules: PromotionRules(), decision: decision, approvalsNeeded: approvals)
            return try await store.decide(
                body, step: step, project: run.project, on: move?.alias ?? "champion", move: move, asOf: now,
                at: now
            ) { sha256($0) }
        }
        let move = AliasMove(model: "m", alias: "champion", from: "1", to: "2")
        let back = Promotion.decide(restoringFor: "somebody", because: "of alarms")
        func last() async throws -> DecidedMove? {
            guard case .decision(let move)? = try await told().last?.notice.about else { return nil }
            return move
        }
        _ = try await decide("held", Promotion.decide(unreadable: .noRows), move: nil)
        let held = try #require(try await last())
        #expect(held.standing == .held && held.reasons.count == 1)
        let count = try await told().count
        let moved = try await decide("moved", back, move: move)
        #expect(try await told().count == count, "it is intended, and nothing has moved yet")
        try await store.confirmMove(of: moved.id, at: now)
        try await store.confirmMove(of: moved.id, at: now)
        let done = try #require(try await last())
        #expect(done.standing == .moved && done.isRollback && done.from == "1")
        #expect(try await told().count == count + 2, "confirmed twice, told once")
        let waits = try await decide(
            "waits", back, move: AliasMove(model: "m", alias: "best", from: nil, to: "2"), approvals: 2)
        #expect(try await last()?.standing == .waits(approvals: 2))
        try await store.voidMove(of: waits.id, because: "it has gone", at: now)
        // Folded into the rollback above, which has not been taken for sending yet.
        let void = try await told().filter { $0.notice.kind == .rollback }
        #expect(void.map(\.notice.count) == [2, 2])
        guard case .decision(let fate)? = void.first?.notice.about else { return }
        #expect(fate.standing == .void(because: "it has gone"))
    }
}
