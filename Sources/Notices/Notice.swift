import Events
import Foundation
import Plans
import Projects
import Runs

/// A message to people: what happened, where, and how often.
public struct Notice: Sendable, Hashable {
    public let project: String
    public let environment: String
    public let branch: String
    public let pipeline: String
    /// 40 hexadecimal digits.
    public let commit: String
    /// The run that it is about. For a missed fire, the release run that made the schedule live.
    public let run: Int64
    public let at: Date
    public let about: Subject
    /// How many events of its kind it covers: more than one if others were folded into it.
    public var count: Int
    /// The titles of the events that were folded in, oldest first.
    public var earlier: [String] = []

    /// - Parameter pipeline: if it is not the plan's own.
    public init(_ about: Subject, run: Int64, of plan: Plan, pipeline: String? = nil, at time: Date) {
        self.init(
            about, project: plan.project, environment: plan.environment, branch: plan.branch,
            pipeline: pipeline ?? plan.pipeline, commit: plan.commit.description, run: run, at: time)
    }

    public init(
        _ about: Subject, project: String, environment: String, branch: String, pipeline: String, commit: String,
        run: Int64, at time: Date
    ) {
        self.project = project
        self.environment = environment
        self.branch = branch
        self.pipeline = pipeline
        self.commit = commit
        self.run = run
        at = time
        self.about = about
        if case .missed(let missed) = about { count = missed.count } else { count = 1 }
    }

    public var kind: NoticeKind { about.kind }
}

/// What a notice is about.
public enum Subject: Sendable, Hashable {
    /// - Parameter log: the last lines of the first step that failed.
    case failure(outcome: RunOutcome, steps: [FailedStep], log: [String])
    /// - Parameter after: the run that had failed; this run itself if it was retried.
    case recovery(after: Int64)
    case missed(MissedFire)
    case drift([DriftedStep])
    case decision(DecidedMove)
    case trouble(Trouble, isOver: Bool)
    case test

    public var kind: NoticeKind {
        switch self {
        case .failure: .failure
        case .recovery: .recovery
        case .missed: .missed
        case .drift: .drift
        case .decision(let move): move.kind
        case .trouble: .trouble
        case .test: .test
        }
    }
}

/// A step that did not pass, in the words of `espalier runs`.
public struct FailedStep: Sendable, Hashable, Codable {
    public let name: String
    /// `failed`, `timed_out`, `out_of_memory` or `lost`
    public let state: String
    public let detail: String
}

/// Moments of a schedule that were skipped, or fired late.
public struct MissedFire: Sendable, Hashable, Codable {
    /// The pipeline that the schedule starts.
    public let schedule: String
    /// The latest of the moments.
    public let logicalTime: Date
    /// A sentence: why, and what happened to them.
    public let reason: String
    /// How many moments, at least 1.
    public let count: Int

    public init(schedule: String, logicalTime: Date, reason: String, count: Int) {
        self.schedule = schedule
        self.logicalTime = logicalTime
        self.reason = reason
        self.count = max(1, count)
    }
}

/// A decision of the ledger, and its outcome.
public struct DecidedMove: Sendable, Hashable, Codable {
    public enum Standing: Sendable, Hashable {
        /// The alias was read back at the version of the decision.
        case moved
        case held
        /// It was promoted, but its alias could not be moved.
        case void(because: String)
        case waits(approvals: Int)
    }

    public let decision: Int64
    public let model: String
    public let from: String?
    public let to: String
    public let standing: Standing
    public let isRollback: Bool
    /// The verdict in sentences, with its numbers.
    public let reasons: [String]

    public init(
        decision: Int64, model: String, from: String?, to: String, standing: Standing, isRollback: Bool,
        reasons: [String]
    ) {
        self.decision = decision
        self.model = model
        self.from = from
        self.to = to
        self.standing = standing
        self.isRollback = isRollback
        self.reasons = reasons
    }

    var kind: NoticeKind {
        if case .waits = standing { .approval } else { isRollback ? .rollback : .promotion }
    }
}
