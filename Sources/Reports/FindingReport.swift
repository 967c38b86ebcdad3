import Foundation

/// One rule of a decision, or one slice of a rule, with its numbers.
public struct FindingReport: Sendable, Codable, Hashable {
    /// `floor`, `at_most`, `improve`, `no_worse`, `slices`
    public var rule: String
    /// A metric, or a value that a step reported.
    public var subject: String
    /// `COLUMN=VALUE`
    public var slice: String?
    public var rows: Int?
    public var challenger: Double?
    public var champion: Double?
    /// Challenger − champion in the metric's unit, positive where the challenger is better.
    public var difference: Double?
    /// One-sided bounds of the difference, each with `confidence`.
    public var lower: Double?
    public var upper: Double?
    public var confidence: Double?
    /// DeLong's bound by normal approximation, for comparison.
    public var delongLower: Double?
    public var delongUpper: Double?
    /// The threshold: what the challenger has to reach (`floor`), may not exceed (`at_most`, and floors of metrics
    /// where less is better), or what the difference has to exceed.
    public var wanted: Double
    /// For a slice: the p-value of "worse by no more than the margin", after Holm.
    public var adjustedP: Double?
    /// `passed`, `failed`, `not_applied`; for a slice `passed`, `worse`, `too_small`
    public var outcome: String

    public init(rule: String, subject: String, wanted: Double, outcome: String) {
        self.rule = rule
        self.subject = subject
        self.wanted = wanted
        self.outcome = outcome
    }
}

/// One entry of the ledger for an auditor: `hash` is SHA-256 of `previousHash`, a line feed, and `body`.
public struct LedgerEntry: Sendable, Codable, Hashable {
    public var id: Int64
    public var previousHash: String
    public var hash: String
    /// The decision as JSON, exactly as it was hashed.
    public var body: String
    /// When the alias was read back after the decision had moved it.
    public var appliedAt: Date?

    public init(id: Int64, previousHash: String, hash: String, body: String, appliedAt: Date?) {
        self.id = id
        self.previousHash = previousHash
        self.hash = hash
        self.body = body
        self.appliedAt = appliedAt
    }
}

/// Which version an alias pointed to.
public struct TenureReport: Sendable, Codable, Hashable {
    public var model: String
    public var alias: String
    public var version: String
    /// When the alias was read back at this version.
    public var since: Date
    /// When the alias was moved away; nil if it is still there.
    public var until: Date?
    public var decision: Int64
    public var commit: String
    public var evidenceSha256: String?

    public init(
        model: String, alias: String, version: String, since: Date, until: Date?, decision: Int64, commit: String,
        evidenceSha256: String?
    ) {
        self.model = model
        self.alias = alias
        self.version = version
        self.since = since
        self.until = until
        self.decision = decision
        self.commit = commit
        self.evidenceSha256 = evidenceSha256
    }
}
