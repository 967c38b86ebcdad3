import Foundation
import GRDB
import Notices
import Plans
import Projects
import Promotion
import Runs

/// A notice to one recipient, and its delivery state.
public struct StoredNotice: Sendable, Hashable {
    public enum State: Sendable, Hashable {
        case waiting(until: Date)
        case sent(at: Date)
        /// Espalier has given up on it.
        case undelivered
        /// A later event made it untrue before it was sent.
        case replaced
    }

    public let id: Int64
    public let lane: NoticeLane
    /// Address of a mail; empty for a webhook.
    public let recipient: String
    /// Idempotency key, the same for every attempt: 32 hexadecimal digits.
    public let key: String
    public let notice: Notice
    public let dueAt: Date
    public let state: State
    public let attempts: Int
    /// Why the last attempt failed.
    public let trouble: String?

    init(_ row: Row) throws {
        id = row["id"]
        lane = NoticeLane(row)
        recipient = row["recipient"]
        key = row["key"]
        notice = try Stored.value(Notice.self, from: row["message"])
        dueAt = row.date("due_at")
        attempts = row["attempts"]
        trouble = row["trouble"]
        switch (row.optionalDate("done_at"), row["ending"] as String?) {
        case (nil, _): state = .waiting(until: row.date("next_at"))
        case (_, Ending.undelivered.rawValue): state = .undelivered
        case (_, Ending.replaced.rawValue): state = .replaced
        case (let time?, _): state = .sent(at: time)
        }
    }

    enum Ending: String {
        case sent, undelivered, replaced
    }
}

/// A queue of messages that are sent in order. A message that is held up delays the ones behind it, and no other
/// lane.
public struct NoticeLane: Sendable, Hashable {
    public let project: Int64
    public let environment: String
    public let channel: String

    init(_ row: Row) {
        project = row["project_id"]
        environment = row["environment"]
        channel = row["channel"]
    }
}

// MARK: What is told, with the fact that it tells

extension StoreReading {
    fileprivate static func plan(ofRun run: Int64, _ database: Database) throws -> Plan {
        guard let text = try String.fetchOne(database, sql: "SELECT plan FROM run WHERE id = ?", arguments: [run])
        else {
            throw StoreError.noRun(run)
        }
        return try Stored.value(Plan.self, from: text)
    }

    /// The run that gives the previous outcome of this branch and pipeline. It is the run itself if it had ended
    /// before.
    fileprivate static func runBefore(_ run: StoredRun, _ progress: RunProgress, _ database: Database) throws
        -> EndedRun?
    {
        guard progress.outcome == .passed else { return nil }
        if progress.isRetried,
            let row = try Row.fetchOne(database, sql: "SELECT * FROM run WHERE id = ?", arguments: [run.id])
        {
            let facts = try Self.run(row, database).facts
            let last = facts.lastIndex { $0.fact == .retried } ?? 0
            let first = facts[..<last].lastIndex { $0.fact != .retried } ?? 0
            let before = RunProgress(run.plan, facts: Array(facts[...first])).outcome
            if let before, before.isTelling { return EndedRun(id: run.id, outcome: before) }
        }
        return try neighbour(of: run, isLater: false, database)
    }

    /// The nearest run, before or after this one, of the same branch and pipeline that ended with an outcome worth
    /// reporting (`isTelling`).
    fileprivate static func neighbour(of run: StoredRun, isLater: Bool, _ database: Database) throws -> EndedRun? {
        let telling = RunOutcome.allCases.filter(\.isTelling).map { "'\($0.rawValue)'" }.joined(separator: ", ")
        let (side, order) = isLater ? (">", "ASC") : ("<", "DESC")
        return try Row.fetchOne(
            database,
            sql: """
                SELECT id, outcome FROM run WHERE project_id = ? AND branch = ? AND pipeline = ? AND id \(side) ?
                AND outcome IN (\(telling)) ORDER BY id \(order) LIMIT 1
                """, arguments: [run.project, run.plan.branch, run.plan.pipeline, run.id]
        ).flatMap { row in
            RunOutcome(rawValue: row["outcome"]).map { EndedRun(id: row["id"], outcome: $0) }
        }
    }

    /// The last notices that a recipient got, or will get, about the same subject.
    fileprivate static func lastNotices(
        _ kind: NoticeKind, of notice: Notice, _ channel: String, _ recipient: String, _ project: Int64,
        _ database: Database
    ) throws -> [Row] {
        try Row.fetchAll(
            database,
            sql: """
                SELECT * FROM notice JOIN outbox USING (id)
                WHERE channel = ? AND recipient = ? AND kind = ? AND branch = ? AND pipeline = ? AND environment = ?
                AND project_id = ? ORDER BY id DESC LIMIT 1
                """,
            arguments: [
                channel, recipient, kind.rawValue, notice.branch, notice.pipeline, notice.environment, project,
            ])
    }
}

extension Store {
    /// Notify that moments of a schedule were skipped or fired late. The recipients are those of the schedule's
    /// environment, as planned by the run that made the schedule live.
    public func tell(_ missed: MissedFire, project: Int64, at time: Date) async throws {
        try await pool.write { try Self.tell(missed, project: project, at: time, $0) }
    }

    /// Like `tell`, inside the transaction that stores the fires.
    static func tell(_ missed: MissedFire, project: Int64, at time: Date, _ database: Database) throws {
        let run = try Int64.fetchOne(
            database, sql: "SELECT run_id FROM schedule WHERE project_id = ? AND pipeline = ? ORDER BY id DESC LIMIT 1",
            arguments: [project, missed.schedule])
        guard let run else { return }
        let plan = try plan(ofRun: run, database)
        let notice = Notice(.missed(missed), run: run, of: plan, pipeline: missed.schedule, at: time)
        try tell(notice, by: plan, project: project, database)
    }

    /// Notify how a run ended.
    static func tell(_ progress: RunProgress, log: [String], of run: StoredRun, at time: Date, _ database: Database)
        throws
    {
        guard run.plan.settings.notify != nil else { return }
        let subjects = subjects(
            ofEnd: progress, before: try runBefore(run, progress, database),
            isLatest: try neighbour(of: run, isLater: true, database) == nil, log: log)
        for subject in subjects {
            try tell(
                Notice(subject, run: run.id, of: run.plan, at: time), by: run.plan, project: run.project, database)
        }
    }

    static func tell(_ decision: Int64, _ standing: DecidedMove.Standing, at time: Date, _ database: Database) throws {
        guard let row = try Row.fetchOne(database, sql: "\(decisionSQL) WHERE decision.id = ?", arguments: [decision])
        else { return }
        try tell(try StoredDecision(row), standing, at: time, database)
    }

    static func tell(
        _ decision: StoredDecision, _ standing: DecidedMove.Standing, at time: Date, _ database: Database
    ) throws {
        let body = decision.body
        guard let row = try Row.fetchOne(database, sql: "SELECT * FROM run WHERE id = ?", arguments: [body.run]) else {
            return
        }
        let plan = try Stored.value(Plan.self, from: row["plan"])
        var isRollback = false
        if case .rolledBack = body.decision.ground { isRollback = true }
        let move = DecidedMove(
            decision: decision.id, model: body.model, from: body.champion, to: body.challenger, standing: standing,
            isRollback: isRollback, reasons: body.decision.reasons)
        try tell(
            Notice(.decision(move), run: body.run, of: plan, at: time), by: plan, project: row["project_id"], database)
    }

    /// Put a notice into the outbox, for every recipient that the plan names for it.
    private static func tell(_ notice: Notice, by plan: Plan, project: Int64, _ database: Database) throws {
        for channel in plan.settings.notify ?? [] where channel.wants(notice.kind, of: notice.pipeline) {
            for recipient in channel.recipients { try tell(notice, channel, recipient, project, database) }
        }
    }

    private static func tell(
        _ notice: Notice, _ channel: Channel, _ recipient: String, _ project: Int64, _ database: Database
    ) throws {
        if let opposite = notice.kind.opposite {
            for row in try lastNotices(opposite, of: notice, channel.name, recipient, project, database)
            where row["taken_at"] as Double? == nil && row["done_at"] as Double? == nil {
                try end(row["id"], as: .replaced, at: notice.at, database)
            }
        }
        let last = try lastNotices(notice.kind, of: notice, channel.name, recipient, project, database).first
        switch place(after: last.map(PlacedNotice.init), at: notice.at, quiet: channel.quiet) {
        case .new(let due):
            let id = try post(notice, to: .people, project: project, at: notice.at, due: due, database)
            try database.execute(
                sql: """
                    INSERT INTO notice (id, run_id, environment, channel, recipient, kind, branch, pipeline, due_at)
                    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
                    """,
                arguments: [
                    id, notice.run, notice.environment, channel.name, recipient, notice.kind.rawValue, notice.branch,
                    notice.pipeline, due.timeIntervalSince1970,
                ])
        case .folded(let id):
            // An old message that cannot be decoded must not keep the new fact from being stored.
            let earlier = try? last.map { try Stored.value(Notice.self, from: $0["message"]) }
            let all = earlier.map { notice.taking(in: $0) } ?? notice
            try database.execute(
                sql: "UPDATE outbox SET message = ? WHERE id = ?", arguments: [try Stored.text(all), id])
            try database.execute(sql: "UPDATE notice SET run_id = ? WHERE id = ?", arguments: [notice.run, id])
        }
    }

    private static func end(_ id: Int64, as ending: StoredNotice.Ending, at time: Date, _ database: Database) throws {
        try database.execute(
            sql: "UPDATE outbox SET done_at = ?, ending = ? WHERE id = ? AND done_at IS NULL",
            arguments: [time.timeIntervalSince1970, ending.rawValue, id])
    }
}

extension PlacedNotice {
    fileprivate init(_ row: Row) {
        let state: State =
            row["ending"] as String? == StoredNotice.Ending.replaced.rawValue
            ? .replaced : row["taken_at"] as Double? == nil ? .open : .taken
        self.init(id: row["id"], due: row.date("due_at"), state: state)
    }
}

// MARK: Sending it

extension StoreReading {
    /// The lanes with waiting messages, and when the first message of each is due.
    public func openLanes() async throws -> [NoticeLane: Date] {
        try await reader.read { database in
            try Row.fetchAll(
                database,
                sql: """
                    SELECT project_id, environment, channel, min(next_at) AS next_at FROM outbox JOIN notice USING (id)
                    WHERE addressee = ? AND done_at IS NULL GROUP BY project_id, environment, channel
                    """, arguments: [Addressee.people.rawValue]
            ).reduce(into: [:]) { $0[NoticeLane($1)] = $1.date("next_at") }
        }
    }

    /// The latest notices, newest first.
    ///
    /// - Parameter troubledSince: only notices that were given up since then, or that wait after a failed attempt.
    public func notices(limit: Int = 50, troubledSince: Date? = nil) async throws -> [StoredNotice] {
        try await reader.read { database in
            try Row.fetchAll(
                database,
                sql: """
                    SELECT * FROM notice JOIN outbox USING (id)
                    WHERE :since IS NULL OR trouble IS NOT NULL
                        AND (done_at IS NULL OR ending = :undelivered AND done_at >= :since)
                    ORDER BY id DESC LIMIT :limit
                    """,
                arguments: [
                    "since": troubledSince?.timeIntervalSince1970, "limit": limit,
                    "undelivered": StoredNotice.Ending.undelivered.rawValue,
                ]
            ).map(StoredNotice.init)
        }
    }
}

extension Store {
    /// Claim the oldest due message of a lane. From now on, no other message is folded into it.
    ///
    /// - Returns: the message, with its channel as planned by the run that it is about; `nil` when nothing is due.
    public func takeNotice(from lane: NoticeLane, at time: Date) async throws -> (
        notice: StoredNotice, channel: Channel?
    )? {
        try await pool.write { database in
            let row = try Row.fetchOne(
                database,
                sql: """
                    SELECT * FROM outbox JOIN notice USING (id) WHERE addressee = ? AND done_at IS NULL AND next_at <= ?
                    AND project_id = ? AND environment = ? AND channel = ? ORDER BY id LIMIT 1
                    """,
                arguments: [
                    Addressee.people.rawValue, time.timeIntervalSince1970, lane.project, lane.environment, lane.channel,
                ])
            guard let row else { return nil }
            let stored = try StoredNotice(row)
            try database.execute(
                sql: "UPDATE notice SET taken_at = ? WHERE id = ? AND taken_at IS NULL",
                arguments: [time.timeIntervalSince1970, stored.id])
            let plan = try Self.plan(ofRun: row["run_id"], database)
            return (stored, plan.settings.notify?.first { $0.name == lane.channel })
        }
    }

    public func markSent(_ notice: StoredNotice, at time: Date) async throws {
        try await pool.write { database in
            try database.execute(
                sql: "UPDATE outbox SET attempts = attempts + 1, trouble = NULL WHERE id = ?", arguments: [notice.id])
            try Self.end(notice.id, as: .sent, at: time, database)
        }
    }

    /// Record a failed attempt.
    ///
    /// - Parameter next: when to try again; `nil` to give up.
    public func markFailed(_ notice: StoredNotice, because trouble: String, next: Date?, at time: Date) async throws {
        try await pool.write { database in
            try database.execute(
                sql: """
                    UPDATE outbox SET attempts = attempts + 1, trouble = ?, next_at = coalesce(?, next_at) WHERE id = ?
                    """, arguments: [trouble, next?.timeIntervalSince1970, notice.id])
            if next == nil { try Self.end(notice.id, as: .undelivered, at: time, database) }
        }
    }
}
