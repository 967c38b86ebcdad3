import Executing
import Plans
import Projects
import Runs
import Synchronization

/// What one attempt does when it is started.
package struct Script: Sendable {
    /// How it ends.
    package var result: StepResult
    /// It ends when this opens. Default: at once.
    package var end: Latch?
    /// Lines of its log.
    package var prints: [String]
    /// Thrown by the start, which then starts nothing.
    package var failure: (any Error)?
    /// How it ends when asked to stop; nil if it ignores that.
    package var stopsAs: Outcome?

    package init(
        _ outcome: Outcome = .passed, values: [String: String] = [:], outputs: [String: String] = [:],
        kept: KeptResult? = nil, end: Latch? = nil, prints: [String] = [], failure: (any Error)? = nil,
        stopsAs: Outcome? = .cancelled
    ) {
        result = StepResult(outcome: outcome, values: values, outputs: outputs, kept: kept)
        (self.end, self.prints, self.failure, self.stopsAs) = (end, prints, failure, stopsAs)
    }
}

/// The machine that scripted attempts run on. Like minders, it outlives executors.
package final class ScriptedMachine: Sendable {
    private struct Work {
        let job: Job
        let script: Script
        let ended = Latch()
        var result: StepResult?
        var log: [String]
        var seconds: Int64 = 0
    }

    private struct State {
        var scripts: [String: Script] = [:]
        var works: [Attempt: Work] = [:]
        var starts: [Attempt] = []
        var begun: [Attempt: Latch] = [:]
        var stops: [Attempt] = []
        var logs: [Attempt: [String]] = [:]
        var isDamaged = false
    }

    private let state = Mutex(State())

    package init() {}

    /// Set what a step does, in one run or in any, at one attempt or at any. By default, it passes at once.
    package func script(_ step: String, run: Int64? = nil, attempt: Int? = nil, _ script: Script) {
        state.withLock { $0.scripts[Self.key(step, run, attempt)] = script }
    }

    private static func key(_ step: String, _ run: Int64?, _ attempt: Int?) -> String {
        "\(run.map { "\($0)" } ?? "*").\(step).\(attempt.map { "\($0)" } ?? "*")"
    }

    /// The attempts that were started, in that order.
    package var starts: [Attempt] { state.withLock(\.starts) }

    /// The attempts that were asked to stop, one entry per request.
    package var stops: [Attempt] { state.withLock(\.stops) }

    /// Wait until an attempt has been started.
    package func started(_ run: Int64, _ step: String, attempt: Int = 1) async throws {
        let attempt = Attempt(run: run, step: step, number: attempt)
        try await begun(attempt).wait()
    }

    private func begun(_ attempt: Attempt) -> Latch {
        state.withLock { state in
            let latch = state.begun[attempt] ?? Latch()
            state.begun[attempt] = latch
            return latch
        }
    }

    /// Let time pass: attempts with a shorter limit end.
    package func pass(seconds: Int64) {
        let late = state.withLock { state in
            for attempt in state.works.keys { state.works[attempt]?.seconds += seconds }
            return state.works.filter { $0.value.seconds >= $0.value.job.step.compute.timeout }
        }
        for (attempt, work) in late {
            end(attempt, StepResult(outcome: .timedOut(seconds: work.job.step.compute.timeout)))
        }
    }

    /// Lose an attempt, as a stopping machine does.
    package func lose(_ attempt: Attempt) {
        end(attempt, StepResult(outcome: .lost(reason: "the machine stopped")))
    }

    /// Damage every result that was kept.
    package func damageKeptResults() { state.withLock { $0.isDamaged = true } }

    // MARK: For executors

    func wasStarted(_ attempt: Attempt) -> Bool { state.withLock { $0.works[attempt] != nil } }

    func start(_ job: Job) throws {
        let attempt = job.attempt
        let script: Script? = try state.withLock { state in
            guard state.works[attempt] == nil else { return nil }
            let keys = [
                Self.key(attempt.step, attempt.run, attempt.number), Self.key(attempt.step, attempt.run, nil),
                Self.key(attempt.step, nil, attempt.number), Self.key(attempt.step, nil, nil),
            ]
            let script = keys.compactMap { state.scripts[$0] }.first ?? Script()
            if let failure = script.failure { throw failure }
            state.works[attempt] = Work(job: job, script: script, log: script.prints)
            state.starts.append(attempt)
            return script
        }
        guard let script else { return }
        begun(attempt).open()
        guard let latch = script.end else { return end(attempt, script.result) }
        latch.whenOpen { [self] in end(attempt, script.result) }
    }

    func result(of attempt: Attempt) async throws -> StepResult {
        let ended = state.withLock { $0.works[attempt]?.ended }
        try await ended?.wait()
        try Task.checkCancellation()
        let result = state.withLock { $0.works[attempt]?.result }
        return result ?? StepResult(outcome: .lost(reason: "it was never started"))
    }

    func stop(_ attempt: Attempt) {
        let wish = state.withLock { state in
            state.stops.append(attempt)
            return state.works[attempt]?.script.stopsAs
        }
        if let wish { end(attempt, StepResult(outcome: wish)) }
    }

    func log(of attempt: Attempt) -> [String] { state.withLock { $0.works[attempt]?.log ?? $0.logs[attempt] ?? [] } }

    func write(_ lines: [String], toLogOf attempt: Attempt) { state.withLock { $0.logs[attempt] = lines } }

    func restore(_ result: KeptResult, for attempt: Attempt) -> [String: String]? {
        state.withLock(\.isDamaged) ? nil : result.outputs.mapValues { "memory:\(attempt)/outputs/\($0)" }
    }

    /// The first end counts.
    private func end(_ attempt: Attempt, _ result: StepResult) {
        let ended = state.withLock { state -> Latch? in
            guard let work = state.works[attempt], work.result == nil else { return nil }
            state.works[attempt]?.result = result
            return work.ended
        }
        ended?.open()
    }
}
