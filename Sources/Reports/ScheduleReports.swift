import Foundation

/// A live schedule.
public struct ScheduleReport: Sendable, Codable, Hashable {
    /// Somebody has paused it.
    public struct Pause: Sendable, Codable, Hashable {
        public var who: String
        public var reason: String
        public var since: Date

        public init(who: String, reason: String, since: Date) {
            self.who = who
            self.reason = reason
            self.since = since
        }
    }

    public var name: String
    public var project: String
    public var environment: String
    public var cron: String
    public var timezone: String
    /// The policies other than `cron`: `misfire run-once`, `after features`, …
    public var policies: [String]
    public var commit: String
    /// The release run that made it live.
    public var run: Int64
    public var liveSince: Date
    /// Nil while it is paused, and if it is never due again.
    public var next: Date?
    public var paused: Pause?
    /// Latest logical time first.
    public var fires: [FireReport]

    public init(
        name: String, project: String, environment: String, cron: String, timezone: String, policies: [String],
        commit: String, run: Int64, liveSince: Date, next: Date?, paused: Pause?, fires: [FireReport]
    ) {
        self.name = name
        self.project = project
        self.environment = environment
        self.cron = cron
        self.timezone = timezone
        self.policies = policies
        self.commit = commit
        self.run = run
        self.liveSince = liveSince
        self.next = next
        self.paused = paused
        self.fires = fires
    }
}

/// One stored fire of a schedule.
public struct FireReport: Sendable, Codable, Hashable {
    public var id: Int64
    public var logicalTime: Date
    public var storedAt: Date
    /// `waiting`, `fired` or `skipped`.
    public var state: String
    /// Why it waits or was skipped.
    public var reason: String?
    /// How many earlier moments it covers.
    public var missed: Int
    /// The champion it is pinned to.
    public var model: String?
    public var version: String?
    /// Its latest run and that run's outcome; `running` until it has ended.
    public var run: Int64?
    public var outcome: String?

    public init(
        id: Int64, logicalTime: Date, storedAt: Date, state: String, reason: String? = nil, missed: Int = 0,
        model: String?, version: String?, run: Int64?, outcome: String?
    ) {
        self.id = id
        self.logicalTime = logicalTime
        self.storedAt = storedAt
        self.state = state
        self.reason = reason
        self.missed = missed
        self.model = model
        self.version = version
        self.run = run
        self.outcome = outcome
    }
}

/// All inputs of one fire, for an audit years later.
public struct FireDetail: Sendable, Codable, Hashable {
    public var schedule: String
    public var fire: FireReport
    /// Seconds from the logical time until the decision was recorded.
    public var lateness: Double
    public var cron: String?
    public var commit: String?
    public var configurationDigest: String?
    /// Name → version of the datasets that its steps read.
    public var datasets: [String: String]
    /// All its runs, oldest first.
    public var runs: [RunReport]

    public init(
        schedule: String, fire: FireReport, lateness: Double, cron: String?, commit: String?,
        configurationDigest: String?, datasets: [String: String], runs: [RunReport]
    ) {
        self.schedule = schedule
        self.fire = fire
        self.lateness = lateness
        self.cron = cron
        self.commit = commit
        self.configurationDigest = configurationDigest
        self.datasets = datasets
        self.runs = runs
    }
}

/// A range of moments that run again.
public struct BackfillReport: Sendable, Codable, Hashable {
    public struct Moment: Sendable, Codable, Hashable {
        public var logicalTime: Date
        public var state: String
        public var run: Int64?

        public init(logicalTime: Date, state: String, run: Int64?) {
            self.logicalTime = logicalTime
            self.state = state
            self.run = run
        }
    }

    public var id: Int64
    public var project: String
    public var schedule: String
    public var from: Date
    public var through: Date
    public var version: String?
    /// `running`, `halted`, `being cancelled`, `cancelled`, `failed` or `passed`.
    public var state: String
    public var total: Int
    public var passed: Int
    public var failed: Int
    public var running: Int
    public var parallel: Int
    public var maxFailures: Int
    public var who: String
    public var askedAt: Date
    /// Only if one backfill is requested.
    public var moments: [Moment]?

    public init(
        id: Int64, project: String, schedule: String, from: Date, through: Date, version: String?, state: String,
        total: Int, passed: Int, failed: Int, running: Int, parallel: Int, maxFailures: Int, who: String,
        askedAt: Date, moments: [Moment]? = nil
    ) {
        self.id = id
        self.project = project
        self.schedule = schedule
        self.from = from
        self.through = through
        self.version = version
        self.state = state
        self.total = total
        self.passed = passed
        self.failed = failed
        self.running = running
        self.parallel = parallel
        self.maxFailures = maxFailures
        self.who = who
        self.askedAt = askedAt
        self.moments = moments
    }

    /// Whether nothing more happens to it automatically.
    public var isOver: Bool { state != "running" && state != "being cancelled" }
}

/// What a release would do to a schedule.
public struct ScheduleChangeReport: Sendable, Codable, Hashable {
    public var name: String
    /// `new`, `changed`, `removed` or `unchanged`.
    public var kind: String
    /// `cron: 0 0 11 * * ? → 0 0 12 * * ?`
    public var changes: [String]
    public var nextBefore: Date?
    public var nextAfter: Date?

    public init(name: String, kind: String, changes: [String], nextBefore: Date?, nextAfter: Date?) {
        self.name = name
        self.kind = kind
        self.changes = changes
        self.nextBefore = nextBefore
        self.nextAfter = nextAfter
    }
}
