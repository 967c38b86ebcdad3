import Events
import Foundation
import GRDB
import Plans
import Projects
import Runs

/// An event with its position in the order of all events.
public struct StoredEvent: Sendable, Hashable {
    public let id: Int64
    public let project: Int64
    public let event: Event
    public let at: Date

    init(id: Int64, project: Int64, event: Event, at: Date) {
        self.id = id
        self.project = project
        self.event = event
        self.at = at
    }

    init(_ row: Row) throws {
        self.init(
            id: row["id"], project: row["project_id"], event: try Stored.value(Event.self, from: row["event"]),
            at: row.date("at"))
    }
}

/// An event with the result of its planning.
public struct HandledEvent: Sendable {
    public let event: StoredEvent
    /// Absent until the event is handled.
    public let planning: PlanningRecord?

    init(_ row: Row) throws {
        event = try StoredEvent(row)
        planning = try (row["planning"] as String?).map { try Stored.value(PlanningRecord.self, from: $0) }
    }
}

/// The stored part of a planning result. The plans themselves are stored as runs.
public struct PlanningRecord: Sendable, Hashable {
    public let skipped: [String: NonRun]
    public let remark: String?

    public init(skipped: [String: NonRun] = [:], remark: String? = nil) {
        self.skipped = skipped
        self.remark = remark
    }
}

/// An event with the runs that it starts.
public struct PlannedEvent: Sendable {
    public let event: StoredEvent
    public let planning: Planning

    public init(_ event: StoredEvent, _ planning: Planning) {
        self.event = event
        self.planning = planning
    }
}

extension StoreReading {
    /// Events that are not handled yet, oldest first.
    public func unhandledEvents() async throws -> Readings<StoredEvent> {
        try await reader.read { database in
            try Readings(
                of: "event",
                Row.fetchAll(database.cachedStatement(sql: "SELECT * FROM event WHERE handled_at IS NULL ORDER BY id")),
                StoredEvent.init)
        }
    }

    /// A project's events since a given time that concern one of these commits or refs, with their results, oldest
    /// first.
    public func events(of project: Int64, since: Date, about names: [String]) async throws -> Readings<HandledEvent> {
        let list = names.map { _ in "?" }.joined(separator: ", ")
        return try await reader.read { database in
            try Readings(
                of: "event",
                Row.fetchAll(
                    database,
                    sql: """
                        SELECT * FROM event WHERE project_id = ? AND at >= ?
                        AND (commit_id IN (\(list)) OR ref IN (\(list))) ORDER BY id
                        """,
                    arguments: [project, since.timeIntervalSince1970] + StatementArguments(names + names)),
                HandledEvent.init)
        }
    }

    /// The latest events with their results, newest first.
    public func events(limit: Int) async throws -> Readings<HandledEvent> {
        try await reader.read { database in
            try Readings(
                of: "event",
                Row.fetchAll(database, sql: "SELECT * FROM event ORDER BY id DESC LIMIT ?", arguments: [limit]),
                HandledEvent.init)
        }
    }
}

extension Store {
    /// Stores the runs of events and the reasons of pipelines that do not run, all or nothing. Idempotent.
    ///
    /// - Returns: the new runs, in the order of their events.
    public func handle(_ planned: [PlannedEvent], at time: Date) async throws -> [StoredRun] {
        try await pool.write { database in
            try planned.flatMap { entry -> [StoredRun] in
                guard try Self.markHandled(entry.event.id, entry.planning, at: time, database) else { return [] }
                return try entry.planning.plans.map { try Self.insert($0, event: entry.event, at: time, database) }
            }
        }
    }

    /// Stores an event that no ref move causes.
    public func store(_ event: Event, project: Int64, at time: Date) async throws -> StoredEvent {
        try await pool.write { try Self.insert(event, project: project, at: time, $0) }
    }

    /// Stores a run that a person requested, together with the event of the request.
    public func request(_ plan: Plan, project: StoredProject, at time: Date) async throws -> StoredRun {
        try await pool.write { database in
            let asked = Event.request(RunRequest(pipeline: plan.pipeline, commit: plan.commit, branch: plan.branch))
            let event = try Self.insert(asked, project: project.id, at: time, database)
            _ = try Self.markHandled(event.id, Planning(), at: time, database)
            return try Self.insert(plan, event: event, at: time, database)
        }
    }

    static func markHandled(_ event: Int64, _ planning: Planning, at time: Date, _ database: Database) throws -> Bool {
        let record = PlanningRecord(skipped: planning.skipped, remark: planning.remark)
        try database.cachedStatement(
            sql: "UPDATE event SET handled_at = ?, planning = ? WHERE id = ? AND handled_at IS NULL"
        )
        .execute(arguments: [time.timeIntervalSince1970, try Stored.text(record), event])
        return database.changesCount == 1
    }

    private static func insert(_ plan: Plan, event: StoredEvent, at time: Date, _ database: Database) throws
        -> StoredRun
    {
        try database.cachedStatement(
            sql: """
                INSERT INTO run (project_id, event_id, pipeline, environment, branch, commit_id, plan, created_at)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?)
                """
        ).execute(arguments: [
            event.project, event.id, plan.pipeline, plan.environment, plan.branch,
            plan.commit.description, try Stored.text(plan), time.timeIntervalSince1970,
        ])
        let id = database.lastInsertedRowID
        if plan.trigger == .push { try tell(.run(id), project: event.project, at: time, database) }
        return StoredRun(
            id: id, project: event.project, event: event.id, plan: plan, createdAt: time, facts: [], outcome: nil)
    }
}

extension StoreReading {
    /// The result of planning an event; `nil` until it is handled.
    public func planning(ofEvent event: Int64) async throws -> PlanningRecord? {
        try await reader.read { database in
            let text = try String.fetchOne(database, sql: "SELECT planning FROM event WHERE id = ?", arguments: [event])
            return try text.map { try Stored.value(PlanningRecord.self, from: $0) }
        }
    }
}

extension StoreReading {
    /// When drift started pipelines of an environment, since a given time.
    public func driftStarts(in environment: String, project: Int64, since: Date, now: Date) async throws -> DriftStarts
    {
        try await reader.read { database in
            let rows = try Row.fetchAll(
                database,
                sql: """
                    SELECT pipeline, created_at FROM event JOIN run ON event_id = event.id
                    WHERE event.project_id = ? AND kind = 'drift' AND event.at > ? AND environment = ?
                    """, arguments: [project, since.timeIntervalSince1970, environment])
            return DriftStarts(
                now: now,
                starts: Dictionary(grouping: rows) { $0["pipeline"] as String }.mapValues { rows in
                    rows.map { $0.date("created_at") }
                })
        }
    }
}
