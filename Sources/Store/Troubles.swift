import Foundation
import GRDB
import Notices
import Plans
import Projects

extension StoreReading {
    /// Current troubles, oldest first.
    public func troubles() async throws -> [Trouble] {
        try await reader.read { database in
            try Row.fetchAll(database, sql: "SELECT * FROM trouble ORDER BY since, kind, project, part")
                .compactMap(Trouble.init)
        }
    }
}

extension Store {
    /// Seconds that a trouble must last before people are notified. Shorter ones cause no message.
    public static let troubleLasts: TimeInterval = 15

    /// Replaces the current troubles. Notifies people once when a trouble lasts, and once when it is over.
    ///
    /// - Returns: when the next trouble will have lasted, so call again then; nil if none will before the next change.
    public func keep(_ troubles: [Trouble], at time: Date) async throws -> Date? {
        try await pool.write { database in
            let stored = try Row.fetchAll(database, sql: "SELECT * FROM trouble")
            let places = Set(troubles.map(\.place))
            for row in stored {
                guard let trouble = Trouble(row), !places.contains(trouble.place) else { continue }
                try database.execute(
                    sql: "DELETE FROM trouble WHERE kind = ? AND project = ? AND part = ?",
                    arguments: trouble.place.arguments)
                if row["told_at"] as Double? != nil {
                    try Self.tell(trouble, isOver: true, at: time, database)
                }
            }
            for trouble in troubles {
                try database.execute(
                    sql: """
                        INSERT INTO trouble (kind, project, part, since, what, remedy) VALUES (?, ?, ?, ?, ?, ?)
                        ON CONFLICT DO UPDATE SET what = excluded.what, remedy = excluded.remedy
                        """,
                    arguments: trouble.place.arguments
                        + [trouble.since.timeIntervalSince1970, trouble.what, trouble.remedy])
            }
            let due = try Row.fetchAll(
                database, sql: "SELECT * FROM trouble WHERE told_at IS NULL AND since <= ?",
                arguments: [time.timeIntervalSince1970 - Self.troubleLasts])
            for trouble in due.compactMap(Trouble.init) {
                try Self.tell(trouble, isOver: false, at: time, database)
                try database.execute(
                    sql: "UPDATE trouble SET told_at = ? WHERE kind = ? AND project = ? AND part = ?",
                    arguments: [time.timeIntervalSince1970] + trouble.place.arguments)
            }
            return try Double.fetchOne(database, sql: "SELECT min(since) FROM trouble WHERE told_at IS NULL")
                .map { Date(timeIntervalSince1970: $0 + Self.troubleLasts) }
        }
    }

    /// Notifies the channels in the plan of each environment's last run. A channel that several environments share gets one
    /// notice.
    private static func tell(_ trouble: Trouble, isOver: Bool, at time: Date, _ database: Database) throws {
        let runs = try Row.fetchAll(
            database,
            sql: """
                SELECT run.*, max(run.id) FROM run JOIN project ON project.id = project_id WHERE project.name = ?
                GROUP BY environment ORDER BY environment
                """, arguments: [trouble.place.project])
        var told: Set<Channel> = []
        for row in runs {
            guard let plan = try? Stored.value(Plan.self, from: row["plan"]) else { continue }
            let notice = Notice(.trouble(trouble, isOver: isOver), run: row["id"], of: plan, at: time)
            for channel in plan.settings.notify ?? []
            where channel.wants(.trouble, of: "") && told.insert(channel).inserted {
                try tell(notice, channel, project: row["project_id"], database)
            }
        }
    }
}

extension Trouble {
    /// Nil for a kind that this version does not know.
    fileprivate init?(_ row: Row) {
        guard let kind = Kind(rawValue: row["kind"]) else { return nil }
        let project: String = row["project"]
        self.init(
            Place(kind, project: project.isEmpty ? nil : project, part: row["part"]), since: row.date("since"),
            what: row["what"], remedy: row["remedy"])
    }
}

extension Trouble.Place {
    fileprivate var arguments: StatementArguments { [kind.rawValue, project ?? "", part] }
}
