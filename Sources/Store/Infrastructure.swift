import GRDB
import Plans
import Runs

/// What a step has planned for infrastructure.
public struct InfrastructureRecord: Sendable, Hashable {
    /// The folder and the state that it is about.
    public let place: String
    /// Digest of the configuration that it is the plan of.
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

extension Store {
    static func keep(_ plan: InfrastructureRecord, of step: String, in run: StoredRun, _ database: Database) throws {
        var change: Int64?
        if case .change(let number, _) = run.plan.trigger { change = number }
        try database.execute(
            sql: """
                INSERT OR REPLACE INTO infrastructure_plan
                    (run_id, step, place, configuration, change_id, body, text) VALUES (?, ?, ?, ?, ?, ?, ?)
                """,
            arguments: [run.id, step, plan.place, plan.configuration, change, plan.body, plan.text])
    }

    /// The bodies of plans that changes which were merged have shown, of one configuration in a run's environment; the latest.
    public func shownInfrastructure(like plan: InfrastructureRecord, for run: StoredRun, limit: Int = 100) async throws
        -> [String]
    {
        try await pool.read { database in
            try String.fetchAll(
                database,
                sql: """
                    SELECT body FROM infrastructure_plan JOIN run ON run.id = run_id
                    WHERE configuration = ? AND place = ? AND project_id = ? AND environment = ?
                    AND change_id IS NOT NULL AND EXISTS (
                        SELECT 1 FROM change_fact
                        WHERE change_fact.change_id = infrastructure_plan.change_id AND fact LIKE '{"merged"%')
                    ORDER BY run_id DESC LIMIT ?
                    """,
                arguments: [plan.configuration, plan.place, run.project, run.plan.environment, limit])
        }
    }

    /// What the steps of a run have planned, in order of name.
    public func infrastructure(ofRun run: Int64) async throws -> [StoredInfrastructure] {
        try await infrastructure(where: "run_id = ?", run)
    }

    /// What the checks of a change have planned, oldest first.
    public func infrastructure(ofChange change: Int64) async throws -> [StoredInfrastructure] {
        try await infrastructure(where: "change_id = ?", change)
    }

    private func infrastructure(where condition: String, _ id: Int64) async throws -> [StoredInfrastructure] {
        try await pool.read { database in
            try Row.fetchAll(
                database,
                sql: """
                    SELECT infrastructure_plan.*, environment FROM infrastructure_plan JOIN run ON run.id = run_id
                    WHERE \(condition) ORDER BY run_id, step
                    """, arguments: [id]
            ).map { row in
                StoredInfrastructure(
                    run: row["run_id"], step: row["step"], environment: row["environment"],
                    record: InfrastructureRecord(
                        place: row["place"], configuration: row["configuration"], body: row["body"], text: row["text"]))
            }
        }
    }
}
