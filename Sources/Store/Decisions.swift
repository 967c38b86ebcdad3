import Events
import Foundation
import GRDB
import Notices
import Plans
import Projects
import Promotion
import Runs

/// The verdict of the rules on evidence, with everything that the verdict is based on.
public struct DecisionBody: Sendable, Codable {
    public let project: String
    public let environment: String
    public let run: Int64
    public let commit: String
    public let configurationDigest: String
    public let datasets: [String: String]
    public let model: String
    public let challenger: String
    /// The incumbent version when the evidence was created. Absent for a first model.
    public let champion: String?
    public let evidenceSHA256: String?
    public let rules: PromotionRules
    public let decision: Decision
    /// The rows that the models were judged on. Absent if none were readable, and in ledgers of older versions.
    public let holdout: Holdout?
    /// Absent in ledgers of older versions; the database row has the time there.
    public let decidedAt: Date?
    /// How many people must approve before the alias moves. Absent: none.
    public let approvalsNeeded: Int?
    /// For an accepted version: the digests of what was stated about its files then, as `Stated` has them. Absent otherwise.
    public let stated: [String: String]?

    public init(
        project: String, environment: String, run: Int64, commit: String, configurationDigest: String,
        datasets: [String: String], model: String, challenger: String, champion: String?, evidenceSHA256: String?,
        rules: PromotionRules, decision: Decision, holdout: Holdout? = nil, decidedAt: Date? = nil,
        approvalsNeeded: Int? = nil, stated: [String: String]? = nil
    ) {
        self.project = project
        self.environment = environment
        self.run = run
        self.commit = commit
        self.configurationDigest = configurationDigest
        self.datasets = datasets
        self.model = model
        self.challenger = challenger
        self.champion = champion
        self.evidenceSHA256 = evidenceSHA256
        self.rules = rules
        self.decision = decision
        self.holdout = holdout
        self.decidedAt = decidedAt
        self.approvalsNeeded = approvalsNeeded
        self.stated = stated
    }
}

/// The rows that models are compared on, identified by their ids.
public struct Holdout: Sendable, Codable, Hashable {
    /// SHA-256 of the ids in ascending order, separated by line feeds.
    public let sha256: String
    /// How many earlier comparisons of models with this name used these rows.
    public let earlierUses: Int
    /// Whether this decision compared models on them.
    public let compared: Bool

    public init(sha256: String, earlierUses: Int, compared: Bool) {
        self.sha256 = sha256
        self.earlierUses = earlierUses
        self.compared = compared
    }
}

/// A decision with its position in the ledger.
public struct StoredDecision: Sendable {
    public let id: Int64
    public let step: String
    public let body: DecisionBody
    public let decidedAt: Date
    public let previousHash: String
    public let hash: String
    /// The text that the hash covers, together with the previous hash.
    public let text: String
    /// When the alias move was confirmed. Absent if there is no move or it is not confirmed yet.
    public let appliedAt: Date?
    /// Why the alias will not be moved.
    public let voided: String?

    init(_ row: Row) throws {
        id = row["id"]
        step = row["step"]
        text = row["body"]
        body = try Stored.value(DecisionBody.self, from: text)
        decidedAt = row.date("decided_at")
        previousHash = row["previous_hash"]
        hash = row["hash"]
        appliedAt = row.optionalDate("confirmed_at")
        voided = row["voided"]
    }
}

/// A version that an alias pointed to, and since when.
public struct Tenure: Sendable {
    public let decision: StoredDecision
    public let move: AliasMove
    public let since: Date
}

/// The previous champion to roll back to, from the tenures of one alias. Skips versions that were rolled back
/// themselves.
public func championBefore(_ tenures: [Tenure]) -> String? {
    var champions: [String] = []
    for tenure in tenures {
        if case .rolledBack = tenure.decision.body.decision.ground,
            let place = champions.lastIndex(of: tenure.move.to)
        {
            champions.removeSubrange((place + 1)...)
        } else {
            champions.append(tenure.move.to)
        }
    }
    return champions.dropLast().last
}

/// Two decisions conflict on one alias. The later one must read again where the alias points.
public struct MoveUnderWay: Error, CustomStringConvertible {
    public let decision: Int64
    public let alias: String
    public let model: String

    public init(decision: Int64, alias: String, model: String) {
        self.decision = decision
        self.alias = alias
        self.model = model
    }

    public var description: String { "decision \(decision) is moving '\(alias)' of \(model)" }
}

/// The alias move of a decision.
public struct AliasMove: Sendable, Hashable {
    public let model: String
    public let alias: String
    public let from: String?
    public let to: String

    public init(model: String, alias: String, from: String?, to: String) {
        self.model = model
        self.alias = alias
        self.from = from
        self.to = to
    }

    init(_ row: Row) {
        self.init(model: row["model"], alias: row["alias"], from: row["from_version"], to: row["to_version"])
    }
}

extension StoreReading {
    public func decision(_ id: Int64) async throws -> StoredDecision? {
        try await reader.read { database in
            try Row.fetchOne(database, sql: "\(Self.decisionSQL) WHERE decision.id = ?", arguments: [id])
                .map(StoredDecision.init)
        }
    }

    /// All confirmed alias moves in the order of confirmation, each with its decision.
    public func tenures() async throws -> [Tenure] {
        try await reader.read { try Self.tenures("true", [], $0) }
    }

    /// The confirmed moves of one alias of a model, or of all its aliases.
    public func tenures(of model: String, alias: String? = nil) async throws -> [Tenure] {
        try await reader.read { try Self.tenures(of: model, alias: alias, $0) }
    }

    /// The last confirmed move of each alias, with its decision number, and whether that promoted by evidence.
    public func lastMoves() async throws -> [(move: AliasMove, decision: Int64, hasEvidence: Bool)] {
        try await reader.read { database in
            try Row.fetchAll(
                database,
                sql: """
                    SELECT * FROM (
                        SELECT *, row_number() OVER (
                            PARTITION BY model, alias ORDER BY confirmed_at DESC, decision_id DESC) AS place
                        FROM alias_move WHERE confirmed_at IS NOT NULL)
                    WHERE place = 1
                    """
            ).map { (AliasMove($0), $0["decision_id"], ($0["has_evidence"] as Bool?) ?? false) }
        }
    }

    fileprivate static func tenures(of model: String, alias: String?, _ database: Database) throws -> [Tenure] {
        try tenures(
            "alias_move.model = ? AND (? IS NULL OR alias_move.alias = ?)", [model, alias, alias], database)
    }

    static func tenures(
        _ condition: String, _ arguments: StatementArguments, _ database: Database
    ) throws -> [Tenure] {
        try Row.fetchAll(
            database,
            sql: """
                SELECT decision.id, step, body, decided_at, previous_hash, hash, alias_move.*
                FROM alias_move JOIN decision ON decision_id = decision.id
                WHERE confirmed_at IS NOT NULL AND (\(condition)) ORDER BY confirmed_at, decision.id
                """, arguments: arguments
        ).map { row in
            Tenure(decision: try StoredDecision(row), move: AliasMove(row), since: row.date("confirmed_at"))
        }
    }

    /// The decision that is moving an alias now or has moved it since `asOf`. Decisions with pending approvals do not
    /// count.
    fileprivate static func moveUnderWay(_ alias: String, of model: String, asOf: Date, _ database: Database) throws
        -> Int64?
    {
        try Int64.fetchOne(
            database,
            sql: """
                SELECT decision_id FROM alias_move
                WHERE model = ? AND alias = ? AND voided IS NULL AND (
                    confirmed_at >= ?
                    OR confirmed_at IS NULL
                        AND (SELECT count(*) FROM approval WHERE approval.decision_id = alias_move.decision_id)
                        >= coalesce(approvals_needed, 0))
                """,
            arguments: [model, alias, asOf.timeIntervalSince1970])
    }

    public func decision(ofRun run: Int64, step: String) async throws -> StoredDecision? {
        try await reader.read { try Self.decision(ofRun: run, step: step, $0) }
    }

    /// How many comparisons of a model's versions used these rows.
    public func uses(ofHoldout sha256: String, model: String) async throws -> Int {
        try await reader.read { database in
            try Int.fetchOne(
                database, sql: "SELECT count(*) FROM decision WHERE compared_on = ? AND model = ?",
                arguments: [sha256, model]) ?? 0
        }
    }

    /// The move of a decision that is neither confirmed nor voided.
    public func unconfirmedMove(of decision: Int64) async throws -> AliasMove? {
        try await reader.read { database in
            try Row.fetchOne(
                database,
                sql: "SELECT * FROM alias_move WHERE decision_id = ? AND confirmed_at IS NULL AND voided IS NULL",
                arguments: [decision]
            ).map(AliasMove.init)
        }
    }

    /// The latest `limit` decisions of the ledger, oldest first.
    public func decisions(limit: Int = 1_000) async throws -> [StoredDecision] {
        try await reader.read { database in
            try Row.fetchAll(database, sql: "\(Self.decisionSQL) ORDER BY decision.id DESC LIMIT ?", arguments: [limit])
                .map(StoredDecision.init).reversed()
        }
    }

    static var decisionSQL: String {
        "SELECT decision.*, confirmed_at, voided FROM decision LEFT JOIN alias_move ON decision_id = decision.id"
    }

    fileprivate static func decision(ofRun run: Int64, step: String, _ database: Database) throws -> StoredDecision? {
        try Row.fetchOne(database, sql: "\(decisionSQL) WHERE run_id = ? AND step = ?", arguments: [run, step])
            .map(StoredDecision.init)
    }
}

extension Store {
    /// Writes a decision and the alias move that it requires into the ledger, before anything is moved. A step of a run
    /// decides only once: if its decision exists, that one is returned.
    ///
    /// - Parameters:
    ///   - alias: the alias whose version the challenger was compared with.
    ///   - asOf: when the alias was read.
    ///   - hash: computes the SHA-256 of a text, in hexadecimal digits.
    /// - Throws: `MoveUnderWay` if another decision is moving the alias now, or has moved it since `asOf`.
    public func decide(
        _ body: DecisionBody, step: String, project: Int64, on alias: String, move: AliasMove?, asOf: Date,
        at time: Date,
        hash: @escaping @Sendable (String) -> String
    ) async throws -> StoredDecision {
        let text = try Stored.text(body)
        return try await pool.write { database in
            if let known = try Self.decision(ofRun: body.run, step: step, database) { return known }
            if let other = try Self.moveUnderWay(alias, of: body.model, asOf: asOf, database) {
                throw MoveUnderWay(decision: other, alias: alias, model: body.model)
            }
            let previous =
                try String.fetchOne(database, sql: "SELECT hash FROM decision ORDER BY id DESC LIMIT 1") ?? ""
            try database.execute(
                sql: """
                    INSERT INTO decision
                        (project_id, run_id, step, body, decided_at, previous_hash, hash, model, compared_on)
                    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
                    """,
                arguments: [
                    project, body.run, step, text, time.timeIntervalSince1970, previous, hash("\(previous)\n\(text)"),
                    body.model, body.holdout.flatMap { $0.compared ? $0.sha256 : nil },
                ])
            let id = database.lastInsertedRowID
            if let move {
                try database.execute(
                    sql: """
                        INSERT INTO alias_move
                            (decision_id, model, alias, from_version, to_version, intended_at, approvals_needed,
                            has_evidence)
                        VALUES (?, ?, ?, ?, ?, ?, ?, ?)
                        """,
                    arguments: [id, move.model, move.alias, move.from, move.to, time.timeIntervalSince1970]
                        + MoveColumns(body).arguments)
            }
            guard let stored = try Self.decision(ofRun: body.run, step: step, database) else {
                throw StoreError.noRun(body.run)
            }
            if move == nil {
                try Self.tell(stored, .held, at: time, database)
            } else if let needed = body.approvalsNeeded, needed > 0 {
                try Self.tell(stored, .waits(approvals: needed), at: time, database)
            }
            return stored
        }
    }

    /// Requests a rollback to the previous champion, unless the failing version has already been replaced.
    static func rollBack(for run: StoredRun, because reason: String, at time: Date, _ database: Database) throws {
        guard let model = run.plan.settings.registry.model, let alias = run.plan.settings.registry.incumbent,
            let pinned = try pinned(for: run.plan.trigger, database)?.version
        else { return }
        let tenures = try tenures(of: model, alias: alias, database)
        guard let current = tenures.last, current.move.to == pinned, let earlier = championBefore(tenures),
            let row = try Row.fetchOne(
                database, sql: "SELECT * FROM run WHERE id = ?", arguments: [current.decision.body.run])
        else { return }
        // The run that found the failure must end even if the release run of the champion cannot be read.
        guard let release = try ifReadable({ try Self.run(row, database).plan }) else { return }
        let request = RollbackRequest(
            environment: run.plan.environment, model: model, version: earlier, commit: release.commit,
            branch: release.branch, by: "espalier", reason: "run \(run.id): \(reason)")
        _ = try insert(.rollback(request), project: run.project, at: time, database)
    }

    /// Records that the alias was read back and points to the decided version.
    public func confirmMove(of decision: Int64, at time: Date) async throws {
        try await pool.write { database in
            try database.execute(
                sql: "UPDATE alias_move SET confirmed_at = ? WHERE decision_id = ? AND confirmed_at IS NULL",
                arguments: [time.timeIntervalSince1970, decision])
            if database.changesCount == 1 { try Self.tell(decision, .moved, at: time, database) }
        }
    }

    /// Records that an intended move will not be made.
    public func voidMove(of decision: Int64, because reason: String, at time: Date) async throws {
        try await pool.write { database in
            try database.execute(
                sql: """
                    UPDATE alias_move SET voided = ? WHERE decision_id = ? AND confirmed_at IS NULL AND voided IS NULL
                    """,
                arguments: [reason, decision])
            if database.changesCount == 1 { try Self.tell(decision, .void(because: reason), at: time, database) }
        }
    }
}
