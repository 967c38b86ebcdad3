import Events
import Executing
import Fixtures
import Foundation
import Home
import Plans
import Projects
@testable import Running
import Runs
import ScriptedExecution
import Store
import Testing

/// Runs from their event to their end: real store, scripted steps.
@Suite(.timeLimit(.minutes(10))) struct EngineTests {
    let fixture: EngineFixture
    var machine: ScriptedMachine { fixture.machine }
    var store: Store { fixture.store }

    init() throws { fixture = try EngineFixture() }

    private func steps(_ starts: [Attempt]) -> [String] { starts.map { "\($0)" } }

    @Test func anEventIsPlannedAndItsStepsRunInTheOrderOfTheirNeeds() async throws {
        try await fixture.push(
            SamplePlan(SampleStep("load"), SampleStep("train", needs: ["load"]), SampleStep("test", needs: ["train"])))
        machine.script("train", Script(values: ["loss": "0.1"]))
        try await fixture.withEngine { work in
            let run = try await work.end(of: 1)
            #expect(run.outcome == .passed && run.progress["train"].values == ["loss": "0.1"])
            #expect(steps(machine.starts) == ["1.load.1", "1.train.1", "1.test.1"])
            #expect(try await store.unhandledEvents().isEmpty)
        }
    }

    @Test func aFailureSkipsWhatNeedsItAndNothingElse() async throws {
        try await fixture.push(
            SamplePlan(SampleStep("bad"), SampleStep("after", needs: ["bad"]), SampleStep("other")))
        machine.script("bad", Script(.failed(exitCode: 3)))
        try await fixture.withEngine { work in
            let run = try await work.end(of: 1)
            #expect(run.outcome == .failed && run.failure == "bad: exit code 3")
            #expect(run.progress["after"].state.word == "skipped" && run.progress["other"].state.word == "passed")
        }
    }

    @Test func noMoreCommandsRunAtOnceThanThereAreSlots() async throws {
        let (first, second) = (Latch(), Latch())
        try await fixture.push(SamplePlan(SampleStep("a"), SampleStep("b"), SampleStep("c")))
        machine.script("a", Script(end: first))
        machine.script("b", Script(end: second))
        try await fixture.withEngine(slots: 2) { work in
            try await machine.started(1, "b")
            try await work.engine.startReady()
            #expect(steps(machine.starts).sorted() == ["1.a.1", "1.b.1"])
            first.open()
            try await machine.started(1, "c")
            second.open()
            let run1 = try await work.end(of: 1)
            #expect(run1.outcome == .passed)
        }
    }

    @Test func aStepRunsOnTheExecutorOfItsComputeWithinItsSlots() async throws {
        let latch = Latch()
        var (first, second) = (SampleStep("a"), SampleStep("b"))
        (first.executor, second.executor) = ("cluster", "cluster")
        try await fixture.push(SamplePlan(first, second, SampleStep("c")))
        fixture.cluster.script("a", Script(end: latch))
        try await fixture.withEngine(slots: 1) { work in
            try await machine.started(1, "c")
            try await fixture.cluster.started(1, "a")
            try await work.engine.startReady()
            #expect(steps(fixture.cluster.starts) == ["1.a.1"] && steps(machine.starts) == ["1.c.1"])
            latch.open()
            let run = try await work.end(of: 1)
            #expect(run.outcome == .passed && steps(fixture.cluster.starts) == ["1.a.1", "1.b.1"])
        }
    }

    @Test func aCancelledStepIsStoppedOnItsExecutor() async throws {
        var step = SampleStep("a")
        step.executor = "cluster"
        try await fixture.push(SamplePlan(step))
        fixture.cluster.script("a", Script(end: Latch()))
        try await fixture.withEngine { work in
            try await fixture.cluster.started(1, "a")
            try await work.engine.cancel(1)
            let run = try await work.end(of: 1)
            #expect(run.outcome == .cancelled)
        }
    }

    @Test func anExecutorThatIsNotHereRefusesTheStepAndStartsNothing() async throws {
        var step = SampleStep("a")
        step.executor = "mainframe"
        try await fixture.push(SamplePlan(step))
        try await fixture.withEngine { work in
            let run = try await work.end(of: 1)
            #expect(run.outcome == .failed && run.failure.contains("no executor is named 'mainframe'"))
        }
    }

    @Test func whatNeedsAStepWaitsUntilItsEndIsDurable() async throws {
        let latch = Latch()
        try await fixture.push(SamplePlan(SampleStep("load"), SampleStep("train", needs: ["load"])))
        machine.script("load", Script(end: latch))
        try await fixture.withEngine { work in
            try await machine.started(1, "load")
            try await work.eventually { try await !store.run(1).facts.isEmpty }
            try fixture.disk.fill()
            latch.open()
            try await work.until { await work.engine.progress(1)?["load"].state.outcome == .passed }
            try await work.engine.startReady()
            #expect(steps(machine.starts) == ["1.load.1"])
            #expect(try await store.run(1).progress["load"].state.outcome == nil)
            try fixture.disk.free()
            try await machine.started(1, "train")
            #expect(try await store.run(1).progress["load"].state.outcome == .passed)
            try await work.end(of: 1)
        }
    }

    @Test func aLostStepIsTriedAgainAsOftenAsItMayBe() async throws {
        try await fixture.push(SamplePlan(SampleStep("a")), branch: "one")
        try await fixture.push(SamplePlan(SampleStep("b")), branch: "two")
        machine.script("a", attempt: 1, Script(.lost(reason: "gone")))
        machine.script("b", Script(.lost(reason: "gone")))
        try await fixture.withEngine { work in
            let run2 = try await work.end(of: 1)
            #expect(run2.outcome == .passed)
            let run3 = try await work.end(of: 2)
            #expect(run3.outcome == .lost)
            #expect(steps(machine.starts).sorted() == ["1.a.1", "1.a.2", "2.b.1", "2.b.2"])
        }
    }

    @Test func aStartThatTheStepHasToChangeIsRefusedAndOneThatFailsIsTriedAgain() async throws {
        try await fixture.push(SamplePlan(SampleStep("a")), branch: "one")
        try await fixture.push(SamplePlan(SampleStep("b")), branch: "two")
        machine.script("a", Script(failure: DaemonError.refused("it gave no output")))
        machine.script("b", attempt: 1, Script(failure: POSIXError(.EIO)))
        try await fixture.withEngine { work in
            let refused = try await work.end(of: 1)
            #expect(refused.outcome == .failed && refused.failure.contains("it gave no output"))
            let run4 = try await work.end(of: 2)
            #expect(run4.outcome == .passed)
            #expect(steps(machine.starts) == ["2.b.2"])
        }
    }

    @Test func aCancelledRunStopsWhatIsAtWorkAndStartsNothingMore() async throws {
        try await fixture.push(SamplePlan(SampleStep("a"), SampleStep("b", needs: ["a"])))
        machine.script("a", Script(end: Latch()))
        try await fixture.withEngine { work in
            try await machine.started(1, "a")
            try await work.engine.cancel(1)
            let run = try await work.end(of: 1)
            #expect(run.outcome == .cancelled)
            #expect(steps(machine.starts) == ["1.a.1"] && machine.stops.contains(machine.starts[0]))
            await #expect(throws: DaemonError.self) { try await work.engine.cancel(1) }
        }
    }

    @Test func whatEndedBeforeItHeardTheWishKeepsItsOwnEnd() async throws {
        let latch = Latch()
        try await fixture.push(SamplePlan(SampleStep("a")))
        machine.script("a", Script(.failed(exitCode: 2), end: latch, stopsAs: nil))
        try await fixture.withEngine { work in
            try await machine.started(1, "a")
            try await work.engine.cancel(1)
            latch.open()
            let run5 = try await work.end(of: 1)
            #expect(run5.failure == "a: exit code 2")
        }
    }

    @Test func aNewRunReplacesAnOlderOneOfItsLine() async throws {
        var plan = SamplePlan(SampleStep("a"))
        plan.supersede = .running
        try await fixture.push(plan)
        machine.script("a", run: 1, Script(end: Latch()))
        try await fixture.withEngine { work in
            try await machine.started(1, "a")
            try await fixture.push(plan)
            work.bells.turn.ring()
            let old = try await work.end(of: 1)
            #expect(old.outcome == .superseded && old.progress["a"].state.outcome == .superseded(by: 2))
            let run6 = try await work.end(of: 2)
            #expect(run6.outcome == .passed)
        }
    }

    @Test func aRunWhoseWholeTimeIsOverIsEndedThen() async throws {
        var plan = SamplePlan(SampleStep("a"))
        plan.timeout = 1
        try await fixture.push(plan)
        machine.script("a", Script(end: Latch()))
        try await fixture.withEngine { work in
            let run = try await work.end(of: 1)
            #expect(run.outcome == .timedOut && run.progress["a"].state.outcome == .timedOut(seconds: 1))
        }
    }

    @Test func aResultOfAnEarlierRunIsTakenInsteadOfRunningTheStepAgain() async throws {
        var step = SampleStep("train")
        (step.key, step.outputs) = ("k", ["model"])
        let file = KeptFile(path: "model", mode: 0o644, size: 1, content: .bytes(sha256: "d"))
        let kept = KeptResult(values: ["loss": "1"], outputs: ["model": "model"], files: [file])
        machine.script("train", Script(values: ["loss": "1"], outputs: ["model": "model"], kept: kept))
        try await fixture.push(SamplePlan(step))
        try await fixture.withEngine { work in
            try await work.end(of: 1)
            try await fixture.push(SamplePlan(step))
            let run = try await work.end(of: 2)
            #expect(run.outcome == .passed && run.progress["train"].state.outcome == .reused(run: 1))
            #expect(run.progress["train"].values == ["loss": "1"])
            #expect(run.progress["train"].outputs.keys.sorted() == ["model"])
            #expect(steps(machine.starts) == ["1.train.1"])
            machine.damageKeptResults()
            try await fixture.push(SamplePlan(step))
            let run7 = try await work.end(of: 3)
            #expect(run7.progress["train"].state.outcome == .passed, "a damaged one is made anew")
            #expect(steps(machine.starts) == ["1.train.1", "3.train.1"])
        }
    }

    @Test func whatDidNotPassCanBeTriedAgain() async throws {
        try await fixture.push(SamplePlan(SampleStep("a"), SampleStep("b", needs: ["a"])))
        machine.script("b", attempt: 1, Script(.failed(exitCode: 1)))
        try await fixture.withEngine { work in
            try await work.end(of: 1)
            try await work.engine.retry(1)
            let run8 = try await work.end(of: 1)
            #expect(run8.outcome == .passed)
            #expect(steps(machine.starts) == ["1.a.1", "1.b.1", "1.b.2"])
            await #expect(throws: DaemonError.self) { try await work.engine.retry(1) }
        }
    }

    /// Two commands at the same moment: otherwise the second would lose track of what the first has started.
    @Test func aRunThatTwoAskToRetryIsRetriedOnce() async throws {
        try await fixture.push(SamplePlan(SampleStep("a")))
        machine.script("a", attempt: 1, Script(.failed(exitCode: 1)))
        machine.script("a", attempt: 2, Script(end: Latch()))
        try await fixture.withEngine { work in
            try await work.end(of: 1)
            let refused = try await withThrowingTaskGroup(of: Bool.self) { group in
                for _ in 0..<8 {
                    group.addTask {
                        do { try await work.engine.retry(1) } catch is DaemonError { return true }
                        return false
                    }
                }
                return try await group.reduce(0) { $0 + ($1 ? 1 : 0) }
            }
            #expect(refused == 7)
            try await machine.started(1, "a", attempt: 2)
            #expect(try await store.run(1).facts.count { $0.fact == .retried } == 1)
        }
    }
}
