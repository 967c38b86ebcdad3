import Foundation

/// A change at the gate.
public struct ChangeReport: Sendable, Codable, Hashable {
    public var id: Int64
    public var project: String
    public var target: String
    public var topic: String
    public var head: String
    public var author: String
    public var title: String
    /// `proposed`, `checking`, `ready`, `queued`, `merging`, `merged`, `rejected`, `conflicted`, `withdrawn`
    public var outcome: String
    public var reason: String
    public var runs: [Int64]
    /// Place in the queue of its target, from 1.
    public var position: Int?
    public var approvedBy: [String]
    /// The page of its pull request.
    public var url: String?

    public init(
        id: Int64, project: String, target: String, topic: String, head: String, author: String, title: String,
        outcome: String, reason: String, runs: [Int64], position: Int? = nil, approvedBy: [String] = [],
        url: String? = nil
    ) {
        self.id = id
        self.project = project
        self.target = target
        self.topic = topic
        self.head = head
        self.author = author
        self.title = title
        self.outcome = outcome
        self.reason = reason
        self.runs = runs
        self.position = position
        self.approvedBy = approvedBy
        self.url = url
    }
}

/// A change and its history.
public struct ChangeDetail: Sendable, Codable, Hashable {
    public struct Moment: Sendable, Codable, Hashable {
        public var at: Date
        public var sentence: String

        public init(at: Date, sentence: String) {
            self.at = at
            self.sentence = sentence
        }
    }

    public var change: ChangeReport
    public var history: [Moment]
    /// The infrastructure plans of its latest checks.
    public var infrastructure: [InfrastructureReport]

    public init(change: ChangeReport, history: [Moment], infrastructure: [InfrastructureReport]) {
        self.change = change
        self.history = history
        self.infrastructure = infrastructure
    }
}

/// A step's infrastructure plan.
public struct InfrastructureReport: Sendable, Codable, Hashable {
    public var run: Int64
    public var step: String
    public var environment: String
    /// The folder of its configuration, and the state file if Espalier keeps the state.
    public var place: String
    /// `1 to add, 0 to change, 0 to destroy`
    public var summary: String
    /// As Terraform prints it.
    public var text: String

    public init(run: Int64, step: String, environment: String, place: String, summary: String, text: String) {
        self.run = run
        self.step = step
        self.environment = environment
        self.place = place
        self.summary = summary
        self.text = text
    }
}

/// A manual action on record, such as a bypass of the rules.
public struct AuditReport: Sendable, Codable, Hashable {
    public var at: Date
    public var project: String
    public var who: String
    public var deed: String

    public init(at: Date, project: String, who: String, deed: String) {
        self.at = at
        self.project = project
        self.who = who
        self.deed = deed
    }
}

/// A verdict on a challenger, as recorded in the ledger.
public struct DecisionReport: Sendable, Codable, Hashable {
    public var id: Int64
    public var run: Int64
    public var environment: String
    public var commit: String
    public var configurationDigest: String
    public var datasets: [String: String]
    public var model: String
    public var challenger: String
    public var champion: String?
    /// `promoted` or `not_promoted`
    public var verdict: String
    public var reasons: [String]
    public var findings: [FindingReport]
    public var rows: Int
    public var evidenceSha256: String?
    public var decidedAt: Date
    /// When the alias was read back at the version of the decision.
    public var appliedAt: Date?
    /// Who has approved it. The environment requires `approvalsNeeded` people other than the author.
    public var approvedBy: [String] = []
    public var approvalsNeeded = 0
    /// Why the alias was not moved after the decision.
    public var voided: String?
    public var hash: String

    public init(
        id: Int64, run: Int64, environment: String, commit: String, configurationDigest: String,
        datasets: [String: String], model: String, challenger: String, champion: String?, verdict: String,
        reasons: [String], findings: [FindingReport] = [], rows: Int, evidenceSha256: String?, decidedAt: Date,
        appliedAt: Date?, hash: String
    ) {
        self.id = id
        self.run = run
        self.environment = environment
        self.commit = commit
        self.configurationDigest = configurationDigest
        self.datasets = datasets
        self.model = model
        self.challenger = challenger
        self.champion = champion
        self.verdict = verdict
        self.reasons = reasons
        self.findings = findings
        self.rows = rows
        self.evidenceSha256 = evidenceSha256
        self.decidedAt = decidedAt
        self.appliedAt = appliedAt
        self.hash = hash
    }
}

/// One version of a registered model.
public struct ModelReport: Sendable, Codable, Hashable {
    public var name: String
    public var version: String
    public var aliases: [String]
    public var stage: String
    /// Lineage: commit, tree, configuration, data, run, environment.
    public var tags: [String: String]
    /// A disagreement with the ledger: somebody else has moved an alias.
    public var remark: String?

    public init(name: String, version: String, aliases: [String], stage: String, tags: [String: String]) {
        self.name = name
        self.version = version
        self.aliases = aliases
        self.stage = stage
        self.tags = tags
    }
}

/// The board: the current state of every environment and branch.
public struct BoardReport: Sendable, Codable, Hashable {
    public struct Row: Sendable, Codable, Hashable {
        public var environment: String
        public var branch: String
        public var commit: String
        public var run: RunReport
        /// The model that this commit registered in the environment, such as `hrob-risk 3 (champion)`.
        public var model: String?

        public init(environment: String, branch: String, commit: String, run: RunReport, model: String?) {
            self.environment = environment
            self.branch = branch
            self.commit = commit
            self.run = run
            self.model = model
        }
    }

    public var rows: [Row]
    public var changes: [ChangeReport]
    public var schedules: [ScheduleReport]
    public var decisions: [DecisionReport]

    public init(rows: [Row], changes: [ChangeReport], schedules: [ScheduleReport], decisions: [DecisionReport]) {
        self.rows = rows
        self.changes = changes
        self.schedules = schedules
        self.decisions = decisions
    }
}

/// The state of the daemon.
public struct StatusReport: Sendable, Codable, Hashable {
    public struct Project: Sendable, Codable, Hashable {
        public var name: String
        public var repository: String
        public var url: String?

        public init(name: String, repository: String, url: String?) {
            self.name = name
            self.repository = repository
            self.url = url
        }
    }

    /// Nil if no daemon runs.
    public var address: String?
    public var home: String
    public var projects: [Project]
    public var running: [RunReport]
    public var queued: [RunReport]
    /// Events that started no run, with the reason; newest first.
    public var remarks: [String]
    /// Messages that were not delivered, newest first.
    public var undelivered: [NoticeReport]
    /// What blocks projects, oldest first.
    public var troubles: [TroubleReport]

    public init(
        address: String?, home: String, projects: [Project], running: [RunReport], queued: [RunReport],
        remarks: [String], undelivered: [NoticeReport] = [], troubles: [TroubleReport] = []
    ) {
        self.address = address
        self.home = home
        self.projects = projects
        self.running = running
        self.queued = queued
        self.remarks = remarks
        self.undelivered = undelivered
        self.troubles = troubles
    }
}

/// Encodes a report as JSON: snake_case keys in alphabetical order, times as RFC 3339 in UTC.
public func json(_ report: some Encodable, pretty: Bool = true) throws -> Data {
    let encoder = JSONEncoder()
    encoder.outputFormatting =
        pretty ? [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes] : [.sortedKeys, .withoutEscapingSlashes]
    encoder.keyEncodingStrategy = .convertToSnakeCase
    encoder.dateEncodingStrategy = .iso8601
    return try encoder.encode(report)
}
