import Foundation

/// A fact that can start work. Stored before anything is done about it, and handled exactly once.
public enum Event: Hashable, Sendable, Codable {
    /// A branch or tag was created, moved or deleted.
    case push(RefMove)
    /// Somebody proposed a merge (`to` is its head), or withdrew it (`to` is absent).
    case proposal(Proposal)
    /// The gate wants a change's merge checked.
    case checks(CheckRequest)
    /// A schedule is due, or a person asked for one of its moments.
    case fire(FireRequest)
    /// A person asked for a pipeline to be run.
    case request(RunRequest)
    /// An alias is to point to a version again that it has pointed to before.
    case rollback(RollbackRequest)
    /// A step reported that the world has drifted from what the model learned.
    case drift(DriftReport)

    /// What a moved ref means. Pure: the name of the ref decides.
    public init(_ move: RefMove) {
        if let proposal = ProposalRef(move.ref) {
            self = .proposal(Proposal(key: proposal.key, target: proposal.target, head: move.to))
        } else {
            self = .push(move)
        }
    }

    /// One word for lists and filters.
    public var kind: String {
        switch self {
        case .push: "push"
        case .proposal: "proposal"
        case .checks: "checks"
        case .fire: "fire"
        case .request: "request"
        case .rollback: "rollback"
        case .drift: "drift"
        }
    }
}

/// A proposed merge into `target`. Pushing again under the same key replaces the head.
public struct Proposal: Hashable, Sendable, Codable {
    public let key: String
    public let target: String
    /// Absent when the proposal was deleted.
    public let head: ObjectID?
    /// Where it comes from, when that is not this repository.
    public let origin: ChangeOrigin?

    public init(key: String, target: String, head: ObjectID?, origin: ChangeOrigin? = nil) {
        self.key = key
        self.target = target
        self.head = head
        self.origin = origin
    }
}

/// The pull request of a forge that a change stands for.
public struct ChangeOrigin: Hashable, Sendable, Codable {
    /// The forge's own number.
    public let number: Int64
    /// The forge's name of the person who opened it.
    public let author: String
    public let title: String
    /// Whether its commits come from another repository.
    public let isFork: Bool
    /// Its page.
    public let url: String?

    public init(number: Int64, author: String, title: String, isFork: Bool, url: String?) {
        self.number = number
        self.author = author
        self.title = title
        self.isFork = isFork
        self.url = url
    }
}

/// A merge that exists as a commit and waits for its checks.
public struct CheckRequest: Hashable, Sendable, Codable {
    public let change: Int64
    public let target: String
    /// The tip of the target that the merge was made with.
    public let base: ObjectID
    public let merge: ObjectID
    /// Whether changes behind it wait for these checks. Absent for no.
    public let isQueued: Bool?
    /// Whether its commits come from another repository. Absent for no.
    public let isFork: Bool?

    public init(
        change: Int64, target: String, base: ObjectID, merge: ObjectID, isQueued: Bool? = nil, isFork: Bool? = nil
    ) {
        self.change = change
        self.target = target
        self.base = base
        self.merge = merge
        self.isQueued = isQueued
        self.isFork = isFork
    }
}

/// A pipeline that a person wants to see run.
public struct RunRequest: Hashable, Sendable, Codable {
    public let pipeline: String
    public let commit: ObjectID
    public let branch: String

    public init(pipeline: String, commit: ObjectID, branch: String) {
        self.pipeline = pipeline
        self.commit = commit
        self.branch = branch
    }
}

/// A version that is to be incumbent again.
public struct RollbackRequest: Hashable, Sendable, Codable {
    public let environment: String
    public let model: String
    public let version: String
    /// The code that serves the model now, and has to get on with the older version.
    public let commit: ObjectID
    public let branch: String
    public let by: String
    public let reason: String

    public init(
        environment: String, model: String, version: String, commit: ObjectID, branch: String, by: String,
        reason: String
    ) {
        self.environment = environment
        self.model = model
        self.version = version
        self.commit = commit
        self.branch = branch
        self.by = by
        self.reason = reason
    }
}

/// One due moment of a schedule, with everything it is pinned to.
public struct FireRequest: Hashable, Sendable, Codable {
    /// Row of the stored fire; repeats of one fire share it.
    public let fire: Int64
    public let schedule: String
    public let logicalTime: Date
    public let commit: ObjectID
    public let branch: String
    /// Absent when the schedule itself, or a person, asked for the moment.
    public let backfill: Backfilling?

    public init(
        fire: Int64, schedule: String, logicalTime: Date, commit: ObjectID, branch: String,
        backfill: Backfilling? = nil
    ) {
        self.fire = fire
        self.schedule = schedule
        self.logicalTime = logicalTime
        self.commit = commit
        self.branch = branch
        self.backfill = backfill
    }
}

/// The backfill that a moment is run again for.
public struct Backfilling: Hashable, Sendable, Codable {
    public let number: Int64
    /// The model version to use; the one that the fire is pinned to when absent.
    public let version: String?

    public init(number: Int64, version: String?) {
        self.number = number
        self.version = version
    }
}

/// What a monitoring step found.
public struct DriftReport: Hashable, Sendable, Codable {
    /// The run that found it, and its pipeline.
    public let run: Int64
    public let pipeline: String
    public let environment: String
    public let reason: String
    public let commit: ObjectID
    public let branch: String

    public init(run: Int64, pipeline: String, environment: String, reason: String, commit: ObjectID, branch: String) {
        self.run = run
        self.pipeline = pipeline
        self.environment = environment
        self.reason = reason
        self.commit = commit
        self.branch = branch
    }
}
