import Events
import Foundation
import GRDB
import Schedules

/// A request to run a range of moments of a schedule again.
public struct StoredBackfill: Sendable, Hashable {
    public let id: Int64
    public let project: Int64
    public let pipeline: String
    /// Logical times, both inclusive.
    public let from: Date
    public let through: Date
    /// The model version to use. Absent: each moment uses the version that it is pinned to.
    public let version: String?
    public let limits: BackfillLimits
    public let who: String
    public let askedAt: Date
    public let cancelledAt: Date?
    public let progress: BackfillProgress

    init(_ row: Row) {
        id = row["id"]
        project = row["project_id"]
        pipeline = row["pipeline"]
        from = row.date("from_time")
        through = row.date("through_time")
        version = row["version"]
        limits = BackfillLimits(parallel: row["parallel"], maxFailures: row["max_failures"])
        who = row["who"]
        askedAt = row.date("at")
        cancelledAt = row.optionalDate("cancelled_at")
        progress = BackfillProgress(
            total: row["total"], passed: row["passed"], failed: row["failed"], running: row["running"])
    }

    /// `running`, `halted`, `cancelled`, `failed` or `passed`.
    public var word: String {
        if cancelledAt != nil { return progress.running > 0 ? "being cancelled" : "cancelled" }
        if limits.isHalted(progress) { return "halted" }
        if !progress.isDone { return "running" }
        return progress.failed > 0 ? "failed" : "passed"
    }
}

/// One moment of a backfill.
public struct BackfillMoment: Sendable, Hashable {
    public let logicalTime: Date
    /// Absent until the moment is started and planned.
    public let run: Int64?
    /// `waiting`, `running`, or the run's outcome.
    public let state: String

    init(_ row: Row) {
        logicalTime = row.date("logical_time")
        run = row["run"]
        state = row["outcome"] ?? (row["event_id"] as Int64? == nil ? "waiting" : "running")
    }
}

extension StoreReading {
    /// Backfills, newest first.
    public func backfills(limit: Int = 50) async throws -> [StoredBackfill] {
        try await backfills("id IN (SELECT id FROM backfill ORDER BY id DESC LIMIT ?)", [limit])
    }

    public func backfill(_ id: Int64) async throws -> StoredBackfill {
        guard let found = try await backfills("id = ?", [id]).first else { throw StoreError.noBackfill(id) }
        return found
    }

    /// Backfills with moments that have not started and are not cancelled, newest first.
    public func openBackfills() async throws -> [StoredBackfill] {
        try await backfills(
            """
            cancelled_at IS NULL
            AND EXISTS (SELECT 1 FROM backfill_moment WHERE backfill_id = backfill.id AND event_id IS NULL)
            """)
    }

    /// - Parameter condition: on the columns of `backfill`.
    private func backfills(_ condition: String, _ arguments: StatementArguments = []) async throws -> [StoredBackfill] {
        try await reader.read { database in
            try Row.fetchAll(
                database,
                sql: """
                    SELECT backfill.*, count(*) AS total, count(*) FILTER (WHERE outcome = 'passed') AS passed,
                    count(*) FILTER (WHERE outcome IS NOT NULL AND outcome != 'passed') AS failed,
                    count(*) FILTER (WHERE event_id IS NOT NULL AND outcome IS NULL) AS running
                    FROM (SELECT * FROM backfill WHERE \(condition)) AS backfill
                    JOIN backfill_moment ON backfill_id = backfill.id LEFT JOIN run USING (event_id)
                    GROUP BY backfill.id ORDER BY backfill.id DESC
                    """, arguments: arguments
            ).map(StoredBackfill.init)
        }
    }

    /// The moments of a backfill, oldest first.
    public func moments(ofBackfill id: Int64) async throws -> [BackfillMoment] {
        try await reader.read { database in
            try Row.fetchAll(
                database,
                sql: """
                    SELECT backfill_moment.*, run.id AS run, run.outcome FROM backfill_moment
                    LEFT JOIN run USING (event_id) WHERE backfill_id = ? ORDER BY logical_time
                    """, arguments: [id]
            ).map(BackfillMoment.init)
        }
    }
}

extension Store {
    /// Store a backfill. `startMoments` starts its moments.
    public func backfill(
        _ schedule: StoredSchedule, moments: [Date], version: String?, limits: BackfillLimits, by who: String,
        at time: Date
    ) async throws -> Int64 {
        try await pool.write { database in
            try database.execute(
                sql: """
                    INSERT INTO backfill
                    (project_id, pipeline, from_time, through_time, version, parallel, max_failures, who, at)
                    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
                    """,
                arguments: [
                    schedule.project, schedule.pipeline, moments.first?.timeIntervalSince1970,
                    moments.last?.timeIntervalSince1970, version, limits.parallel, limits.maxFailures, who,
                    time.timeIntervalSince1970,
                ])
            let id = database.lastInsertedRowID
            let insert = try database.cachedStatement(
                sql: "INSERT INTO backfill_moment (backfill_id, logical_time) VALUES (?, ?)")
            for moment in moments { try insert.execute(arguments: [id, moment.timeIntervalSince1970]) }
            try Self.note(
                .backfilled(schedule: schedule.pipeline, number: id, moments: moments.count), by: who,
                project: schedule.project, at: time, database)
            return id
        }
    }

    /// Starts the next moments of a backfill, each with its event, in one transaction.
    ///
    /// - Parameter pinned: the version for moments that never fired before.
    /// - Returns: how many were started; fewer than `count` if fewer are waiting.
    public func startMoments(
        _ count: Int, of backfill: StoredBackfill, _ schedule: StoredSchedule, pinned: PinnedVersion?, now: Date
    ) async throws -> Int {
        try await pool.write { database in
            let times = try Double.fetchAll(
                database,
                sql: """
                    SELECT logical_time FROM backfill_moment JOIN backfill ON id = backfill_id
                    WHERE backfill_id = ? AND event_id IS NULL AND cancelled_at IS NULL ORDER BY logical_time LIMIT ?
                    """, arguments: [backfill.id, count])
            let mark = try database.cachedStatement(
                sql: "UPDATE backfill_moment SET event_id = ? WHERE backfill_id = ? AND logical_time = ?")
            for time in times {
                let event = try Self.run(
                    schedule, at: Date(timeIntervalSince1970: time), pinned: pinned,
                    backfill: Backfilling(number: backfill.id, version: backfill.version), now, database)
                try mark.execute(arguments: [event.id, backfill.id, time])
            }
            return times.count
        }
    }

    /// Cancel a backfill: its moments that have not started will not.
    public func cancel(backfill id: Int64, by who: String, at time: Date) async throws {
        let backfill = try await backfill(id)
        try await pool.write { database in
            try database.execute(
                sql: "UPDATE backfill SET cancelled_at = ? WHERE id = ? AND cancelled_at IS NULL",
                arguments: [time.timeIntervalSince1970, id])
            guard database.changesCount == 1 else { return }
            try Self.note(.cancelledBackfill(id), by: who, project: backfill.project, at: time, database)
        }
    }
}
