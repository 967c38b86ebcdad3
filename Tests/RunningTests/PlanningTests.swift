import Dispatch
import Events
import Executing
import Fixtures
import Foundation
import Plans
import Projects
@testable import Running
import Runs
import ScriptedExecution
import Store
import Testing

/// Events on their way to runs.
@Suite(.timeLimit(.minutes(10))) struct PlanningTests {
    let fixture: EngineFixture
    var store: Store { fixture.store }
    let plan = SamplePlan(SampleStep("a"))

    init() throws { fixture = try EngineFixture() }

    @Test func aProjectsEventsArePlannedInTheirOrder() async throws {
        for number in 0..<100 { try await fixture.push(plan, branch: "b\(number)") }
        try await fixture.withEngine { work in
            try await work.until { try await store.unhandledEvents().values.isEmpty }
            #expect(fixture.planner.asked == (0..<100).map { "clinic/b\($0)" })
            for run in Int64(1)...100 { try await work.end(of: run) }
        }
    }

    @Test func aProjectWhosePlannerBlocksHoldsUpNoOther() async throws {
        let goOn = DispatchSemaphore(value: 0)
        let begun = fixture.planner.hold("slow", until: goOn)
        let slow = try await fixture.push(plan, project: "slow")
        try await fixture.push(plan, project: "quick")
        let (slowProject, quickProject) = (slow.project, try await fixture.project("quick").id)
        try await fixture.withEngine(projects: ["slow", "quick"]) { work in
            defer { goOn.signal() }
            try await begun.wait()
            let run1 = try await work.end(of: 1)
            #expect(run1.project == quickProject)
            #expect(try await store.unhandledEvents().map(\.id) == [slow.id])
            try await fixture.push(plan, project: "quick")
            let run2 = try await work.end(of: 2)
            #expect(run2.project == quickProject, "nor what comes later")
            goOn.signal()
            let run3 = try await work.end(of: 3)
            #expect(run3.project == slowProject)
            #expect(fixture.planner.asked.count { $0 == "slow/main" } == 1, "and is not asked again meanwhile")
        }
    }

    @Test func anEventThatCannotBePlannedIsTriedAgainAndHoldsUpNoOtherProject() async throws {
        fixture.planner.fail("ill", times: 1)
        try await fixture.push(plan, project: "ill")
        try await fixture.push(plan, project: "well")
        let (illProject, wellProject) = (try await fixture.project("ill").id, try await fixture.project("well").id)
        try await fixture.withEngine(projects: ["ill", "well"]) { work in
            let run4 = try await work.end(of: 1)
            #expect(run4.project == wellProject)
            let run5 = try await work.end(of: 2)
            #expect(run5.project == illProject)
        }
    }

    @Test func whoWaitsForAPlanIsToldWhenItIsThere() async throws {
        let goOn = DispatchSemaphore(value: 0)
        let begun = fixture.planner.hold("clinic", until: goOn)
        let event = try await fixture.push(plan)
        try await fixture.withEngine { work in
            try await begun.wait()
            let waits = (0..<3).map { _ in Task { await work.engine.planned([event]) } }
            try await work.eventually { await work.engine.waiting[event.id]?.count == 3 }
            goOn.signal()
            for wait in waits { await wait.value }
            #expect(try await store.runs(ofEvent: event.id).count == 1)
            await work.engine.planned([event])
        }
    }

    @Test func anEngineThatEndsReleasesWhoWaits() async throws {
        let goOn = DispatchSemaphore(value: 0)
        let begun = fixture.planner.hold("clinic", until: goOn)
        let event = try await fixture.push(plan)
        var released: Task<Void, Never>?
        try await fixture.withEngine { work in
            try await begun.wait()
            released = Task { await work.engine.planned([event]) }
            try await work.eventually { await work.engine.waiting[event.id]?.count == 1 }
            await work.engine.close()
            await released?.value
            await work.engine.planned([event])
            goOn.signal()
        }
        // The next one plans what this one has not stored.
        try await fixture.push(plan)
        try await fixture.withEngine { work in
            try await work.until { try await store.unhandledEvents().values.isEmpty }
        }
    }
}
