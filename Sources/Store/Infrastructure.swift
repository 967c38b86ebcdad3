import GRDB
import Plans
import Runs

/// What a step has planned for infrastructure.
public struct InfrastructureRecord: Sendable, Hashable {
    /// The folder and the state that it is about.
    public let place: String
    /// Digest of what it was planned from.
    public let configuration: String
    /// The plan as JSON; the store does not look into it.
    public let body: String
    /// As Terraform shows it to people.
    public let text: String

    public init(place: String, configuration: String, body: String, text: String) {
        self.place = place
        self.configuration = configuration
        self.body = body
        self.text = text
    }
}

/// A record with the step that it is of.
public struct StoredInfrastructure: Sendable, Hashable {
    public let run: Int64
    public let step: String
    public let environment: String
    public let record: InfrastructureRecord
}

/// What a check of a change has planned.
public struct CheckedInfrastructure: Sendable, Hashable {
    /// The plan as JSON.
    public let body: String
    public let change: Int64
    /// What asked for the check.
    public let event: Int64
}

extension Store {
    static func keep(_ plan: InfrastructureRecord, of step: String, in run: StoredRun, _ database: Database) throws {
        var change: Int64?
        // A change from outside is planned against nothing, wherever its environment is.
        if run.plan.settings.isIsolated != true { change = run.plan.trigger.change }
        try database.execute(
            sql: """
                INSERT OR REPLACE INTO infrastructure_plan
                    (run_id, step, place, configuration, change_id, body, text) VALUES (?, ?, ?, ?, ?, ?, ?)
                """,
            arguments: [run.id, step, plan.place, plan.configuration, change, plan.body, plan.text])
    }

    /// What checks of changes have planned from the same, in a run's environment; the latest first.
    public func infrastructure(like plan: InfrastructureRecord, for run: StoredRun, limit: Int = 100) async throws
        -> [CheckedInfrastructure]
    {
        try await pool.read { database in
            try Row.fetchAll(
                database,
                sql: """
                    SELECT body, change_id, event_id FROM infrastructure_plan JOIN run ON run.id = run_id
                    WHERE configuration = ? AND place = ? AND project_id = ? AND environment = ?
                    AND change_id IS NOT NULL ORDER BY run_id DESC LIMIT ?
                    """,
                arguments: [plan.configuration, plan.place, run.project, run.plan.environment, limit]
            ).map { CheckedInfrastructure(body: $0["body"], change: $0["change_id"], event: $0["event_id"]) }
        }
    }

    /// What the steps of a run have planned, in order of name.
    public func infrastructure(ofRun run: Int64) async throws -> [StoredInfrastructure] {
        try await pool.read { database in
            try Row.fetchAll(
                database,
                sql: """
                    SELECT infrastructure_plan.*, environment FROM infrastructure_plan JOIN run ON run.id = run_id
                    WHERE run_id = ? ORDER BY step
                    """, arguments: [run]
            ).map { row in
                StoredInfrastructure(
                    run: row["run_id"], step: row["step"], environment: row["environment"],
                    record: InfrastructureRecord(
                        place: row["place"], configuration: row["configuration"], body: row["body"], text: row["text"]))
            }
        }
    }
}
