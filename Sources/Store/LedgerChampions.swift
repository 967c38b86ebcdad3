import Foundation
import GRDB
import Plans
import Projects
import Promotion

/// Which alias of which model, as an environment of a project uses it.
public struct ChampionPlace: Sendable, Hashable {
    public let project: Int64
    public let environment: String
    public let server: RegistrySettings.Server
    public let model: String
    public let alias: String

    /// `nil` if the environment has no model or no incumbent.
    public init?(_ settings: RegistrySettings, project: Int64, environment: String) {
        guard let model = settings.model, let alias = settings.incumbent else { return nil }
        self.project = project
        self.environment = environment
        server = settings.server
        self.model = model
        self.alias = alias
    }
}

/// What the ledger says about an alias.
public struct LedgerState: Sendable {
    /// The last confirmed move.
    public let champion: LedgerChampion?
    /// A move that is decided and approved, and not confirmed yet.
    public let moving: LedgerChampion?
}

extension StoreReading {
    public func ledgerState(of place: ChampionPlace) async throws -> LedgerState {
        try await reader.read { database in
            LedgerState(
                champion: try Self.lastMove(of: place, database), moving: try Self.moveToCome(of: place, database))
        }
    }

    /// Environments with the same server share an alias; those with servers of their own do not. The environment's own
    /// decisions count whatever its server's address was then.
    private static func lastMove(of place: ChampionPlace, _ database: Database) throws -> LedgerChampion? {
        let moves = try Row.fetchCursor(
            database,
            sql: """
                SELECT to_version, decision_id, decision.project_id, environment, plan
                FROM alias_move JOIN decision ON decision.id = decision_id JOIN run ON run.id = run_id
                WHERE alias_move.model = ? AND alias = ? AND confirmed_at IS NOT NULL
                ORDER BY confirmed_at DESC, decision_id DESC
                """, arguments: [place.model, place.alias])
        while let row = try moves.next() {
            let isOwn = row["project_id"] == place.project && row["environment"] == place.environment
            guard try isOwn || server(ofPlan: row["plan"]) == place.server else { continue }
            return LedgerChampion(version: row["to_version"], decision: row["decision_id"])
        }
        return nil
    }

    private static func server(ofPlan text: String) throws -> RegistrySettings.Server {
        try Stored.value(Plan.self, from: text).settings.registry.server
    }

    private static func moveToCome(of place: ChampionPlace, _ database: Database) throws -> LedgerChampion? {
        try Row.fetchOne(
            database,
            sql: """
                SELECT decision_id, to_version FROM alias_move
                WHERE model = ? AND alias = ? AND voided IS NULL AND confirmed_at IS NULL
                AND (SELECT count(*) FROM approval WHERE approval.decision_id = alias_move.decision_id)
                    >= coalesce(approvals_needed, 0)
                ORDER BY decision_id DESC LIMIT 1
                """, arguments: [place.model, place.alias]
        ).map { LedgerChampion(version: $0["to_version"], decision: $0["decision_id"]) }
    }

    /// The version of a model that the latest fire of a project used; `nil` if none used any.
    public func lastFired(_ model: String, project: Int64) async throws -> String? {
        try await reader.read { database in
            try String.fetchOne(
                database,
                sql: """
                    SELECT version FROM fire WHERE project_id = ? AND model = ? AND version IS NOT NULL
                    ORDER BY id DESC LIMIT 1
                    """, arguments: [project, model])
        }
    }

    /// The latest plan of each environment that uses a model, with the number of its project.
    public func plansInUse(of model: String) async throws -> [(project: Int64, plan: Plan)] {
        let latest = try await reader.read { database in
            try Self.latestPlans(database) { row in
                (project: row["project_id"] as Int64, plan: try Stored.value(Plan.self, from: row["plan"]))
            }.values
        }
        return latest.filter { $0.plan.settings.registry.ofEachModel.contains { $0.model == model } }
    }

    /// The latest confirmed move to a version that says how it was made: by a promotion, or by a person who accepted it.
    public func origin(of version: String, _ model: String) async throws -> StoredDecision? {
        try await reader.read { database in
            try Self.tenures("alias_move.model = ? AND to_version = ?", [model, version], database)
                .map(\.decision).last { $0.body.evidenceSHA256 != nil || $0.body.isAccepted }
        }
    }
}

extension DecisionBody {
    /// Whether a person made a version champion that no rule judged here.
    public var isAccepted: Bool {
        if case .accepted = decision.ground { true } else { false }
    }
}
