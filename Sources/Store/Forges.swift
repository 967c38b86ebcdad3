import Events
import Foundation
import GRDB

/// The forge of a project, and how Espalier signs in to it. Secrets stay in their files.
public struct ForgeLink: Sendable, Hashable, Codable {
    /// How a change is merged on the forge.
    public enum Landing: String, Sendable, Hashable, Codable, CaseIterable {
        /// Push the tested commit.
        case push
        /// Ask the forge to merge, provided that the head of the change is the one that was tested.
        case api
    }

    /// `github`, `gitlab`, `gitea` or `azure-devops`
    public let kind: String
    /// Address of the REST API; absent for the public service.
    public let api: String?
    /// As the forge writes it, for example `owner/name`.
    public let repository: String
    public let tokenFile: String?
    /// File with the secret that webhooks are signed with.
    public let secretFile: String?
    public let landing: Landing

    public init(
        kind: String, api: String?, repository: String, tokenFile: String?, secretFile: String?, landing: Landing
    ) {
        self.kind = kind
        self.api = api
        self.repository = repository
        self.tokenFile = tokenFile
        self.secretFile = secretFile
        self.landing = landing
    }
}

/// Something to report to a forge: an entry of the outbox. Its content is computed when it is sent, so it is up to
/// date.
public enum ForgeMessage: Sendable, Hashable {
    case change(Int64)
    case run(Int64)
}

extension ForgeMessage {
    /// Its columns in the outbox, `outbox(subject, subject_id)`.
    var columns: StatementArguments {
        switch self {
        case .change(let number): ["change", number]
        case .run(let id): ["run", id]
        }
    }

    init?(_ row: Row) {
        guard let id = row["subject_id"] as Int64? else { return nil }
        switch row["subject"] as String? {
        case "change": self = .change(id)
        case "run": self = .run(id)
        default: return nil
        }
    }

    /// Condition on the outbox for entries that `init?(_ row:)` can read.
    static let isKnown = "addressee = 'forge' AND subject IN ('change', 'run')"
}

/// A message that a forge has not accepted yet.
public struct OpenMessage: Sendable, Hashable {
    public let id: Int64
    public let project: Int64
    public let message: ForgeMessage
    public let attempts: Int
}

extension StoreReading {
    /// The forges, by project.
    public func forges() async throws -> [Int64: ForgeLink] {
        try await reader.read { database in
            try Row.fetchAll(database, sql: "SELECT * FROM forge").reduce(into: [:]) { forges, row in
                forges[row["project_id"]] = try Stored.value(ForgeLink.self, from: row["settings"])
            }
        }
    }

    /// The projects with webhook deliveries that have not been handled.
    public func projectsWithDeliveries() async throws -> Set<Int64> {
        try await reader.read { database in
            try Int64.fetchSet(database, sql: "SELECT DISTINCT project_id FROM delivery WHERE handled_at IS NULL")
        }
    }

    public func pull(_ number: Int64, of project: Int64) async throws -> ChangeOrigin? {
        try await reader.read { database in
            try String.fetchOne(
                database, sql: "SELECT origin FROM pull WHERE project_id = ? AND number = ?",
                arguments: [project, number]
            ).map { try Stored.value(ChangeOrigin.self, from: $0) }
        }
    }

    // MARK: What forges are told

    /// A project's messages that are due, the oldest first.
    public func dueMessages(of project: Int64, at time: Date, limit: Int = 50) async throws -> [OpenMessage] {
        try await reader.read { database in
            try Row.fetchAll(
                database,
                sql: """
                    SELECT * FROM outbox WHERE \(ForgeMessage.isKnown) AND done_at IS NULL AND next_at <= ?
                    AND project_id = ? ORDER BY id LIMIT ?
                    """,
                arguments: [time.timeIntervalSince1970, project, limit]
            ).compactMap { row in
                ForgeMessage(row).map {
                    OpenMessage(id: row["id"], project: row["project_id"], message: $0, attempts: row["attempts"])
                }
            }
        }
    }

    /// When each project's next message is due.
    public func nextMessages() async throws -> [Int64: Date] {
        try await reader.read { database in
            try Row.fetchAll(
                database,
                sql: """
                    SELECT project_id, min(next_at) AS next_at FROM outbox
                    WHERE \(ForgeMessage.isKnown) AND done_at IS NULL GROUP BY project_id
                    """
            ).reduce(into: [:]) { $0[$1["project_id"]] = Date(timeIntervalSince1970: $1["next_at"]) }
        }
    }
}

extension Store {
    public func link(_ forge: ForgeLink, to project: Int64) async throws {
        try await pool.write { database in
            try database.execute(
                sql: """
                    INSERT INTO forge (project_id, settings) VALUES (?, ?)
                    ON CONFLICT (project_id) DO UPDATE SET settings = excluded.settings
                    """, arguments: [project, try Stored.text(forge)])
        }
    }

    // MARK: What forges tell

    /// Store a webhook delivery.
    ///
    /// - Returns: `false` when it was already stored.
    public func receive(delivery id: String, meaning: String, project: Int64, at time: Date) async throws -> Bool {
        try await pool.write { database in
            // Forges redeliver within hours, so deliveries older than a month cannot come again.
            try database.execute(
                sql: "DELETE FROM delivery WHERE project_id = ? AND at < ? AND handled_at IS NOT NULL",
                arguments: [project, time.timeIntervalSince1970 - 30 * 86_400])
            try database.execute(
                sql: "INSERT OR IGNORE INTO delivery (project_id, id, meaning, at) VALUES (?, ?, ?, ?)",
                arguments: [project, id, meaning, time.timeIntervalSince1970])
            return database.changesCount == 1
        }
    }

    /// Mark deliveries received until `time` as handled.
    public func handleDeliveries(of project: Int64, until time: Date) async throws {
        try await pool.write { database in
            try database.execute(
                sql: "UPDATE delivery SET handled_at = ? WHERE project_id = ? AND handled_at IS NULL AND at <= ?",
                arguments: [Date().timeIntervalSince1970, project, time.timeIntervalSince1970])
        }
    }

    /// Store what a forge says about its pull requests. The changes that stand for them read it from here.
    public func know(_ pulls: [ChangeOrigin], of project: Int64) async throws {
        guard !pulls.isEmpty else { return }
        try await pool.write { database in
            for pull in pulls {
                try database.execute(
                    sql: """
                        INSERT INTO pull (project_id, number, origin) VALUES (?, ?, ?)
                        ON CONFLICT (project_id, number) DO UPDATE SET origin = excluded.origin
                        """, arguments: [project, pull.number, try Stored.text(pull)])
            }
        }
    }

    /// The message was accepted. Older messages about the same subject are done too: they would have said the same.
    public func done(_ message: OpenMessage, at time: Date) async throws {
        try await pool.write { database in
            try database.execute(
                sql: """
                    UPDATE outbox SET done_at = ?
                    WHERE done_at IS NULL AND id <= ? AND project_id = ? AND subject = ? AND subject_id = ?
                    """,
                arguments: [time.timeIntervalSince1970, message.id, message.project] + message.message.columns)
        }
    }

    /// The message was not accepted. It is tried again at `next`, together with older messages about the same
    /// subject.
    public func delay(_ message: OpenMessage, until next: Date, trouble: String) async throws {
        try await pool.write { database in
            try database.execute(
                sql: """
                    UPDATE outbox SET attempts = attempts + 1, next_at = ?, trouble = ?
                    WHERE done_at IS NULL AND id <= ? AND project_id = ? AND subject = ? AND subject_id = ?
                    """,
                arguments: [next.timeIntervalSince1970, trouble, message.id, message.project]
                    + message.message.columns)
        }
    }

    /// Queue a message for a project's forge, if it has one.
    static func tell(_ message: ForgeMessage, project: Int64, at time: Date, _ database: Database) throws {
        let hasForge = try Bool.fetchOne(
            database.cachedStatement(sql: "SELECT EXISTS (SELECT 1 FROM forge WHERE project_id = ?)"),
            arguments: [project])
        guard hasForge ?? false else { return }
        try post(message, to: .forge, project: project, at: time, due: time, about: message.columns, database)
    }
}
