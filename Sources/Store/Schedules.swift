import Events
import Foundation
import GRDB
import Plans
import Projects
import Runs
import Schedules

/// A live schedule: a rule, pinned to the commit whose release run passed.
public struct StoredSchedule: Sendable, Hashable {
    public let id: Int64
    public let project: Int64
    public let pipeline: String
    public let rule: ScheduleRule
    public let commit: ObjectID
    public let branch: String
    public let run: Int64
    public let liveSince: Date
    /// All moments up to this one are decided. It can be earlier than the release if an older release had the same
    /// rule.
    public let decidedThrough: Date
    /// Absent unless it is paused.
    public let pause: Pause?

    /// Who paused it, and why.
    public struct Pause: Sendable, Hashable {
        public let who: String
        public let reason: String
        public let since: Date
    }

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
        decidedThrough = row.optionalDate("due_since") ?? liveSince
        pause = (row["who"] as String?).map { Pause(who: $0, reason: row["reason"], since: row.date("paused_at")) }
    }

    fileprivate static func live(of project: Int64?, _ database: Database) throws -> Readings<StoredSchedule> {
        try Readings(
            of: "schedule",
            Row.fetchAll(
                database,
                sql: """
                    SELECT schedule.*, who, reason, at AS paused_at FROM schedule
                    LEFT JOIN schedule_pause USING (project_id, pipeline)
                    WHERE retired_at IS NULL AND (:project IS NULL OR project_id = :project)
                    ORDER BY project_id, pipeline
                    """, arguments: ["project": project]),
            StoredSchedule.init)
    }
}

extension StoreReading {
    /// The live schedules of a project, or of all projects.
    public func liveSchedules(of project: Int64? = nil) async throws -> Readings<StoredSchedule> {
        try await reader.read { try StoredSchedule.live(of: project, $0) }
    }

    /// The live schedule of that name.
    public func liveSchedule(_ pipeline: String, project: Int64) async throws -> StoredSchedule {
        let live = try await liveSchedules(of: project)
        guard let found = live.first(where: { $0.pipeline == pipeline }) else {
            throw StoreError.noSchedule(pipeline, live: live.map(\.pipeline))
        }
        return found
    }

    /// The moment up to which a schedule has decided by now.
    public func decidedThrough(_ schedule: StoredSchedule) async throws -> Date {
        try await reader.read { database in
            let row = try Row.fetchOne(
                database, sql: "SELECT due_since FROM schedule WHERE id = ?", arguments: [schedule.id])
            return row?.optionalDate("due_since") ?? schedule.liveSince
        }
    }
}

extension Store {
    /// Makes those schedules live whose release has passed with this run: all runs that the same push started in their
    /// environment and that are about their model, or that they name. Retires the schedules that the commit no longer has
    /// once all of the push has passed.
    static func goLive(_ schedules: [String: ReleasedSchedule], run: StoredRun, at time: Date, _ database: Database)
        throws
    {
        // Runs are applied once. An older release must not bring back its schedules.
        guard try !newerReleaseHasPassed(than: run, database) else { return }
        let runs = try releaseRuns(of: run, database)
        let live = try StoredSchedule.live(of: run.project, database)
        if runs.allSatisfy(\.hasPassed) {
            for old in live where old.rule.environment == run.plan.environment && schedules[old.pipeline] == nil {
                try retire(old.pipeline, project: run.project, at: time, database)
            }
        }
        for (pipeline, schedule) in schedules.sorted(by: { $0.key < $1.key }) where schedule.obstacles(in: runs).isEmpty
        {
            guard try !hasSchedule(pipeline, sincePushOf: run, database) else { continue }
            // A moment that the old schedule has not decided passes to the new one.
            let decided = live.first { $0.pipeline == pipeline && $0.rule.hasSameMoments(as: schedule.rule) }
            // This also retires a schedule that cannot be read, whose environment is unknown.
            try retire(pipeline, project: run.project, at: time, database)
            try database.execute(
                sql: """
                    INSERT INTO schedule (project_id, pipeline, rule, commit_id, branch, run_id, live_since, due_since)
                    VALUES (?, ?, ?, ?, ?, ?, ?, ?)
                    """,
                arguments: [
                    run.project, pipeline, try Stored.text(schedule.rule), run.plan.commit.description,
                    run.plan.branch, run.id, time.timeIntervalSince1970, decided?.decidedThrough.timeIntervalSince1970,
                ])
        }
    }

    private static func retire(_ pipeline: String, project: Int64, at time: Date, _ database: Database) throws {
        try database.execute(
            sql: "UPDATE schedule SET retired_at = ? WHERE project_id = ? AND pipeline = ? AND retired_at IS NULL",
            arguments: [time.timeIntervalSince1970, project, pipeline])
    }

    /// All runs that the push of this run started in its environment.
    private static func releaseRuns(of run: StoredRun, _ database: Database) throws -> [ReleaseRun] {
        try Row.fetchAll(
            database, sql: "SELECT pipeline, outcome, plan FROM run WHERE event_id = ? AND environment = ?",
            arguments: [run.event, run.plan.environment]
        ).map { row in
            let plan = try Stored.value(Plan.self, from: row["plan"] as String)
            return ReleaseRun(
                pipeline: row["pipeline"], model: plan.settings.registry.model,
                hasPassed: (row["outcome"] as String?) == RunOutcome.passed.rawValue)
        }
    }

    /// Whether the push of this run or a later one has already made a schedule of that name live.
    private static func hasSchedule(_ pipeline: String, sincePushOf run: StoredRun, _ database: Database) throws -> Bool
    {
        try Bool.fetchOne(
            database,
            sql: """
                SELECT EXISTS (SELECT 1 FROM schedule JOIN run ON run.id = run_id
                WHERE schedule.project_id = ? AND schedule.pipeline = ? AND event_id >= ?)
                """, arguments: [run.project, pipeline, run.event]) ?? false
    }

    /// Whether all of a later push to the same environment has passed.
    private static func newerReleaseHasPassed(than run: StoredRun, _ database: Database) throws -> Bool {
        try Bool.fetchOne(
            database,
            sql: """
                SELECT EXISTS (
                    SELECT 1 FROM run JOIN event ON event.id = event_id
                    WHERE run.project_id = ? AND environment = ? AND run.id > ? AND event_id > ? AND ref IS NOT NULL
                    GROUP BY event_id HAVING min(outcome IS 'passed') = 1)
                """, arguments: [run.project, run.plan.environment, run.id, run.event]) ?? false
    }

    /// Records that a schedule has decided everything up to a moment. Never moves back.
    ///
    /// - Returns: whether the schedule is live.
    static func advance(_ schedule: StoredSchedule, through moment: Date, _ database: Database) throws -> Bool {
        try database.cachedStatement(
            sql: """
                UPDATE schedule SET due_since = max(coalesce(due_since, live_since), ?)
                WHERE id = ? AND retired_at IS NULL
                """
        ).execute(arguments: [moment.timeIntervalSince1970, schedule.id])
        return database.changesCount == 1
    }
}

// MARK: Pausing

extension Store {
    /// Pause a schedule until it is resumed. Pausing it again changes nothing.
    public func pause(_ schedule: StoredSchedule, by who: String, because reason: String, at time: Date) async throws {
        try await pool.write { database in
            try database.execute(
                sql: """
                    INSERT INTO schedule_pause (project_id, pipeline, who, reason, at) VALUES (?, ?, ?, ?, ?)
                    ON CONFLICT DO NOTHING
                    """,
                arguments: [schedule.project, schedule.pipeline, who, reason, time.timeIntervalSince1970])
            guard database.changesCount == 1 else { return }
            try Self.note(
                .paused(schedule: schedule.pipeline, reason: reason), by: who, project: schedule.project, at: time,
                database)
        }
    }

    /// Resume a paused schedule.
    ///
    /// - Parameter skipped: the last moment during the pause, which will not be made up. Absent: the schedule's misfire
    ///   policy decides about the missed moments.
    public func resume(_ schedule: StoredSchedule, by who: String, skipping skipped: Moment?, at time: Date)
        async throws
    {
        try await pool.write { database in
            try database.execute(
                sql: "DELETE FROM schedule_pause WHERE project_id = ? AND pipeline = ?",
                arguments: [schedule.project, schedule.pipeline])
            guard database.changesCount == 1 else { return }
            if let skipped {
                _ = try Self.insert(skipped, of: schedule, waits: false, pinned: nil, time, database)
                _ = try Self.advance(schedule, through: skipped.logicalTime, database)
            }
            try Self.note(
                .resumed(schedule: schedule.pipeline), by: who, project: schedule.project, at: time, database)
        }
    }
}
