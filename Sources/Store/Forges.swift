import Events
import Foundation
import GRDB

/// A project's forge and how to authenticate there. Secrets stay in their files.
public struct ForgeLink: Sendable, Hashable, Codable {
    /// How changes are merged at the forge.
    public enum Landing: String, Sendable, Hashable, Codable, CaseIterable {
        /// Espalier pushes the tested commit.
        case push
        /// Espalier asks the forge to merge, provided the change's head is the commit that was tested.
        case api
    }

    /// `github`, `gitlab`, `gitea` or `azure-devops`
    public let kind: String
    /// Base URL of the REST API. Absent: the public service.
    public let api: String?
    /// The repository as the forge writes it, for example `owner/name`.
    public let repository: String
    public let tokenFile: String?
    /// File with the secret that signs webhooks.
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

/// A message to a forge: an entry of the outbox. Its content is read when it is sent, so that it is current.
public enum ForgeMessage: Sendable, Hashable {
    case change(Int64)
    case run(Int64)
}

extension ForgeMessage {
    /// Values for `outbox(subject, subject_id)`.
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

    /// SQL condition on `outbox`: rows that `init?(_ row:)` can read.
    static let isKnown = "addressee = 'forge' AND subject IS NOT NULL AND subject IN ('change', 'run')"
}

/// A message that the forge has not accepted yet.
public struct OpenMessage: Sendable, Hashable {
    public let id: Int64
    public let project: Int64
    public let message: ForgeMessage
    public let attempts: Int
}

extension StoreReading {
    /// The forges by project. Unreadable links are left out.
    public func forges() async throws -> [Int64: ForgeLink] {
        try await reader.read { database in
            try Self.forgeLinks(database).reduce(into: [:]) { $0[$1.project] = $1.link }
        }
    }

    static func forgeLinks(_ database: Database) throws -> Readings<(project: Int64, link: ForgeLink)> {
        try Readings(of: "forge", Row.fetchAll(database, sql: "SELECT project_id AS id, * FROM forge")) { row in
            (row["project_id"], try Stored.value(ForgeLink.self, from: row["settings"]))
        }
    }

    /// Outbox entries that wait because this version cannot read them.
    static func unreadableMessages(_ database: Database) throws -> [Unreadable] {
        try Row.fetchAll(
            database,
            sql: """
                SELECT id, project_id, unreadable FROM outbox
                WHERE done_at IS NULL AND (unreadable IS NOT NULL OR addressee = 'forge' AND NOT (\(ForgeMessage.isKnown)))
                """
        ).map { row in
            Unreadable(
                table: "outbox", id: row["id"], project: row["project_id"],
                reason: row["unreadable"] ?? "what the forge is to be told about is not known here")
        }
    }

    /// Projects with webhooks that have not been handled.
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
            ).flatMap { text in try ifReadable { try Stored.value(ChangeOrigin.self, from: text) } }
        }
    }

    // MARK: Messages to forges

    /// A project's due messages, oldest first.
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

    // MARK: Reports from forges

    /// Stores a webhook delivery.
    ///
    /// - Returns: `false` if it was already stored.
    public func receive(delivery id: String, meaning: String, project: Int64, at time: Date) async throws -> Bool {
        try await pool.write { database in
            // Forges redeliver within hours, so a delivery that is older than a month does not come back.
            try database.execute(
                sql: "DELETE FROM delivery WHERE project_id = ? AND at < ? AND handled_at IS NOT NULL",
                arguments: [project, time.timeIntervalSince1970 - 30 * 86_400])
            try database.execute(
                sql: "INSERT OR IGNORE INTO delivery (project_id, id, meaning, at) VALUES (?, ?, ?, ?)",
                arguments: [project, id, meaning, time.timeIntervalSince1970])
            return database.changesCount == 1
        }
    }

    /// Mark the webhooks received until `time` as handled.
    public func handleDeliveries(of project: Int64, until time: Date) async throws {
        try await pool.write { database in
            try database.execute(
                sql: "UPDATE delivery SET handled_at = ? WHERE project_id = ? AND handled_at IS NULL AND at <= ?",
                arguments: [Date().timeIntervalSince1970, project, time.timeIntervalSince1970])
        }
    }

    /// Stores what a forge reports about pull requests. Their changes read it from here.
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

    /// Mark a message as sent, with all older ones on the same subject: they would say the same.
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

    /// Try a message again at `next`, with all older ones on the same subject.
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

    /// Queue a message to the project's forge, if it has one.
    static func tell(_ message: ForgeMessage, project: Int64, at time: Date, _ database: Database) throws {
        let hasForge = try Bool.fetchOne(
            database.cachedStatement(sql: "SELECT EXISTS (SELECT 1 FROM forge WHERE project_id = ?)"),
            arguments: [project])
        guard hasForge ?? false else { return }
        try post(message, to: .forge, project: project, at: time, due: time, about: message.columns, database)
    }
}
