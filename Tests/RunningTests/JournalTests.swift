import Events
import Executing
import Fixtures
import Foundation
import Logging
import Plans
import Projects
@testable import Running
import Runs
import ScriptedExecution
import Store
import Synchronization
import Testing

/// Facts on their way to the disk.
@Suite(.timeLimit(.minutes(10))) struct JournalTests {
    let fixture: EngineFixture
    let run: StoredRun
    let journal: Journal
    var store: Store { fixture.store }

    init() async throws {
        fixture = try EngineFixture()
        let plan = SamplePlan(SampleStep("a"))
        let event = try await fixture.push(plan)
        let planned = PlannedEvent(event, Planning(plans: [try plan.plan()]))
        run = try #require(try await fixture.store.handle([planned], at: Date()).first)
        journal = Journal(store: fixture.store, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    }

    /// Queue writes, `count` of them, in order.
    private func queue(_ count: Int, told: (@Sendable () async -> Void)? = nil) -> [Task<Void, Never>] {
        (0..<count).map { number in
            let fact = Recorded(step: "a", fact: .waiting(reason: "\(number)"), at: Date())
            // Runs at once, up to its first suspension.
            return Task.immediate { [journal, run] in
                await journal.write(FactWrite(run: run, facts: [fact]))
                await told?()
            }
        }
    }

    private func stored() async throws -> [StepFact] { try await store.run(run.id).facts.map(\.fact) }

    private func facts(_ count: Int) -> [StepFact] { (0..<count).map { .waiting(reason: "\($0)") } }

    @Test func whatIsToldTogetherIsWrittenTogetherInItsOrder() async throws {
        let seen = Mutex<[Int]>([])
        let writes = queue(100) {
            let count = (try? await stored().count) ?? 0
            seen.withLock { $0.append(count) }
        }
        let work = Task { await journal.run() }
        for write in writes { await write.value }
        #expect(try await stored() == facts(100))
        #expect(seen.withLock { $0 } == Array(repeating: 100, count: 100), "whoever is told finds all of the batch")
        journal.close()
        await work.value
    }

    @Test func aDiskThatTakesNothingIsTriedAgainAndNobodyIsToldBefore() async throws {
        try fixture.disk.fill()
        let told = Mutex(0)
        let writes = queue(3) { told.withLock { $0 += 1 } }
        let work = Task { await journal.run() }
        #expect(try await stored().isEmpty && told.withLock { $0 } == 0)
        try fixture.disk.free()
        for write in writes { await write.value }
        #expect(try await stored() == facts(3))
        journal.close()
        await work.value
    }

    @Test func closingWritesWhatIsQueued() async throws {
        let writes = queue(3)
        journal.close()
        await journal.run()
        for write in writes { await write.value }
        #expect(try await stored() == facts(3))
        for write in queue(1) { await write.value }
        #expect(try await stored() == facts(3), "and nobody waits for what is told after it")
    }

    @Test func closingDoesNotWaitForADiskThatTakesNothing() async throws {
        try fixture.disk.fill()
        let writes = queue(3)
        journal.close()
        await journal.run()
        for write in writes { await write.value }
        #expect(try await stored().isEmpty)
    }
}
