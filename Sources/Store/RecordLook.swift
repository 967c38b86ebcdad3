import Events
import Foundation
import GRDB

extension StoreReading {
    /// The refs as of the last look.
    public func seenRefs(of project: Int64) async throws -> [String: ObjectID] {
        try await reader.read { try Self.seenRefs(of: project, among: nil, $0) }
    }

    fileprivate static func seenRefs(of project: Int64, among names: Set<String>?, _ database: Database)
        throws -> [String: ObjectID]
    {
        var rows: [Row] = []
        if let names {
            for name in names {
                rows += try Row.fetchAll(
                    database.cachedStatement(
                        sql: "SELECT name, commit_id FROM ref WHERE project_id = ? AND name = ?"),
                    arguments: [project, name])
            }
        } else {
            rows = try Row.fetchAll(
                database, sql: "SELECT name, commit_id FROM ref WHERE project_id = ?", arguments: [project])
        }
        return rows.reduce(into: [:]) { $0[$1["name"]] = ObjectID($1["commit_id"] as String) }
    }
}

extension Store {
    /// Compares refs with the last look, and stores the new tips together with the events that they cause.
    ///
    /// - Parameters:
    ///   - now: the refs that were just read.
    ///   - names: the refs that were read, if not all of them.
    /// - Returns: the stored events; empty if no ref moved.
    public func recordLook(project: Int64, now: [String: ObjectID], among names: Set<String>?, at time: Date)
        async throws -> [StoredEvent]
    {
        try await pool.write { database in
            let seen = try Self.seenRefs(of: project, among: names, database)
            return try moves(from: seen, to: now, among: names).map { move in
                try Self.store(move, project: project, database)
                return try Self.insert(Event(move), project: project, at: time, database)
            }
        }
    }

    static func store(_ move: RefMove, project: Int64, _ database: Database) throws {
        if let tip = move.to {
            try database.cachedStatement(
                sql: """
                    INSERT INTO ref (project_id, name, commit_id) VALUES (?, ?, ?)
                    ON CONFLICT (project_id, name) DO UPDATE SET commit_id = excluded.commit_id
                    """
            ).execute(arguments: [project, move.ref, tip.description])
        } else {
            try database.execute(
                sql: "DELETE FROM ref WHERE project_id = ? AND name = ?", arguments: [project, move.ref])
        }
    }

    static func insert(_ event: Event, project: Int64, at time: Date, _ database: Database) throws -> StoredEvent {
        try database.cachedStatement(
            sql: """
                INSERT INTO event (project_id, kind, event, at, ref, commit_id, fire_id, schedule, backfill_id)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
                """
        ).execute(
            arguments: [project, event.kind, try Stored.text(event), time.timeIntervalSince1970]
                + EventColumns(event).arguments)
        return StoredEvent(id: database.lastInsertedRowID, project: project, event: event, at: time)
    }
}
