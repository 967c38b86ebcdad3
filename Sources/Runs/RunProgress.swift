import Foundation
import Plans

/// The state of a step.
///
/// ```mermaid
/// stateDiagram-v2
///     [*] --> pending
///     pending --> running: started
///     pending --> waiting: waiting
///     pending --> stopping: stopping (handed out, not begun yet)
///     pending --> ended: reused, skipped, superseded, cancelled
///     running --> waiting: waiting
///     waiting --> running: started
///     running --> stopping: stopping
///     waiting --> stopping: stopping
///     running --> ended: any outcome
///     waiting --> ended: any outcome
///     stopping --> ended: the outcome it was stopped as, unless it was faster
///     ended --> running: started again (lost, and retries are left)
///     ended --> ended: stopping (lost, and would have been tried again)
///     ended --> pending: retried (did not pass)
/// ```
public enum StepState: Sendable, Hashable {
    case pending
    case running(attempt: Int, since: Date)
    case waiting(attempt: Int, reason: String)
    case stopping(attempt: Int, as: Outcome)
    case ended(Outcome)

    /// One word, as in lists and `--json`.
    public var word: String {
        switch self {
        case .pending: "pending"
        case .running: "running"
        case .waiting: "waiting"
        case .stopping: "stopping"
        case .ended(let outcome): outcome.word
        }
    }

    public var detail: String {
        switch self {
        case .pending, .running: ""
        case .waiting(_, let reason): reason
        case .stopping(_, let wish): "to end as \(wish.word)" + (wish.detail.isEmpty ? "" : " \(wish.detail)")
        case .ended(let outcome): outcome.detail
        }
    }

    public var outcome: Outcome? {
        if case .ended(let outcome) = self { outcome } else { nil }
    }

    /// Whether a process may be running for it.
    public var isLive: Bool {
        switch self {
        case .running, .waiting, .stopping: true
        case .pending, .ended: false
        }
    }
}

/// The progress of a step, derived from its facts.
public struct StepProgress: Sendable, Hashable {
    public var state: StepState = .pending
    /// How many times it was started; 0 before the first start.
    public var attempts = 0
    /// Attempts before a person last requested a retry. They count neither as losses nor as a start.
    public var attemptsBefore = 0
    /// The incumbent model version when the step started, if there was one.
    public var incumbent: String?
    public var values: [String: String] = [:]
    /// Kept outputs: name → path.
    public var outputs: [String: String] = [:]
    public var startedAt: Date?
    public var endedAt: Date?

    public init() {}

    /// Number of the last attempt; 1 before the first start.
    public var lastAttempt: Int { max(1, attempts) }

    public var hasEnded: Bool { endedAt != nil }

    /// The progress after one more fact. Facts after the end change nothing, except a retry.
    public func after(_ fact: StepFact, at time: Date) -> StepProgress {
        var next = self
        switch (fact, state) {
        case (.started(let attempt, _), .stopping(_, let wish)) where attempt >= attempts:
            next.begin(fact, at: time)
            next.state = .stopping(attempt: attempt, as: wish)
        case (.started(let attempt, _), _) where attempt >= attempts && !isFinal:
            next.begin(fact, at: time)
            next.state = .running(attempt: attempt, since: time)
        case (.waiting(let reason), .pending), (.waiting(let reason), .running), (.waiting(let reason), .waiting):
            next.state = .waiting(attempt: attempts, reason: reason)
        case (.reported(let values, let outputs), _) where state.outcome == nil:
            next.values.merge(values) { $1 }
            next.outputs.merge(outputs) { $1 }
        case (.stopping(let wish), .pending), (.stopping(let wish), .running), (.stopping(let wish), .waiting):
            next.state = .stopping(attempt: attempts, as: wish)
        case (.stopping(let wish), .ended(let outcome)) where outcome.isLoss:
            next.state = .ended(wish)
        case (.ended(let outcome), _) where state.outcome == nil:
            next.state = .ended(outcome.granting(state))
            next.endedAt = time
        case (.retried, .ended(let outcome)):
            if !outcome.satisfies { next = StepProgress() }
            (next.attempts, next.attemptsBefore) = (attempts, attempts)
        default:
            break
        }
        return next
    }

    private mutating func begin(_ fact: StepFact, at time: Date) {
        guard case .started(let attempt, let incumbent) = fact else { return }
        attempts = attempt
        self.incumbent = incumbent
        startedAt = startedAt ?? time
        endedAt = nil
    }

    /// Whether only a retry can change the state.
    private var isFinal: Bool { state.outcome.map { !$0.isLoss } ?? false }
}

extension Outcome {
    /// The outcome of a step that was asked to stop: the requested outcome, unless the step ended by itself first.
    fileprivate func granting(_ state: StepState) -> Outcome {
        guard case .stopping(_, let wish) = state, self == .cancelled || isLoss else { return self }
        return wish
    }
}

/// The progress of a run, derived from its facts.
public struct RunProgress: Sendable, Hashable {
    public let plan: Plan
    public private(set) var steps: [String: StepProgress]

    public init(_ plan: Plan, facts: [Recorded] = []) {
        self.plan = plan
        steps = Dictionary(uniqueKeysWithValues: plan.steps.map { ($0.name, StepProgress()) })
        for recorded in facts { apply(recorded) }
    }

    public mutating func apply(_ recorded: Recorded) {
        steps[recorded.step] = steps[recorded.step]?.after(recorded.fact, at: recorded.at)
    }

    /// The facts that follow from the current state: steps that can never start are skipped, with the reason.
    public func consequences(at time: Date) -> [Recorded] {
        next().skipped.sorted { $0.key < $1.key }.map { Recorded(step: $0.key, fact: .ended($0.value), at: time) }
    }

    public subscript(step: String) -> StepProgress { steps[step] ?? StepProgress() }

    /// Whether a started step has not ended.
    public var isLive: Bool { steps.values.contains { $0.state.isLive } }

    /// Whether a step has started since the last retry, or since the beginning if there was none.
    public var hasStarted: Bool { steps.values.contains { $0.attempts > $0.attemptsBefore } }

    /// `nil` while a step may still run.
    public var outcome: RunOutcome? {
        let outcomes = plan.steps.compactMap { self[$0.name].state.outcome }
        guard outcomes.count == plan.steps.count, !plan.steps.contains(where: { canRetry($0) }) else { return nil }
        return RunOutcome.merged(outcomes)
    }

    /// Whether the step was lost and has retries left.
    func canRetry(_ step: PlannedStep) -> Bool {
        let progress = self[step.name]
        guard let outcome = progress.state.outcome, outcome.isLoss else { return false }
        return progress.attempts - progress.attemptsBefore <= step.retriesWhenLost
    }

    /// The facts that end the run early: running steps are asked to stop, all others end at once.
    ///
    /// - Parameter atWork: steps that were handed out, even if there is no fact about them yet.
    public func ending(as outcome: Outcome, atWork: Set<String>) -> [(step: String, fact: StepFact)] {
        plan.steps.compactMap { step in
            let state = self[step.name].state
            if atWork.contains(step.name) || state.isLive || canRetry(step) { return (step.name, .stopping(outcome)) }
            return state == .pending ? (step.name, .ended(outcome)) : nil
        }
    }

    /// Whether a person asked to retry the run.
    public var isRetried: Bool { steps.values.contains { $0.attemptsBefore > 0 } }

    /// Whether the run was asked to end.
    public var isStopping: Bool {
        steps.values.contains { if case .stopping = $0.state { true } else { false } }
    }

    /// When the first step started since the last retry, or since the beginning if there was none.
    public var begunAt: Date? {
        steps.values.filter { $0.attempts > $0.attemptsBefore }.compactMap(\.startedAt).min()
    }

    public var startedAt: Date? { steps.values.compactMap(\.startedAt).min() }

    public var endedAt: Date? { outcome == nil ? nil : steps.values.compactMap(\.endedAt).max() }
}

/// How a run ended: the worst outcome of its steps, in this order.
public enum RunOutcome: String, Sendable, Hashable, Codable, CaseIterable {
    case passed, skipped, superseded, cancelled, lost
    case timedOut = "timed_out"
    case outOfMemory = "out_of_memory"
    case failed

    static func merged(_ outcomes: [Outcome]) -> RunOutcome {
        let order = allCases
        let worst = outcomes.map(of).compactMap { order.firstIndex(of: $0) }.max() ?? 0
        return order[worst]
    }

    private static func of(_ outcome: Outcome) -> RunOutcome {
        switch outcome {
        case .passed, .reused: .passed
        case .failed, .killed, .refused: .failed
        case .timedOut: .timedOut
        case .outOfMemory: .outOfMemory
        case .lost: .lost
        case .cancelled: .cancelled
        case .superseded: .superseded
        case .skipped: .skipped
        }
    }
}
