import Changes
import Events
import Fixtures
import Foundation
import Plans
import Projects
import Runs
import Store
import Testing

@Suite struct StoreTests {
    let folder: TemporaryFolder
    let store: Store
    let a = ObjectID(String(repeating: "a", count: 40))!
    let b = ObjectID(String(repeating: "b", count: 40))!
    let now = Date(timeIntervalSince1970: 100)

    init() throws {
        folder = try TemporaryFolder()
        store = try Store(path: folder.path + "/s.sqlite")
    }

    func project(refs: [String: ObjectID] = [:]) async throws -> StoredProject {
        try await store.adopt(name: "clinic", repository: "/r.git", url: nil, refs: refs, at: now)
    }

    @Test func factsAreWrittenThroughToTheDisk() throws {
        #expect(try store.synchronousMode() == 2)
    }

    @Test func aNewFileMayBeOpenedByManyAtOnce() async throws {
        for turn in 0..<20 {
            let path = folder.path + "/new\(turn).sqlite"
            try await withThrowingTaskGroup { group in
                for _ in 0..<4 { group.addTask { try Store(path: path).close() } }
                try await group.waitForAll()
            }
        }
    }

    @Test func aLookStoresTipsAndEventsOnce() async throws {
        let project = try await project()
        let first = try await store.recordLook(project: project.id, now: ["refs/heads/main": a], among: nil, at: now)
        #expect(first.map(\.event) == [.push(RefMove(ref: "refs/heads/main", from: nil, to: a))])
        #expect(
            try await store.recordLook(project: project.id, now: ["refs/heads/main": a], among: nil, at: now).isEmpty)
        #expect(try await store.seenRefs(of: project.id) == ["refs/heads/main": a])
        let gone = try await store.recordLook(project: project.id, now: [:], among: ["refs/heads/main"], at: now)
        #expect(gone.map(\.event) == [.push(RefMove(ref: "refs/heads/main", from: a, to: nil))])
        #expect(try await store.unhandledEvents().map(\.id) == [first[0].id, gone[0].id])
    }

    @Test func whatWasThereWhenAProjectWasAdoptedIsNoEvent() async throws {
        let project = try await project(refs: ["refs/heads/old": a])
        #expect(
            try await store.recordLook(project: project.id, now: ["refs/heads/old": a], among: nil, at: now).isEmpty)
        _ = try await self.project(refs: ["refs/heads/new": b])
        #expect(try await store.seenRefs(of: project.id) == ["refs/heads/old": a], "adopting again changes nothing")
    }

    @Test func manyLooksAtOnceStoreEachMoveOnce() async throws {
        let project = try await project()
        let refs = Dictionary(uniqueKeysWithValues: (0..<200).map { ("refs/heads/b\($0)", a) })
        try await withThrowingTaskGroup(of: Int.self) { group in
            for _ in 0..<8 {
                group.addTask { try await store.recordLook(project: project.id, now: refs, among: nil, at: now).count }
            }
            var stored = 0
            for try await count in group { stored += count }
            #expect(stored == 200)
        }
    }

    @Test func anEventIsHandledOnceWithAllItsRuns() async throws {
        let run = try await makeRun()
        let event = try #require(try await store.events(limit: 1).first)
        #expect(event.planning?.skipped == ["other": .notTriggered(by: "push")])
        #expect(try await store.handle([PlannedEvent(event.event, Planning(plans: [run.plan]))], at: now).isEmpty)
        #expect(try await store.runRows().map(\.id) == [run.id])
        #expect(try await store.unhandledEvents().isEmpty)
    }

    @Test func severalEventsAreHandledTogether() async throws {
        let project = try await project()
        let refs: Set = ["refs/heads/one", "refs/heads/two"]
        let events = try await store.recordLook(
            project: project.id, now: Dictionary(uniqueKeysWithValues: refs.map { ($0, a) }), among: refs, at: now)
        let planned = try events.map { PlannedEvent($0, Planning(plans: [try samplePlan(a)])) }
        #expect(planned.count == 2)
        let runs = try await store.handle(planned, at: now)
        #expect(runs.map(\.event) == events.map(\.id))
        #expect(try await store.unhandledEvents().isEmpty)
        #expect(try await store.handle(planned, at: now).isEmpty)
    }

    @Test func registriesAreToldOncePerModelOfTheLatestRuns() async throws {
        let project = try await project()
        for (environment, models) in [("prod", ["old"]), ("prod", ["risk", "weight"]), ("dev", ["risk"])] {
            let plan = try samplePlan(a, environment: environment, models: models)
            _ = try await store.request(plan, project: project, at: now)
        }
        let models = try await store.registriesInUse().compactMap(\.model)
        #expect(models.sorted() == ["risk", "weight"])
    }

    @Test func aRunComesBackAsItsFactsTell() async throws {
        let run = try await makeRun()
        #expect(try await store.unendedRuns().map(\.id) == [run.id])
        let started = Recorded(step: "a", fact: .started(attempt: 1, incumbent: "4"), at: now)
        let reported = Recorded(step: "a", fact: .reported(values: ["k": "v"], outputs: ["o": "/p"]), at: now)
        let ended = Recorded(step: "a", fact: .ended(.failed(exitCode: 3)), at: now.addingTimeInterval(2))
        try await store.append([FactWrite(run: run, facts: [started])])
        var last = FactWrite(run: run, facts: [reported, ended])
        last.outcome = .failed
        try await store.append([last])
        let read = try await store.run(run.id)
        #expect(read.facts == [started, reported, ended])
        #expect(read.outcome == .failed && read.plan == run.plan)
        let row = try #require(try await store.runRows().first)
        #expect(row.startedAt == now && row.endedAt == now.addingTimeInterval(2) && row.outcome == .failed)
        #expect(try await store.unendedRuns().isEmpty)
    }

    @Test func aRunThatIsTriedAgainIsUnendedUntilItsNewEnd() async throws {
        let run = try await makeRun()
        var end = FactWrite(run: run, facts: [Recorded(step: "a", fact: .ended(.failed(exitCode: 3)), at: now)])
        end.outcome = .failed
        var again = FactWrite(run: run, facts: [Recorded(step: "a", fact: .retried, at: now)])
        again.reopens = true
        try await store.append([end, again])
        let open = try #require(try await store.unendedRuns().first)
        #expect(open.outcome == nil && open.progress["a"].state == .pending)
        let row = try #require(try await store.runRows().first)
        #expect(row.outcome == nil && row.endedAt == nil)
    }

    @Test func askingForWhatIsNotThereIsExplained() async throws {
        await #expect(throws: StoreError.noRun(9)) { try await store.run(9) }
        _ = try await project()
        await #expect(throws: StoreError.noProject("x", known: ["clinic"])) { try await store.project(named: "x") }
    }

    @Test func aProposalOpensAChangeAndAnotherPushUpdatesIt() async throws {
        let project = try await project()
        let ref = ProposalRef(key: "topic", target: "main").name
        for (head, title) in [(a, "one"), (b, "two")] {
            let events = try await store.recordLook(project: project.id, now: [ref: head], among: nil, at: now)
            let proposal = Proposal(key: "topic", target: "main", head: head)
            try await store.propose(proposal, from: events[0], author: "A", title: title, at: now)
            try await store.propose(proposal, from: events[0], author: "A", title: "doubled", at: now)
        }
        let open = try await store.openChanges()
        #expect(open.map(\.title) == ["two"] && open.map(\.head) == [b])
        let write = GateWrite(notes: [.init(change: open[0].number, fact: .merged(b))])
        _ = try await store.write(write, project: project.id, target: "main", window: 7, at: now)
        let window = try await store.window(project: project.id, target: "main")
        #expect(window == 7)
        #expect(try await store.openChanges().isEmpty)
        #expect(try await store.changes().map(\.state) == [.merged(b)])
    }

    @Test func whatIsStoredSurvivesReopening() async throws {
        let run = try await makeRun()
        try store.close()
        let again = try Store(path: folder.path + "/s.sqlite")
        #expect(try await again.unendedRuns().map(\.id) == [run.id])
    }

    func makeRun(branch: String = "main") async throws -> StoredRun {
        let project = try await project()
        let ref = "refs/heads/\(branch)"
        let events = try await store.recordLook(project: project.id, now: [ref: a], among: [ref], at: now)
        let planning = Planning(plans: [try samplePlan(a)], skipped: ["other": .notTriggered(by: "push")])
        return try #require(try await store.handle([PlannedEvent(events[0], planning)], at: now).first)
    }
}
