import Foundation
import GRDB
import Promotion

extension StoreReading {
    /// Who has approved each decision, by its number, in order of time.
    public func approvals() async throws -> [Int64: [String]] {
        try await reader.read { database in
            try Row.fetchAll(database, sql: "SELECT decision_id, who FROM approval ORDER BY at").reduce(into: [:]) {
                $0[$1["decision_id"], default: []].append($1["who"])
            }
        }
    }

    /// How many more approvals a promotion needs before its alias moves.
    public func approvalsMissing(for decision: StoredDecision) async throws -> Int {
        guard let needed = decision.body.approvalsNeeded, decision.body.decision.verdict == .promoted else { return 0 }
        let count = try await reader.read { database in
            try Int.fetchOne(
                database, sql: "SELECT count(*) FROM approval WHERE decision_id = ?", arguments: [decision.id]) ?? 0
        }
        return max(0, needed - count)
    }

    /// Decisions whose move needed approvals, has all of them, and is not confirmed yet.
    public func approvedDecisions() async throws -> Readings<StoredDecision> {
        try await reader.read { database in
            try Readings(
                of: "decision",
                Row.fetchAll(
                    database,
                    sql: """
                        \(Self.decisionSQL) WHERE to_version IS NOT NULL AND confirmed_at IS NULL AND voided IS NULL
                        AND approvals_needed > 0
                        AND (SELECT count(*) FROM approval WHERE approval.decision_id = decision.id) >= approvals_needed
                        """),
                StoredDecision.init)
        }
    }
}

extension Store {
    /// Record an approval of a decision.
    ///
    /// - Returns: `false` when the same person has approved it before.
    public func approve(_ decision: StoredDecision, by who: String, project: Int64, at time: Date) async throws -> Bool
    {
        try await pool.write { database in
            try database.execute(
                sql: "INSERT OR IGNORE INTO approval (decision_id, hash, who, at) VALUES (?, ?, ?, ?)",
                arguments: [decision.id, decision.hash, who, time.timeIntervalSince1970])
            guard database.changesCount > 0 else { return false }
            try Self.note(.approvedDecision(decision.id), by: who, project: project, at: time, database)
            return true
        }
    }
}
