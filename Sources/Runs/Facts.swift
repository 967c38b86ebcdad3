import Foundation

/// How a step ended. A failing step is a result, not an error of the engine.
public enum Outcome: Sendable, Hashable {
    case passed
    case failed(exitCode: Int32)
    /// A signal that Espalier did not send ended the step.
    case killed(signal: Int32)
    case timedOut(seconds: Int64)
    case outOfMemory
    /// The infrastructure failed, not the step: its minder vanished, or its workspace could not be created.
    case lost(reason: String)
    case refused(reason: String)
    case cancelled
    case superseded(by: Int64)
    case skipped(reason: String)
    case reused(run: Int64)

    /// Whether steps that need this one can start.
    public var satisfies: Bool {
        switch self {
        case .passed, .reused: true
        default: false
        }
    }

    /// Whether the step can be retried automatically, because the infrastructure failed and not the step.
    public var isLoss: Bool {
        if case .lost = self { true } else { false }
    }

    /// One word, as in lists and `--json`.
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

    /// Details for people; empty if the word says everything.
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

/// Something that happened to a step. Facts are appended in order and never changed.
public enum StepFact: Sendable, Hashable {
    /// Attempt `attempt` (from 1) was handed to its minder, or started inside the daemon.
    case started(attempt: Int, incumbent: String?)
    /// The step cannot continue yet. It will continue by itself.
    case waiting(reason: String)
    /// The values that the step reported, and the paths of its kept outputs by name.
    case reported(values: [String: String], outputs: [String: String])
    /// The step is to end early with this outcome: a person cancelled it, a newer run replaced it, or the run timed
    /// out. It is stored as a fact so that a restart of the daemon does not lose it.
    case stopping(Outcome)
    case ended(Outcome)
    /// A person asked to retry everything that did not pass. Recorded for every step of the run; passed steps stay
    /// passed.
    case retried
}

/// A fact with its step and time.
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
