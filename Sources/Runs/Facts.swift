import Foundation

/// How a step ended. A closed set: a failing step is a result, not an error of ours.
public enum Outcome: Sendable, Hashable {
    case passed
    case failed(exitCode: Int32)
    /// The step ended by a signal that nobody here sent.
    case killed(signal: Int32)
    case timedOut(seconds: Int64)
    case outOfMemory
    /// The machinery failed, not the step: its minder vanished, its workspace could not be made.
    case lost(reason: String)
    case refused(reason: String)
    case cancelled
    case superseded(by: Int64)
    case skipped(reason: String)
    case reused(run: Int64)

    /// Whether steps that need this one may start.
    public var satisfies: Bool {
        switch self {
        case .passed, .reused: true
        default: false
        }
    }

    /// Whether the machinery may try again by itself: it failed, not the step.
    public var isLoss: Bool {
        if case .lost = self { true } else { false }
    }

    /// One word, as lists and `--json` show it.
    public var word: String {
        switch self {
        case .passed: "passed"
        case .failed, .killed, .refused: "failed"
        case .timedOut: "timed_out"
        case .outOfMemory: "out_of_memory"
        case .lost: "lost"
        case .cancelled: "cancelled"
        case .superseded: "superseded"
        case .skipped: "skipped"
        case .reused: "reused"
        }
    }

    /// What a person wants to know beside the word; empty when the word says it all.
    public var detail: String {
        switch self {
        case .passed, .outOfMemory, .cancelled: ""
        case .failed(let code): "exit code \(code)"
        case .killed(let signal): "signal \(signal)"
        case .timedOut(let seconds): "after \(seconds) s"
        case .lost(let reason), .refused(let reason), .skipped(let reason): reason
        case .superseded(let run): "by run \(run)"
        case .reused(let run): "from run \(run)"
        }
    }
}

/// What happened to a step, appended in order and never changed.
public enum StepFact: Sendable, Hashable {
    /// Attempt `attempt` (from 1) was handed to its minder, or begun in the daemon.
    case started(attempt: Int, incumbent: String?)
    /// It cannot go on yet, and will by itself.
    case waiting(reason: String)
    /// The values it reported, and the kept outputs by name with their path.
    case reported(values: [String: String], outputs: [String: String])
    /// It is to end early, as this outcome: a person cancelled it, a newer run replaced it, the run's time is over. A fact,
    /// so that the wish outlives the daemon that heard it.
    case stopping(Outcome)
    case ended(Outcome)
    /// A person asked to try what did not pass once more. Told of every step of the run: what passed stays passed.
    case retried
}

/// A fact with its place and time.
public struct Recorded: Sendable, Hashable {
    public let step: String
    public let fact: StepFact
    public let at: Date

    public init(step: String, fact: StepFact, at: Date) {
        self.step = step
        self.fact = fact
        self.at = at
    }
}
