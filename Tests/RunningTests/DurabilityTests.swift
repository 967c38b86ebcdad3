@testable import Running
import Events
import Executing
import Fixtures
import Foundation
import Notices
import Plans
import Projects
import Runs
import ScriptedExecution
import Store
import Testing

/// What survives a full disk and the end of the process.
@Suite(.timeLimit(.minutes(10))) struct DurabilityTests {
    let fixture: EngineFixture
    var machine: ScriptedMachine { fixture.machine }
    var store: Store { fixture.store }

    init() throws { fixture = try EngineFixture() }

    private static let channels = """
        [{"name":"ops","kinds":["failure","drift"],"pipelines":[],
          "way":{"email":{"_0":{"to":["a@b.org"],"from":"e@f.org","server":"smtp://x","isEncrypted":true}}},"quiet":0}]
        """

    private func driftEvents() async throws -> Int {
        try await store.events(limit: 100).count { $0.event.event.kind == "drift" }
    }

    // CASES: R9
    @Test(arguments: [true, false]) func aRunThatEndsWhileItsCancellationIsNotDurableEndsOnce(passes: Bool) async throws
    {
        let latch = Latch()
        var plan = SamplePlan(SampleStep("watch"), SampleStep("lost"))
        plan.channels = Self.channels
        plan.steps[1].retries = passes ? 1 : 0
        try await fixture.push(plan)
        let found = ["drift": "detected", "drift_reason": "age"]
        machine.script(
            "watch", Script(passes ? .passed : .failed(exitCode: 1), values: found, end: latch, stopsAs: nil))
        machine.script("lost", Script(passes ? .passed : .lost(reason: "gone")))
        try await fixture.withEngine { work in
            try await machine.started(1, "watch")
            try await work.until { try await store.run(1).progress["lost"].state.outcome != nil }
            try fixture.disk.fill()
            // The person gets no answer before the request is durable. Others make the same request.
            let cancels = (0..<3).map { _ in Task { try await work.engine.cancel(1) } }
            try await work.eventually { await work.engine.progress(1)?.isStopping ?? false }
            latch.open()
            try await work.until { await work.engine.progress(1)?.outcome != nil }
            let late = Task { try await work.engine.cancel(1) }
            await work.engine.endOverdue()
            #expect(try await store.run(1).outcome == nil)
            try fixture.disk.free()
            for cancel in cancels + [late] { _ = await cancel.result }
            let run = try await work.end(of: 1)
            #expect(run.outcome == (passes ? .passed : .failed))
            #expect(
                run.facts.count { $0.step == "watch" && $0.fact == .ended(passes ? .passed : .failed(exitCode: 1)) }
                    == 1)
            #expect(try await driftEvents() == (passes ? 1 : 0))
            let notices = try await store.notices().map(\.notice.kind)
            #expect(Set(notices).count == notices.count && notices.count == 1, "\(notices)")
            await #expect(throws: (any Error).self) { try await work.engine.retry(passes ? 1 : 99) }
        }
    }

    // CASES: R9
    /// The cancellation itself ends the run: of the steps that are not running, the only one left would have been retried.
    @Test func aRunThatItsCancellationEndsEndsOnce() async throws {
        var plan = SamplePlan(SampleStep("a"))
        plan.channels = Self.channels
        try await fixture.push(plan)
        machine.script("a", Script(.failed(exitCode: 1), end: Latch()))
        try await fixture.withEngine { work in
            try await machine.started(1, "a")
            try await work.eventually { try await !store.run(1).facts.isEmpty }
            try fixture.disk.fill()
            let cancels = (0..<4).map { _ in Task { try await work.engine.cancel(1) } }
            try await work.eventually { await work.engine.progress(1)?.isStopping ?? false }
            try fixture.disk.free()
            for cancel in cancels { _ = await cancel.result }
            let run1 = try await work.end(of: 1)
            #expect(run1.outcome == .cancelled)
            #expect(try await store.run(1).facts.count { $0.fact == .ended(.cancelled) } == 1)
        }
    }

    @Test func aRunThatWasLiveIsTakenUpByTheNextProcessAndStartedOnce() async throws {
        let latch = Latch()
        try await fixture.push(SamplePlan(SampleStep("a"), SampleStep("b", needs: ["a"])))
        machine.script("a", Script(values: ["x": "1"], end: latch))
        try await fixture.withEngine { _ in try await machine.started(1, "a") }
        #expect(try await store.run(1).outcome == nil)
        latch.open()
        try await fixture.withEngine { work in
            let run = try await work.end(of: 1)
            #expect(run.outcome == .passed && run.progress["a"].values == ["x": "1"])
            #expect(machine.starts.map(\.step) == ["a", "b"])
        }
    }

    /// The process died between starting the command and recording that.
    @Test func aStartThatNobodyWroteDownIsFound() async throws {
        let latch = Latch()
        let event = try await fixture.push(SamplePlan(SampleStep("a")))
        machine.script("a", Script(end: latch))
        let planning = Planning(plans: [try SamplePlan(SampleStep("a")).plan()])
        let run = try #require(try await store.handle([PlannedEvent(event, planning)], at: Date()).first)
        let job = Job(
            attempt: Attempt(run: run.id, step: "a", number: 1), step: run.plan.steps[0], run: run,
            progress: run.progress, command: "true", repository: "/clinic.git")
        try await ScriptedExecutor(on: machine).start(job)
        try await fixture.withEngine { work in
            try await work.eventually { try await store.run(1).progress["a"].attempts == 1 }
            latch.open()
            let run2 = try await work.end(of: 1)
            #expect(run2.outcome == .passed)
            #expect(machine.starts.count == 1)
        }
    }

    @Test func whatWasToBeReplacedIsWhenTheNextProcessTakesUp() async throws {
        var plan = SamplePlan(SampleStep("a"))
        plan.supersede = .running
        for _ in 0..<4 {
            let event = try await fixture.push(plan)
            _ = try await store.handle([PlannedEvent(event, Planning(plans: [try plan.plan()]))], at: Date())
        }
        try await fixture.withEngine { work in
            for old in Int64(1)...3 {
                let run3 = try await work.end(of: old)
                #expect(run3.progress["a"].state.outcome == .superseded(by: old + 1))
            }
            let run4 = try await work.end(of: 4)
            #expect(run4.outcome == .passed)
            #expect(machine.starts.map(\.run) == [4])
        }
    }

    /// A request that a dead process recorded is still carried out.
    @Test func aCancellationOutlivesTheProcessThatHeardIt() async throws {
        let latch = Latch()
        try await fixture.push(SamplePlan(SampleStep("a"), SampleStep("b", needs: ["a"])))
        machine.script("a", Script(end: latch, stopsAs: nil))
        try await fixture.withEngine { work in
            try await machine.started(1, "a")
            try await work.eventually { try await !store.run(1).facts.isEmpty }
            try await work.engine.cancel(1)
        }
        let asked = machine.stops.count
        try await fixture.withEngine { work in
            try await work.eventually { machine.stops.count > asked }
            machine.lose(machine.starts[0])
            let run5 = try await work.end(of: 1)
            #expect(run5.outcome == .cancelled)
            #expect(machine.starts.count == 1)
        }
    }
}
