import Events
import Foundation
import GRDB

/// A manual action by a person.
public enum Deed: Sendable, Hashable {
    /// Allowed one push into a gated branch.
    case bypassed(branch: String, reason: String)
    /// Pushed into a gated branch without going through the gate.
    case pushed(branch: String, from: ObjectID?, to: ObjectID?)
    case approved(change: Int64)
    case withdrew(change: Int64)
    case approvedDecision(Int64)
    case askedForRollback(model: String, version: String, reason: String)
    case acceptedVersion(model: String, version: String, reason: String)
    case paused(schedule: String, reason: String)
    case resumed(schedule: String)
    case backfilled(schedule: String, number: Int64, moments: Int)
    case cancelledBackfill(Int64)
}

/// An action in the audit trail.
public struct AuditEntry: Sendable, Hashable {
    public let id: Int64
    public let project: Int64
    public let who: String
    public let deed: Deed
    public let at: Date

    init(_ row: Row) throws {
        id = row["id"]
        project = row["project_id"]
        who = row["who"]
        deed = try Stored.value(Deed.self, from: row["deed"])
        at = row.date("at")
    }
}

extension StoreReading {
    /// The latest actions, newest first.
    public func audit(limit: Int = 200) async throws -> Readings<AuditEntry> {
        try await reader.read { database in
            try Readings(
                of: "audit",
                Row.fetchAll(database, sql: "SELECT * FROM audit ORDER BY id DESC LIMIT ?", arguments: [limit]),
                AuditEntry.init)
        }
    }
}

extension Store {
    public func note(_ deed: Deed, by who: String, project: Int64, at time: Date) async throws {
        try await pool.write { try Self.note(deed, by: who, project: project, at: time, $0) }
    }

    static func note(_ deed: Deed, by who: String, project: Int64, at time: Date, _ database: Database) throws {
        try database.execute(
            sql: "INSERT INTO audit (project_id, who, deed, at) VALUES (?, ?, ?, ?)",
            arguments: [project, who, try Stored.text(deed), time.timeIntervalSince1970])
    }

    /// Records that a gated branch was moved past the gate, and who allowed it, if anyone did.
    ///
    /// - Returns: `false` when the gate itself made the move.
    public func notePassing(_ move: RefMove, of branch: String, project: Int64, at time: Date) async throws -> Bool {
        try await pool.write { database in
            if let to = move.to {
                // The gate stores its intent before it lands a commit. Fewer facts than this lie between two looks.
                let isLanded = try Bool.fetchOne(
                    database,
                    sql: """
                        SELECT EXISTS (SELECT 1 FROM change_fact WHERE kind = 'merging' AND commit_id = ?
                        AND id > (SELECT max(id) FROM change_fact) - 10000)
                        """, arguments: [to.description])
                if isLanded ?? false { return false }
            }
            let entries = try Readings(
                of: "audit",
                Row.fetchAll(
                    database, sql: "SELECT * FROM audit WHERE project_id = ? ORDER BY id DESC LIMIT 50",
                    arguments: [project]),
                AuditEntry.init)
            let grant = entries.first { entry in
                switch entry.deed {
                case .bypassed(branch, _), .pushed(branch, _, _): true
                default: false
                }
            }
            var who = "somebody with access to the repository"
            if let grant, case .bypassed = grant.deed { who = grant.who }
            try Self.note(
                .pushed(branch: branch, from: move.from, to: move.to), by: who, project: project, at: time, database)
            return true
        }
    }
}
