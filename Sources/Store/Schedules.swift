import Events
import Foundation
import GRDB
import Plans
import Projects

/// A schedule that is live: a rule, pinned to the commit whose release run passed.
public struct StoredSchedule: Sendable, Hashable {
    public let id: Int64
    public let project: Int64
    public let pipeline: String
    public let rule: ScheduleRule
    public let commit: ObjectID
    public let branch: String
    public let run: Int64
    public let liveSince: Date
    /// From when on its moments are due: before it was live, where an older release had the same rule live.
    public let dueSince: Date

    init(_ row: Row) throws {
        id = row["id"]
        project = row["project_id"]
        pipeline = row["pipeline"]
        rule = try Stored.value(ScheduleRule.self, from: row["rule"])
        let text: String = row["commit_id"]
        guard let commit = ObjectID(text) else { throw StoreError.noSchedule(pipeline, live: []) }
        self.commit = commit
        branch = row["branch"]
        run = row["run_id"]
        liveSince = row.date("live_since")
        dueSince = row.optionalDate("due_since") ?? liveSince
    }
}

/// One due moment of a schedule that has been stored.
public struct StoredFire: Sendable, Hashable {
    public let id: Int64
    public let pipeline: String
    public let logicalTime: Date
    public let storedAt: Date
    /// The champion when it fired: the model and version that its runs use.
    public let model: String?
    public let version: String?

    init(_ row: Row) {
        id = row["id"]
        pipeline = row["pipeline"]
        logicalTime = row.date("logical_time")
        storedAt = row.date("stored_at")
        model = row["model"]
        version = row["version"]
    }
}

/// A model version that something is pinned to.
public struct PinnedVersion: Sendable, Hashable {
    public let model: String
    public let version: String

    public init(model: String, version: String) {
        self.model = model
        self.version = version
    }
}

extension Store {
    /// Make the schedules of a passed release run live, and retire those of the same environment that it no longer has.
    static func goLive(_ rules: [String: ScheduleRule], run: StoredRun, at time: Date, _ database: Database) throws {
        let environment = run.plan.environment
        let live = try Row.fetchAll(
            database, sql: "SELECT * FROM schedule WHERE project_id = ? AND retired_at IS NULL",
            arguments: [run.project]
        ).map(StoredSchedule.init)
        // A run is told once; a run older than what is live must not bring its schedules back.
        guard !live.contains(where: { $0.rule.environment == environment && $0.run >= run.id }) else { return }
        for old in live where old.rule.environment == environment || rules[old.pipeline] != nil {
            try database.execute(
                sql: "UPDATE schedule SET retired_at = ? WHERE id = ?",
                arguments: [time.timeIntervalSince1970, old.id])
        }
        // A moment that the old one has not fired yet is the new one's to fire.
        func dueSince(_ pipeline: String, _ rule: ScheduleRule) -> Date? {
            live.first { $0.pipeline == pipeline && $0.rule.hasSameMoments(as: rule) }?.dueSince
        }
        for (pipeline, rule) in rules.sorted(by: { $0.key < $1.key }) {
            try database.execute(
                sql: """
                    INSERT INTO schedule (project_id, pipeline, rule, commit_id, branch, run_id, live_since, due_since)
                    VALUES (?, ?, ?, ?, ?, ?, ?, ?)
                    """,
                arguments: [
                    run.project, pipeline, try Stored.text(rule), run.plan.commit.description, run.plan.branch,
                    run.id, time.timeIntervalSince1970, dueSince(pipeline, rule)?.timeIntervalSince1970,
                ])
        }
    }

    public func liveSchedules() async throws -> [StoredSchedule] {
        try await pool.read { database in
            try Row.fetchAll(
                database, sql: "SELECT * FROM schedule WHERE retired_at IS NULL ORDER BY project_id, pipeline"
            )
            .map(StoredSchedule.init)
        }
    }

    /// The latest fire of a schedule.
    public func lastFire(of schedule: StoredSchedule) async throws -> StoredFire? {
        try await fires(of: schedule.pipeline, project: schedule.project, limit: 1).first
    }

    /// The fires of a pipeline, latest logical time first.
    public func fires(of pipeline: String, project: Int64, limit: Int = 20) async throws -> [StoredFire] {
        try await pool.read { database in
            try Row.fetchAll(
                database,
                sql: "SELECT * FROM fire WHERE project_id = ? AND pipeline = ? ORDER BY logical_time DESC LIMIT ?",
                arguments: [project, pipeline, limit]
            ).map(StoredFire.init)
        }
    }

    public func fire(_ id: Int64) async throws -> StoredFire? {
        try await pool.read { database in
            try Row.fetchOne(database, sql: "SELECT * FROM fire WHERE id = ?", arguments: [id]).map(StoredFire.init)
        }
    }

    /// Store a fire and the event that runs it, in one transaction. A fire that is already stored is not stored again; it
    /// is run again only when `repeating`, with what it was pinned to the first time.
    public func fire(
        _ schedule: StoredSchedule, at logicalTime: Date, pinned: PinnedVersion?, repeating: Bool, now: Date
    )
        async throws -> StoredEvent?
    {
        try await pool.write { database in
            let pin: [(any DatabaseValueConvertible)?] = [pinned?.model, pinned?.version]
            try database.execute(
                sql: """
                    INSERT INTO fire (project_id, pipeline, logical_time, schedule_id, stored_at, model, version)
                    VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING
                    """,
                arguments: StatementArguments(
                    [
                        schedule.project, schedule.pipeline, logicalTime.timeIntervalSince1970,
                        schedule.id, now.timeIntervalSince1970,
                    ] + pin))
            let isNew = database.changesCount == 1
            guard isNew || repeating else { return nil }
            let row = try Row.fetchOne(
                database,
                sql: """
                    SELECT fire.id, schedule.commit_id, schedule.branch FROM fire
                    JOIN schedule ON schedule.id = fire.schedule_id
                    WHERE fire.project_id = ? AND fire.pipeline = ? AND logical_time = ?
                    """,
                arguments: [schedule.project, schedule.pipeline, logicalTime.timeIntervalSince1970])
            guard let row, let commit = ObjectID(row["commit_id"] as String) else { return nil }
            let request = FireRequest(
                fire: row["id"], schedule: schedule.pipeline, logicalTime: logicalTime, commit: commit,
                branch: row["branch"])
            return try Self.insert(.fire(request), project: schedule.project, at: now, database)
        }
    }
}

extension Store {
    /// Whether a run of the pipeline has not ended.
    public func isRunning(pipeline: String, project: Int64) async throws -> Bool {
        try await pool.read { database in
            try Bool.fetchOne(
                database,
                sql: "SELECT EXISTS (SELECT 1 FROM run WHERE outcome IS NULL AND project_id = ? AND pipeline = ?)",
                arguments: [project, pipeline]) ?? false
        }
    }
}
