import Changes
import Events
import GRDB

/// Fills the columns of migration 8 from the JSON of existing rows, as the code fills them for new rows.
///
/// Rows that cannot be decoded keep empty columns.
enum FillColumns {
    static func fill(_ database: Database) throws {
        try fill("event", "id", "event", ["ref", "commit_id", "fire_id", "schedule", "backfill_id"], database) {
            EventColumns(try Stored.value(Event.self, from: $0)).arguments
        }
        try fill("change_fact", "id", "fact", ["kind", "commit_id"], database) {
            ChangeFactColumns(try Stored.value(ChangeFact.self, from: $0)).arguments
        }
        try fill("outbox", "id", "message", ["subject", "subject_id"], where: "addressee = 'forge'", database) {
            try Stored.value(ForgeMessage.self, from: $0).columns
        }
        try fill(
            "alias_move", "decision_id", "(SELECT body FROM decision WHERE id = decision_id)",
            ["approvals_needed", "has_evidence"], database
        ) {
            MoveColumns(try Stored.value(DecisionBody.self, from: $0)).arguments
        }
    }

    private static func fill(
        _ table: String, _ key: String, _ json: String, _ columns: [String], where condition: String = "true",
        _ database: Database, _ values: (String) throws -> StatementArguments
    ) throws {
        let rows = try Row.fetchCursor(
            database, sql: "SELECT \(key) AS key, \(json) AS json FROM \(table) WHERE \(condition)")
        var filled: [(key: Int64, values: StatementArguments)] = []
        while let row = try rows.next() {
            if let values = try? values(row["json"]) { filled.append((row["key"], values)) }
        }
        let update = try database.cachedStatement(
            sql: "UPDATE \(table) SET \(columns.map { "\($0) = ?" }.joined(separator: ", ")) WHERE \(key) = ?")
        for (key, values) in filled { try update.execute(arguments: values + [key]) }
    }
}
