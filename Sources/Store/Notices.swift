import Foundation
import GRDB
import Notices
import Plans
import Projects
import Promotion
import Runs

/// A notice to one recipient, with its state.
public struct StoredNotice: Sendable, Hashable {
    public enum State: Sendable, Hashable {
        case waiting(until: Date)
        case sent(at: Date)
        /// It is not retried any more.
        case undelivered
        /// A later event made it untrue before it was sent.
        case replaced
    }

    public let id: Int64
    public let lane: NoticeLane
    /// Mail address; empty for a webhook.
    public let recipient: String
    /// The same on every attempt: 32 hexadecimal digits.
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

/// Notices of one lane are sent in order. A notice that is stuck holds up the ones behind it, and no other lane.
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

// MARK: Queueing notices with the facts that they report

extension StoreReading {
    fileprivate static func plan(ofRun run: Int64, _ database: Database) throws -> Plan {
        guard let text = try String.fetchOne(database, sql: "SELECT plan FROM run WHERE id = ?", arguments: [run])
        else {
            throw StoreError.noRun(run)
        }
        return try Stored.value(Plan.self, from: text)
    }

    /// The run with the previous result of the branch and pipeline. It is this run itself if it had already ended once.
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

    /// The nearest run of the same branch and pipeline, before or after this one, that ended with a reportable result.
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

    /// The latest notices to a recipient about the same subject, sent or waiting.
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
    /// Queues the notice that moments of a schedule were skipped or fired late. The recipients come from the plan of
    /// the run that made the schedule live.
    public func tell(_ missed: MissedFire, project: Int64, at time: Date) async throws {
        try await pool.write { try Self.tell(missed, project: project, at: time, $0) }
    }

    /// Does the same as `tell` inside the transaction that stores the fires.
    static func tell(_ missed: MissedFire, project: Int64, at time: Date, _ database: Database) throws {
        let run = try Int64.fetchOne(
            database, sql: "SELECT run_id FROM schedule WHERE project_id = ? AND pipeline = ? ORDER BY id DESC LIMIT 1",
            arguments: [project, missed.schedule])
        guard let run else { return }
        // Without a readable plan nobody is notified. The fires are still stored.
        guard let plan = try ifReadable({ try plan(ofRun: run, database) }) else { return }
        let notice = Notice(.missed(missed), run: run, of: plan, pipeline: missed.schedule, at: time)
        try tell(notice, by: plan, project: project, database)
    }

    /// Queues the notice of how a run ended.
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
        guard let plan = try ifReadable({ try Stored.value(Plan.self, from: row["plan"]) }) else { return }
        var isRollback = false
        if case .rolledBack = body.decision.ground { isRollback = true }
        let move = DecidedMove(
            decision: decision.id, model: body.model, from: body.champion, to: body.challenger, standing: standing,
            isRollback: isRollback, reasons: body.decision.reasons)
        try tell(
            Notice(.decision(move), run: body.run, of: plan, at: time), by: plan, project: row["project_id"], database)
    }

    /// Queue a notice for every recipient that the plan names.
    private static func tell(_ notice: Notice, by plan: Plan, project: Int64, _ database: Database) throws {
        for channel in plan.settings.notify ?? [] where channel.wants(notice.kind, of: notice.pipeline) {
            try tell(notice, channel, project: project, database)
        }
    }

    /// Queues a notice for every recipient of a channel.
    static func tell(_ notice: Notice, _ channel: Channel, project: Int64, _ database: Database) throws {
        for recipient in channel.recipients { try tell(notice, channel, recipient, project, database) }
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
            // An unreadable earlier notice must not keep the fact from being stored.
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

// MARK: Sending notices

extension StoreReading {
    /// The lanes with waiting notices, and when the first notice of each is due.
    public func openLanes() async throws -> [NoticeLane: Date] {
        try await reader.read { database in
            try Row.fetchAll(
                database,
                sql: """
                    SELECT project_id, environment, channel, min(next_at) AS next_at FROM outbox JOIN notice USING (id)
                    WHERE addressee = ? AND done_at IS NULL AND unreadable IS NULL GROUP BY project_id, environment, channel
                    """, arguments: [Addressee.people.rawValue]
            ).reduce(into: [:]) { $0[NoticeLane($1)] = $1.date("next_at") }
        }
    }

    /// The latest notices, newest first.
    ///
    /// - Parameter troubledSince: only notices that were given up since then, or that wait after a failed attempt.
    public func notices(limit: Int = 50, troubledSince: Date? = nil) async throws -> Readings<StoredNotice> {
        try await reader.read { database in
            try Readings(
                of: "outbox",
                Row.fetchAll(
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
                    ]),
                StoredNotice.init)
        }
    }
}

extension Store {
    /// Take the oldest due message of a lane. Later events are no longer folded into it. A message that cannot be read is
    /// skipped until the store is opened again.
    ///
    /// - Returns: the notice, with its channel from the plan of its run; `nil` if nothing is due.
    public func takeNotice(from lane: NoticeLane, at time: Date) async throws -> (
        notice: StoredNotice, channel: Channel?
    )? {
        try await pool.write { database in
            while let row = try Self.nextNotice(of: lane, at: time, database) {
                do {
                    let stored = try StoredNotice(row)
                    let plan = try Self.plan(ofRun: row["run_id"], database)
                    try database.execute(
                        sql: "UPDATE notice SET taken_at = ? WHERE id = ? AND taken_at IS NULL",
                        arguments: [time.timeIntervalSince1970, stored.id])
                    return (stored, plan.settings.notify?.first { $0.name == lane.channel })
                } catch let error where !(error is DatabaseError) {
                    try database.execute(
                        sql: "UPDATE outbox SET unreadable = ? WHERE id = ?",
                        arguments: [clause(of: error), row["id"] as Int64])
                }
            }
            return nil
        }
    }

    private static func nextNotice(of lane: NoticeLane, at time: Date, _ database: Database) throws -> Row? {
        try Row.fetchOne(
            database,
            sql: """
                SELECT * FROM outbox JOIN notice USING (id) WHERE addressee = ? AND done_at IS NULL AND next_at <= ?
                AND project_id = ? AND environment = ? AND channel = ? AND unreadable IS NULL ORDER BY id LIMIT 1
                """,
            arguments: [
                Addressee.people.rawValue, time.timeIntervalSince1970, lane.project, lane.environment, lane.channel,
            ])
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
    /// - Parameter next: time of the next attempt; nil to give up.
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
