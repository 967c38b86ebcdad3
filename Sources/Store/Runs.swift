import Events
import Foundation
import GRDB
import Plans
import Projects
import Runs

/// A run as shown in lists, without its plan and facts.
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

/// The facts about a run at one moment, stored all or nothing.
public struct FactWrite: Sendable {
    public let run: StoredRun
    public var facts: [Recorded]
    /// Set when the facts end the run.
    public var outcome: RunOutcome?
    /// Whether the facts reopen a run that had ended.
    public var reopens = false
    /// Step results to keep for later runs.
    public var results: [String: KeptResult] = [:]
    /// Row ids of the earlier results that the steps reused.
    public var used: [Int64] = []
    /// Monitor reports of the steps.
    public var monitors: [String: String] = [:]
    /// Infrastructure plans of the steps.
    public var infrastructure: [String: InfrastructureRecord] = [:]
    /// The schedules of the run's commit and environment, by pipeline. Those whose release has passed go live when the run
    /// ends. Absent if the run makes none live.
    public var schedules: [String: ReleasedSchedule]?
    /// Set when the run triggers an automatic rollback.
    public var rollbackReason: String?
    /// Drift that the run found.
    public var drift: DriftReport?
    /// How the run ended, with the last log lines of the first failed step. Absent while it is running.
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
    /// Runs with steps that may still run, oldest first.
    public func unendedRuns() async throws -> Readings<StoredRun> {
        try await reader.read { database in
            try Readings(
                of: "run", Row.fetchAll(database, sql: "SELECT * FROM run WHERE outcome IS NULL ORDER BY id")
            ) { try Self.run($0, database) }
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

    /// The runs of an event.
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

    /// The newest run of each branch and pipeline, for the board. Looks at the last 2,000 runs and returns at most 100,
    /// so that it stays fast.
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

    /// The progress of a step, from its own facts only. Cheap enough for frequent polling, such as following a log.
    ///
    /// - Returns: `nil` if there is no such run or step.
    public func stepProgress(run: Int64, step: String) async throws -> StepProgress? {
        try await reader.read { database in
            let facts = try Row.fetchAll(
                database.cachedStatement(
                    sql: "SELECT id, step, fact, at FROM step_fact WHERE run_id = ? AND step = ? ORDER BY id"),
                arguments: [run, step]
            ).map(Self.recorded)
            if facts.isEmpty {
                let plan = try String.fetchOne(database, sql: "SELECT plan FROM run WHERE id = ?", arguments: [run])
                guard let plan, try Stored.value(Plan.self, from: plan).step(named: step) != nil else { return nil }
            }
            return facts.reduce(StepProgress()) { $0.after($1.fact, at: $1.at) }
        }
    }

    private static func recorded(_ row: Row) throws -> Recorded {
        do {
            return Recorded(
                step: row["step"], fact: try Stored.value(StepFact.self, from: row["fact"]), at: row.date("at"))
        } catch {
            throw UnreadableFact(id: row["id"], reason: clause(of: error))
        }
    }

    static func run(_ row: Row, _ database: Database) throws -> StoredRun {
        let id: Int64 = row["id"]
        let facts = try Row.fetchAll(
            database.cachedStatement(sql: "SELECT id, step, fact, at FROM step_fact WHERE run_id = ? ORDER BY id"),
            arguments: [id]
        ).map(recorded)
        return StoredRun(
            id: id, project: row["project_id"], event: row["event_id"],
            plan: try Stored.value(Plan.self, from: row["plan"]), createdAt: row.date("created_at"), facts: facts,
            outcome: (row["outcome"] as String?).flatMap(RunOutcome.init))
    }
}

extension Store {
    /// Appends the facts of several runs, all or nothing.
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
        // A run ends once, and so its effects happen once.
        guard database.changesCount == 1 else { return }
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
    /// The registries in the plan of the latest run of each environment, once per model.
    public func registriesInUse() async throws -> [RegistrySettings] {
        var seen: Set<[String]> = []
        let settings = try await reader.read { try Self.latestPlans($0).map(\.settings.registry) }
        return settings.flatMap(\.ofEachModel).filter { settings in
            seen.insert(["\(settings.server)", settings.model ?? ""]).inserted
        }
    }

    /// The channels in the plan of the latest run of each environment.
    public func channelsInUse() async throws -> [Channel] {
        try await reader.read { try Self.latestPlans($0).flatMap { $0.settings.notify ?? [] } }
    }

    /// The plan of each environment's latest run.
    static func latestPlans(_ database: Database) throws -> Readings<Plan> {
        try latestPlans(database) { try Stored.value(Plan.self, from: $0["plan"]) }
    }

    /// - Parameter read: of a row with the columns `id`, `project_id` and `plan`.
    static func latestPlans<Value>(_ database: Database, _ read: (Row) throws -> Value) throws -> Readings<Value> {
        // There are few environments and many runs: jump from one environment to the next by the index, never scan the
        // runs.
        try Readings(
            of: "run",
            Row.fetchAll(
                database,
                sql: """
                    WITH RECURSIVE seen(project_id, environment) AS (
                        SELECT * FROM (SELECT project_id, environment FROM run ORDER BY project_id, environment LIMIT 1)
                        UNION ALL
                        SELECT next.project_id, next.environment FROM seen, run AS next
                        WHERE next.id = (
                            SELECT id FROM run WHERE (project_id, environment) > (seen.project_id, seen.environment)
                            ORDER BY project_id, environment LIMIT 1))
                    SELECT run.id, run.project_id, plan FROM seen, run WHERE run.id = (
                        SELECT max(id) FROM run
                        WHERE run.project_id = seen.project_id AND run.environment = seen.environment)
                    """), read)
    }
}

extension StoreReading {
    /// The monitor reports of a run as the steps wrote them, by step.
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
