import Events
import Foundation
import GRDB
import Plans
import Projects
import Runs

/// A run as lists show it, without its plan and facts.
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

/// Facts of one run that are written together, all or nothing.
public struct FactWrite: Sendable {
    public let run: StoredRun
    public var facts: [Recorded]
    /// Set when the facts end the run.
    public var outcome: RunOutcome?
    /// Whether the facts reopen a run that had ended.
    public var reopens = false
    /// Results that these steps leave for later runs, by step.
    public var results: [String: KeptResult] = [:]
    /// Rows of the results that these steps reused.
    public var used: [Int64] = []
    /// Monitor reports that these steps wrote, by step.
    public var monitors: [String: String] = [:]
    /// What these steps planned for infrastructure, by step.
    public var infrastructure: [String: InfrastructureRecord] = [:]
    /// The schedules to make live when the run ends, by pipeline; absent if it makes none live.
    public var schedules: [String: ScheduleRule]?
    /// Set when the run triggers an automatic rollback.
    public var rollbackReason: String?
    /// The drift that the run found.
    public var drift: DriftReport?
    /// How the run ended, with the last lines of the log of the first failed step. Absent while it is running.
    public var end: (progress: RunProgress, log: [String])?

    public init(run: StoredRun, facts: [Recorded]) {
        self.run = run
        self.facts = facts
    }
}

extension Recorded {
    fileprivate var isStart: Bool {
        if case .started = fact { true } else { false }
    }
}

extension StoreReading {
    /// Runs that may still run a step, oldest first.
    public func unendedRuns() async throws -> [StoredRun] {
        try await reader.read { database in
            try Row.fetchAll(database, sql: "SELECT * FROM run WHERE outcome IS NULL ORDER BY id")
                .map { try Self.run($0, database) }
        }
    }

    public func run(_ id: Int64) async throws -> StoredRun {
        try await reader.read { database in
            guard let row = try Row.fetchOne(database, sql: "SELECT * FROM run WHERE id = ?", arguments: [id]) else {
                throw StoreError.noRun(id)
            }
            return try Self.run(row, database)
        }
    }

    /// The runs of one event.
    public func runs(ofEvent event: Int64) async throws -> [StoredRun] {
        try await reader.read { database in
            try Row.fetchAll(database, sql: "SELECT * FROM run WHERE event_id = ? ORDER BY id", arguments: [event])
                .map { try Self.run($0, database) }
        }
    }

    /// The latest runs, newest first.
    public func runRows(branch: String? = nil, environment: String? = nil, before: Int64? = nil, limit: Int = 50)
        async throws -> [RunRow]
    {
        try await reader.read { database in
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

    /// The newest run of each recently used branch and pipeline, for the board. Reads the last 2,000 runs and returns
    /// at most 100, so that its cost does not grow with the history.
    public func latestRuns() async throws -> [RunRow] {
        try await reader.read { database in
            try Row.fetchAll(
                database,
                sql: """
                    SELECT run.*, project.name AS project FROM run JOIN project ON project.id = run.project_id
                    WHERE run.id IN (
                        SELECT max(id) FROM (SELECT * FROM run ORDER BY id DESC LIMIT 2000)
                        GROUP BY project_id, branch, pipeline ORDER BY max(id) DESC LIMIT 100)
                    ORDER BY run.id DESC
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
    /// Append the facts of several runs, all or nothing.
    public func append(_ writes: [FactWrite]) async throws {
        let texts = try writes.map { try $0.facts.map { try Stored.text($0.fact) } }
        try await pool.write { database in
            for (write, texts) in zip(writes, texts) { try Self.append(write, texts, database) }
        }
    }

    private static func append(_ write: FactWrite, _ texts: [String], _ database: Database) throws {
        let insert = try database.cachedStatement(
            sql: "INSERT INTO step_fact (run_id, step, fact, at) VALUES (?, ?, ?, ?)")
        for (fact, text) in zip(write.facts, texts) {
            try insert.execute(arguments: [write.run.id, fact.step, text, fact.at.timeIntervalSince1970])
        }
        if let start = write.facts.first(where: \.isStart) {
            try database.cachedStatement(sql: "UPDATE run SET started_at = ? WHERE id = ? AND started_at IS NULL")
                .execute(arguments: [start.at.timeIntervalSince1970, write.run.id])
        }
        let time = write.facts.last?.at ?? Date()
        for (step, result) in write.results { try keep(result, of: step, in: write.run, at: time, database) }
        if !write.used.isEmpty {
            let use = try database.cachedStatement(sql: "UPDATE result SET used_at = ? WHERE id = ?")
            for id in write.used { try use.execute(arguments: [time.timeIntervalSince1970, id]) }
        }
        for (step, body) in write.monitors {
            try database.execute(
                sql: "INSERT OR REPLACE INTO monitor_report (run_id, step, body) VALUES (?, ?, ?)",
                arguments: [write.run.id, step, body])
        }
        for (step, plan) in write.infrastructure { try keep(plan, of: step, in: write.run, database) }
        if write.reopens {
            try database.execute(
                sql: "UPDATE run SET outcome = NULL, ended_at = NULL WHERE id = ?", arguments: [write.run.id])
        }
        guard let outcome = write.outcome else { return }
        try database.cachedStatement(
            sql: "UPDATE run SET outcome = ?, ended_at = ? WHERE id = ? AND outcome IS NULL"
        ).execute(arguments: [outcome.rawValue, time.timeIntervalSince1970, write.run.id])
        if write.run.plan.trigger == .push {
            try tell(.run(write.run.id), project: write.run.project, at: time, database)
        }
        if let drift = write.drift {
            _ = try Self.insert(.drift(drift), project: write.run.project, at: time, database)
        }
        if let end = write.end { try tell(end.progress, log: end.log, of: write.run, at: time, database) }
        if let reason = write.rollbackReason { try rollBack(for: write.run, because: reason, at: time, database) }
        if let rules = write.schedules { try goLive(rules, run: write.run, at: time, database) }
    }
}

extension StoreReading {
    /// The registries in the plan of the latest run of each environment, one entry per model.
    public func registriesInUse() async throws -> [RegistrySettings] {
        var seen: Set<[String]> = []
        let settings = try await latestPlans().map(\.settings.registry)
        return settings.flatMap(\.ofEachModel).filter { settings in
            seen.insert(["\(settings.server)", settings.model ?? ""]).inserted
        }
    }

    /// The channels in the plan of the latest run of each environment.
    public func channelsInUse() async throws -> [Channel] {
        try await latestPlans().flatMap { $0.settings.notify ?? [] }
    }

    /// The plan of the latest run of each environment.
    private func latestPlans() async throws -> [Plan] {
        try await reader.read { database in
            // There are few environments and many runs: go from one environment to the next by the index, never
            // through the runs.
            try String.fetchAll(
                database,
                sql: """
                    WITH RECURSIVE seen(project_id, environment) AS (
                        SELECT * FROM (SELECT project_id, environment FROM run ORDER BY project_id, environment LIMIT 1)
                        UNION ALL
                        SELECT next.project_id, next.environment FROM seen, run AS next
                        WHERE next.id = (
                            SELECT id FROM run WHERE (project_id, environment) > (seen.project_id, seen.environment)
                            ORDER BY project_id, environment LIMIT 1))
                    SELECT plan FROM seen, run WHERE run.id = (
                        SELECT max(id) FROM run
                        WHERE run.project_id = seen.project_id AND run.environment = seen.environment)
                    """
            ).map { try Stored.value(Plan.self, from: $0) }
        }
    }
}

extension StoreReading {
    /// The monitor reports of a run, as its steps wrote them, by step.
    public func monitorReports(ofRun run: Int64) async throws -> [(step: String, body: String)] {
        try await reader.read { database in
            try Row.fetchAll(
                database, sql: "SELECT step, body FROM monitor_report WHERE run_id = ? ORDER BY step", arguments: [run]
            ).map { (step: $0["step"], body: $0["body"]) }
        }
    }

    /// Numbers of earlier runs of the same pipeline, newest first.
    public func runsBefore(_ run: StoredRun, branch: String?, limit: Int) async throws -> [Int64] {
        try await reader.read { database in
            try Int64.fetchAll(
                database,
                sql: """
                    SELECT id FROM run WHERE project_id = :project AND pipeline = :pipeline AND id < :run
                    AND (:branch IS NULL OR branch = :branch) ORDER BY id DESC LIMIT :limit
                    """,
                arguments: [
                    "project": run.project, "pipeline": run.plan.pipeline, "run": run.id, "branch": branch,
                    "limit": limit,
                ])
        }
    }
}
