import Foundation
import Plans

/// Where a step stands.
///
/// ```mermaid
/// stateDiagram-v2
///     [*] --> pending
///     pending --> running: started
///     pending --> waiting: waiting
///     pending --> ended: skipped, superseded, cancelled
///     running --> waiting: waiting
///     waiting --> running: started
///     running --> ended: any outcome
///     waiting --> ended: any outcome
///     ended --> running: started again (lost, and retries are left)
/// ```
public enum StepState: Sendable, Hashable, Codable {
    case pending
    case running(attempt: Int, since: Date)
    case waiting(attempt: Int, reason: String)
    case ended(Outcome)

    /// One word, as lists and `--json` show it.
    public var word: String {
        switch self {
        case .pending: "pending"
        case .running: "running"
        case .waiting: "waiting"
        case .ended(let outcome): outcome.word
        }
    }

    public var detail: String {
        switch self {
        case .pending, .running: ""
        case .waiting(_, let reason): reason
        case .ended(let outcome): outcome.detail
        }
    }

    public var outcome: Outcome? {
        if case .ended(let outcome) = self { outcome } else { nil }
    }

    public var isLive: Bool {
        switch self {
        case .running, .waiting: true
        case .pending, .ended: false
        }
    }
}

/// One step of a run as its facts tell it.
public struct StepProgress: Sendable, Hashable, Codable {
    public var state: StepState = .pending
    public var attempts = 0
    /// The incumbent model version when the step started, where one existed.
    public var incumbent: String?
    public var values: [String: String] = [:]
    /// Kept outputs: name → path.
    public var outputs: [String: String] = [:]
    public var startedAt: Date?
    public var endedAt: Date?

    public init() {}

    /// The step after one more fact. Facts after the end change nothing, except a retry.
    public func after(_ fact: StepFact, at time: Date) -> StepProgress {
        var next = self
        switch (fact, state) {
        case (.started(let attempt, let incumbent), _) where attempt >= attempts && !isFinal:
            next.state = .running(attempt: attempt, since: time)
            next.attempts = attempt
            next.incumbent = incumbent
            next.startedAt = startedAt ?? time
            next.endedAt = nil
        case (.waiting(let reason), .pending), (.waiting(let reason), .running), (.waiting(let reason), .waiting):
            next.state = .waiting(attempt: attempts, reason: reason)
        case (.reported(let values, let outputs), .running), (.reported(let values, let outputs), .waiting):
            next.values.merge(values) { $1 }
            next.outputs.merge(outputs) { $1 }
        case (.ended(let outcome), .pending), (.ended(let outcome), .running), (.ended(let outcome), .waiting):
            next.state = .ended(outcome)
            next.endedAt = time
        default:
            break
        }
        return next
    }

    /// Whether no fact can move it any more.
    private var isFinal: Bool {
        guard case .ended(let outcome) = state else { return false }
        if case .lost = outcome { return false }
        return true
    }
}

/// A run as its facts tell it.
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

    public subscript(step: String) -> StepProgress { steps[step] ?? StepProgress() }

    /// Whether something has been started that has not ended.
    public var isLive: Bool { steps.values.contains { $0.state.isLive } }

    public var hasStarted: Bool { steps.values.contains { $0.attempts > 0 } }

    /// `nil` while a step may still run.
    public var outcome: RunOutcome? {
        let outcomes = plan.steps.compactMap { self[$0.name].state.outcome }
        guard outcomes.count == plan.steps.count, !plan.steps.contains(where: { canRetry($0) }) else { return nil }
        return RunOutcome.merged(outcomes)
    }

    /// Whether the step was lost and may be tried again.
    func canRetry(_ step: PlannedStep) -> Bool {
        let progress = self[step.name]
        guard case .ended(.lost) = progress.state else { return false }
        return progress.attempts <= step.retriesWhenLost
    }

    public var startedAt: Date? { steps.values.compactMap(\.startedAt).min() }

    public var endedAt: Date? { outcome == nil ? nil : steps.values.compactMap(\.endedAt).max() }
}

/// How a run ended: the worst of its steps, in this order.
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
