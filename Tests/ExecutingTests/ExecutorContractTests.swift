import Executing
import Fixtures
import Foundation
import Home
import Minding
import Plans
import Runs
import ScriptedExecution
import Testing

/// What every executor promises: each test is a sentence of `Executor`'s comment.
@Suite(.timeLimit(.minutes(10))) struct ExecutorContractTests {
    @Test(arguments: Place.allCases) func anAttemptThatWasStartedIsKnownToEverybody(place: Place) async throws {
        let subject = try place.subject()
        let (first, job) = (subject.executor(), try subject.job(Behaviour(waits: true)))
        #expect(try !first.wasStarted(job.attempt))
        try await first.start(job)
        #expect(try first.wasStarted(job.attempt))
        let second = subject.executor()
        #expect(try second.wasStarted(job.attempt), "while it is at work")
        #expect(try !second.wasStarted(subject.job(attempt: 2).attempt), "and another attempt is another")
        subject.letGo()
        #expect(try await second.result(of: job).outcome == .passed)
        #expect(try first.wasStarted(job.attempt) && second.wasStarted(job.attempt), "and when it has ended")
    }

    @Test(arguments: Place.allCases) func anAttemptIsStartedOnceWhoeverAsksHowOften(place: Place) async throws {
        let subject = try place.subject()
        let (executor, job) = (subject.executor(), try subject.job(Behaviour(prints: ["begun"], waits: true)))
        try await withThrowingTaskGroup { group in
            for _ in 0..<8 { group.addTask { try await executor.start(job) } }
            try await group.waitForAll()
        }
        let other = subject.executor()
        try await other.start(job)
        subject.letGo()
        #expect(try await other.result(of: job).outcome == .passed)
        try await executor.start(job)
        try await subject.executor().start(job)
        #expect(try await executor.result(of: job).outcome == .passed)
        #expect(executor.logTail(of: job.attempt) == ["begun"])
    }

    @Test(arguments: Place.allCases) func theEndCanBeWaitedForByManyAndAgain(place: Place) async throws {
        // The order is random.
        for _ in 0..<20 { try await waitForTheEnd(on: try place.subject()) }
    }

    private func waitForTheEnd(on subject: any ExecutorSubject) async throws {
        let behaviour = Behaviour(values: ["rows": "12"], outputs: ["table.csv": "1,2"], waits: true)
        let (executor, job) = (subject.executor(), try subject.job(behaviour))
        try await executor.start(job)
        let waits = (0..<8).map { _ in Task { try await executor.result(of: job) } }
        subject.letGo()
        for wait in waits {
            let result = try await wait.value
            #expect(result.outcome == .passed && result.values == ["rows": "12"])
            #expect(result.outputs.keys.sorted() == ["table.csv"])
        }
        let again = try await subject.executor().result(of: job)
        #expect(again.outcome == .passed && again.values == ["rows": "12"])
    }

    @Test(arguments: Place.allCases) func aCancelledWaitLeavesTheAttemptAtWork(place: Place) async throws {
        let subject = try place.subject()
        let (executor, job) = (subject.executor(), try subject.job(Behaviour(waits: true)))
        try await executor.start(job)
        let wait = Task { try await executor.result(of: job) }
        wait.cancel()
        await #expect(throws: CancellationError.self) { try await wait.value }
        subject.letGo()
        #expect(try await executor.result(of: job).outcome == .passed)
    }

    @Test(arguments: Place.allCases) func anAttemptCanBeStoppedByWhoeverFindsIt(place: Place) async throws {
        let subject = try place.subject()
        let job = try subject.job(Behaviour(waits: true))
        subject.executor().stop(job.attempt)
        try await subject.executor().start(job)
        subject.executor().stop(job.attempt)
        #expect(try await subject.executor().result(of: job).outcome == .cancelled)
        subject.executor().stop(job.attempt)
        #expect(try await subject.executor().result(of: job).outcome == .cancelled, "its end stays")
    }

    @Test(arguments: Place.allCases) func aTimeLimitIsKeptWhileNobodyLooks(place: Place) async throws {
        let subject = try place.subject()
        let job = try subject.job(Behaviour(waits: true), timeout: 1)
        try await subject.executor().start(job)
        subject.letTimePass()
        #expect(try await subject.executor().result(of: job).outcome == .timedOut(seconds: 1))
    }

    @Test(arguments: Place.allCases, [Int32(0), 1, 7]) func anExitCodeIsTheStepsOwn(place: Place, code: Int32)
        async throws
    {
        let subject = try place.subject()
        let (executor, job) = (subject.executor(), try subject.job(Behaviour(exitCode: code)))
        try await executor.start(job)
        #expect(try await executor.result(of: job).outcome == (code == 0 ? .passed : .failed(exitCode: code)))
    }

    @Test(arguments: Place.allCases) func anAttemptOfAMachineThatStoppedIsLost(place: Place) async throws {
        let subject = try place.subject()
        let (executor, job) = (subject.executor(), try subject.job(Behaviour(waits: true)))
        try await executor.start(job)
        try subject.lose(job.attempt)
        #expect(try await executor.result(of: job).outcome.isLoss)
        #expect(try subject.executor().wasStarted(job.attempt), "and is not started again")
    }

    @Test(arguments: Place.allCases) func whatCannotStartSaysWhoseFaultItIsAndWasNotStarted(place: Place) async throws {
        let subject = try place.subject()
        let executor = subject.executor()
        let impossible = try subject.job(Behaviour(isImpossible: true))
        await #expect(throws: DaemonError.self) { try await executor.start(impossible) }
        #expect(try !executor.wasStarted(impossible.attempt))
        let broken = try subject.job(Behaviour(isBroken: true))
        await #expect(throws: POSIXError.self) { try await executor.start(broken) }
        #expect(try !executor.wasStarted(broken.attempt))
        let good = try subject.job()
        try await executor.start(good)
        #expect(try await executor.result(of: good).outcome == .passed, "then it can be started")
    }

    @Test(arguments: Place.allCases) func aLogHasItsLastLines(place: Place) async throws {
        let subject = try place.subject()
        let (executor, job) = (subject.executor(), try subject.job(Behaviour(prints: ["one", "two"])))
        #expect(executor.logTail(of: job.attempt).isEmpty)
        try await executor.start(job)
        _ = try await executor.result(of: job)
        #expect(subject.executor().logTail(of: job.attempt) == ["one", "two"])
    }

    @Test(arguments: Place.allCases) func aStepWithoutACommandHasALogToo(place: Place) async throws {
        let subject = try place.subject()
        let attempt = Attempt(run: 9, step: "register", number: 1)
        try subject.executor().write(["version 3"], toLogOf: attempt)
        #expect(subject.executor().logTail(of: attempt) == ["version 3"])
        #expect(try !subject.executor().wasStarted(attempt), "a log is no start")
    }

    @Test(arguments: Place.allCases) func aKeptResultIsLaidOutForAnotherAttempt(place: Place) async throws {
        let subject = try place.subject()
        let behaviour = Behaviour(values: ["rows": "12"], outputs: ["table.csv": "1,2"])
        let (executor, job) = (subject.executor(), try subject.job(behaviour, key: "k"))
        try await executor.start(job)
        let kept = try #require(try await executor.result(of: job).kept)
        #expect(kept.values == ["rows": "12"] && kept.outputs.keys.sorted() == ["table.csv"])
        let other = Attempt(run: 8, step: "step", number: 1)
        let outputs = try #require(try await subject.executor().restore(kept, for: other, trust: .protected))
        #expect(outputs.keys.sorted() == ["table.csv"])
        #expect(try !executor.wasStarted(other), "what is laid out was not started")
        try subject.damageKeptResults()
        #expect(
            try await executor.restore(kept, for: Attempt(run: 9, step: "step", number: 1), trust: .protected) == nil)
    }

    @Test(arguments: Place.allCases) func anAttemptThatNobodyStartedIsLost(place: Place) async throws {
        let subject = try place.subject()
        #expect(try await subject.executor().result(of: subject.job()).outcome.isLoss)
    }
}
