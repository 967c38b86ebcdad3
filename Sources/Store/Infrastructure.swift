import GRDB
import Plans
import Runs

/// An infrastructure record with its step.
public struct StoredInfrastructure: Sendable, Hashable {
    public let run: Int64
    public let step: String
    public let environment: String
    public let record: InfrastructureRecord
}

/// The infrastructure plan from the check of a change.
public struct CheckedInfrastructure: Sendable, Hashable {
    /// The plan as JSON.
    public let body: String
    public let change: Int64
    /// The event that asked for the check.
    public let event: Int64
}

extension StoreReading {
    /// What checks of changes planned from the same inputs in a run's environment, latest first.
    public func infrastructure(like plan: InfrastructureRecord, for run: StoredRun, limit: Int = 100) async throws
        -> [CheckedInfrastructure]
    {
        try await reader.read { database in
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

    /// The infrastructure plans of a run's steps, ordered by name.
    public func infrastructure(ofRun run: Int64) async throws -> [StoredInfrastructure] {
        try await reader.read { database in
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

extension Store {
    static func keep(_ plan: InfrastructureRecord, of step: String, in run: StoredRun, _ database: Database) throws {
        // A change from outside is planned without existing state, in every environment.
        let change = run.plan.settings.isIsolated == true ? nil : run.plan.trigger.change
        try database.execute(
            sql: """
                INSERT OR REPLACE INTO infrastructure_plan
                    (run_id, step, place, configuration, change_id, body, text) VALUES (?, ?, ?, ?, ?, ?, ?)
                """,
            arguments: [run.id, step, plan.place, plan.configuration, change, plan.body, plan.text])
    }
}
