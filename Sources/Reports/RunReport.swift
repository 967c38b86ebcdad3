import Foundation

/// A run as lists show it.
public struct RunReport: Sendable, Codable, Hashable {
    public var id: Int64
    public var project: String
    public var environment: String
    public var branch: String
    public var pipeline: String
    public var commit: String
    /// `queued`, `running`, or how it ended: `passed`, `failed`, …
    public var outcome: String
    public var createdAt: Date
    public var startedAt: Date?
    public var endedAt: Date?

    public init(
        id: Int64, project: String, environment: String, branch: String, pipeline: String, commit: String,
        outcome: String, createdAt: Date, startedAt: Date?, endedAt: Date?
    ) {
        self.id = id
        self.project = project
        self.environment = environment
        self.branch = branch
        self.pipeline = pipeline
        self.commit = commit
        self.outcome = outcome
        self.createdAt = createdAt
        self.startedAt = startedAt
        self.endedAt = endedAt
    }

    public var seconds: Double? {
        startedAt.flatMap { start in endedAt.map { $0.timeIntervalSince(start) } }
    }

    public var isOver: Bool { !["queued", "running"].contains(outcome) }
}

/// A run with everything that an auditor needs.
public struct RunDetail: Sendable, Codable, Hashable {
    public var run: RunReport
    public var tree: String
    /// `push`, `change 7`, `fire of inference for 2026-11-23T11:00:00Z`
    public var trigger: String
    public var logicalTime: Date?
    /// The model version that its steps were given, `models:/NAME/VERSION`.
    public var model: String?
    /// The resolved `config:` as JSON text, and its SHA-256.
    public var configuration: String
    public var configurationDigest: String
    /// What the steps reported about the data they read: name → digest.
    public var datasets: [String: String]
    public var notes: [String]
    public var steps: [StepReport]
    /// The last lines of log of the first failed step.
    public var failureLog: [String] = []
    /// What its monitoring steps found.
    public var monitors: [MonitorReport] = []
    /// The infrastructure plans of its steps.
    public var infrastructure: [InfrastructureReport] = []

    public init(
        run: RunReport, tree: String, trigger: String, logicalTime: Date?, model: String?, configuration: String,
        configurationDigest: String, datasets: [String: String], notes: [String], steps: [StepReport]
    ) {
        self.run = run
        self.tree = tree
        self.trigger = trigger
        self.logicalTime = logicalTime
        self.model = model
        self.configuration = configuration
        self.configurationDigest = configurationDigest
        self.datasets = datasets
        self.notes = notes
        self.steps = steps
    }
}

public struct StepReport: Sendable, Codable, Hashable {
    public var name: String
    /// `pending`, `running`, `waiting`, or how it ended.
    public var state: String
    public var detail: String
    public var needs: [String]
    public var attempts: Int
    public var startedAt: Date?
    public var endedAt: Date?
    /// What it reported: key → value.
    public var values: [String: String]

    public init(
        name: String, state: String, detail: String, needs: [String], attempts: Int, startedAt: Date?,
        endedAt: Date?, values: [String: String]
    ) {
        self.name = name
        self.state = state
        self.detail = detail
        self.needs = needs
        self.attempts = attempts
        self.startedAt = startedAt
        self.endedAt = endedAt
        self.values = values
    }

    public var seconds: Double? {
        startedAt.flatMap { start in endedAt.map { $0.timeIntervalSince(start) } }
    }
}
