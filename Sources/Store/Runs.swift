import Events
import Foundation
import GRDB
import Plans
import Projects
import Runs

/// A run with all its facts.
public struct StoredRun: Sendable {
    public let id: Int64
    public let project: Int64
    public let event: Int64
    public let plan: Plan
    public let createdAt: Date
    public let facts: [Recorded]
    /// Absent while a step may still run.
    public let outcome: RunOutcome?

    public var progress: RunProgress { RunProgress(plan, facts: facts) }
}

/// A run as a list shows it: nothing that needs its plan or facts.
public struct RunRow: Sendable, Hashable {
    public let id: Int64
    public let project: String
    public let pipeline: String
    public let environment: String
    public let branch: String
    public let commit: String
    public let createdAt: Date
    public let startedAt: Date?
    public let endedAt: Date?
    public let outcome: RunOutcome?

    init(_ row: Row) {
        id = row["id"]
        project = row["project"]
        pipeline = row["pipeline"]
        environment = row["environment"]
        branch = row["branch"]
        commit = row["commit_id"]
        createdAt = row.date("created_at")
        startedAt = row.optionalDate("started_at")
        endedAt = row.optionalDate("ended_at")
        outcome = (row["outcome"] as String?).flatMap(RunOutcome.init)
    }
}

extension Store {
    /// Append facts to a run; `outcome` when they end it.
    public func append(_ facts: [Recorded], to run: Int64, outcome: RunOutcome? = nil) async throws {
        let texts = try facts.map { try Stored.text($0.fact) }
        try await pool.write { database in
            let insert = try database.cachedStatement(
                sql: "INSERT INTO step_fact (run_id, step, fact, at) VALUES (?, ?, ?, ?)")
            for (fact, text) in zip(facts, texts) {
                try insert.execute(arguments: [run, fact.step, text, fact.at.timeIntervalSince1970])
            }
            let time = (facts.last?.at ?? Date()).timeIntervalSince1970
            if case .started? = facts.last?.fact {
                try database.cachedStatement(sql: "UPDATE run SET started_at = ? WHERE id = ? AND started_at IS NULL")
                    .execute(arguments: [time, run])
            }
            guard let outcome else { return }
            try database.cachedStatement(
                sql: "UPDATE run SET outcome = ?, ended_at = ? WHERE id = ? AND outcome IS NULL"
            )
            .execute(arguments: [outcome.rawValue, time, run])
        }
    }

    /// Runs in which a step may still run, oldest first.
    public func unendedRuns() async throws -> [StoredRun] {
        try await pool.read { database in
            try Row.fetchAll(database, sql: "SELECT * FROM run WHERE outcome IS NULL ORDER BY id")
                .map { try Self.run($0, database) }
        }
    }

    public func run(_ id: Int64) async throws -> StoredRun {
        try await pool.read { database in
            guard let row = try Row.fetchOne(database, sql: "SELECT * FROM run WHERE id = ?", arguments: [id]) else {
                throw StoreError.noRun(id)
            }
            return try Self.run(row, database)
        }
    }

    /// The runs of one event.
    public func runs(ofEvent event: Int64) async throws -> [StoredRun] {
        try await pool.read { database in
            try Row.fetchAll(database, sql: "SELECT * FROM run WHERE event_id = ? ORDER BY id", arguments: [event])
                .map { try Self.run($0, database) }
        }
    }

    /// The latest runs, newest first.
    public func runRows(branch: String? = nil, environment: String? = nil, before: Int64? = nil, limit: Int = 50)
        async throws -> [RunRow]
    {
        try await pool.read { database in
            try Row.fetchAll(
                database,
                sql: """
                    SELECT run.*, project.name AS project FROM run JOIN project ON project.id = run.project_id
                    WHERE (:branch IS NULL OR branch = :branch) AND (:environment IS NULL OR environment = :environment)
                    AND (:before IS NULL OR run.id < :before) ORDER BY run.id DESC LIMIT :limit
                    """,
                arguments: ["branch": branch, "environment": environment, "before": before, "limit": limit]
            )
            .map(RunRow.init)
        }
    }

    /// The newest run of every branch and pipeline, for the board.
    public func latestRuns() async throws -> [RunRow] {
        try await pool.read { database in
            try Row.fetchAll(
                database,
                sql: """
                    SELECT run.*, project.name AS project FROM run JOIN project ON project.id = run.project_id
                    WHERE run.id IN (SELECT max(id) FROM run GROUP BY project_id, branch, pipeline) ORDER BY run.id DESC
                    """
            ).map(RunRow.init)
        }
    }

    static func run(_ row: Row, _ database: Database) throws -> StoredRun {
        let id: Int64 = row["id"]
        let facts = try Row.fetchAll(
            database.cachedStatement(sql: "SELECT step, fact, at FROM step_fact WHERE run_id = ? ORDER BY id"),
            arguments: [id]
        ).map { Recorded(step: $0["step"], fact: try Stored.value(StepFact.self, from: $0["fact"]), at: $0.date("at")) }
        return StoredRun(
            id: id, project: row["project_id"], event: row["event_id"],
            plan: try Stored.value(Plan.self, from: row["plan"]), createdAt: row.date("created_at"), facts: facts,
            outcome: (row["outcome"] as String?).flatMap(RunOutcome.init))
    }
}

extension Store {
    /// The registries that the latest runs of each environment were planned with, each once.
    public func registriesInUse() async throws -> [RegistrySettings] {
        try await pool.read { database in
            let plans = try String.fetchAll(
                database,
                sql: """
                    SELECT plan FROM run WHERE id IN (SELECT max(id) FROM run GROUP BY project_id, environment) ORDER BY id
                    """)
            var seen: Set<[String]> = []
            return try plans.map { try Stored.value(Plan.self, from: $0).settings.registry }.filter { settings in
                seen.insert(["\(settings.server)", settings.model ?? ""]).inserted
            }
        }
    }
}
