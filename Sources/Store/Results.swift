import Events
import Foundation
import GRDB
import Plans
import Runs

extension StoredResult {
    init(_ row: Row) throws {
        self.init(
            id: row["id"], run: row["run_id"], step: row["step"],
            result: try Stored.value(KeptResult.self, from: row["body"]))
    }
}

extension StoreReading {
    /// The latest result with this key that a run of this trust level may use: a result of a run that is trusted as much.
    ///
    /// - Parameter sameTree: for a step whose result depends on the tree alone; then a less trusted run of that tree will do,
    ///   but not a fork's.
    public func result(key: String, trust: Trust, sameTree: ObjectID?, project: Int64) async throws -> StoredResult? {
        try await reader.read { database in
            let statement = try database.cachedStatement(
                sql: """
                    SELECT * FROM result WHERE project_id = ? AND key = ?
                    AND (trust >= ? OR (tree = ? AND trust > 0)) ORDER BY id DESC LIMIT 1
                    """)
            let row = try Row.fetchOne(
                statement, arguments: [project, key, trust.rawValue, sameTree?.description])
            // The step runs again when its result cannot be read.
            return try row.flatMap { row in try ifReadable { try StoredResult(row) } }
        }
    }

    /// SHA-256 of every file in a kept result.
    public func keptDigests() async throws -> Set<String> {
        try await reader.read { database in
            var digests: Set<String> = []
            let bodies = try String.fetchCursor(database, sql: "SELECT body FROM result WHERE bytes > 0")
            while let body = try bodies.next() {
                let result = try ifReadable { try Stored.value(KeptResult.self, from: body) }
                for file in result?.files ?? [] {
                    if case .bytes(let digest) = file.content { digests.insert(digest) }
                }
            }
            return digests
        }
    }
}

extension Store {
    static func keep(_ result: KeptResult, of step: String, in run: StoredRun, at time: Date, _ database: Database)
        throws
    {
        guard let key = run.plan.step(named: step)?.reuse?.key, let trust = run.plan.trust else { return }
        try database.cachedStatement(
            sql: """
                INSERT INTO result (project_id, key, trust, tree, run_id, step, body, bytes, used_at)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
                """
        ).execute(arguments: [
            run.project, key.digest, trust.rawValue, run.plan.tree.description, run.id, step, try Stored.text(result),
            result.bytes, time.timeIntervalSince1970,
        ])
    }

    /// Forget a result whose files are damaged or missing.
    public func discard(result: Int64) async throws {
        try await pool.write { try $0.execute(sql: "DELETE FROM result WHERE id = ?", arguments: [result]) }
    }

    /// Removes results last used before `cutoff`, then the least recently used ones until the rest fits into `limit`
    /// bytes.
    ///
    /// - Returns: how many were removed.
    public func forgetResults(unusedSince cutoff: Date, largerThan limit: Int64) async throws -> Int {
        try await pool.write { database in
            try database.execute(
                sql: """
                    DELETE FROM result WHERE used_at < :cutoff OR id IN (
                        SELECT id FROM (SELECT id, sum(bytes) OVER (ORDER BY used_at DESC, id DESC) AS total FROM result)
                        WHERE total > :limit)
                    """, arguments: ["cutoff": cutoff.timeIntervalSince1970, "limit": limit])
            return database.changesCount
        }
    }
}

extension StoreReading {
    /// Runs that ended before `cutoff` and whose outputs are no longer needed. Keeps the last passed run of each branch
    /// and pipeline, and every run that made a live schedule.
    public func runsOfNoUse(endedBefore cutoff: Date) async throws -> [Int64] {
        try await reader.read { database in
            try Int64.fetchAll(
                database,
                sql: """
                    SELECT id FROM run WHERE ended_at < ?
                    AND id NOT IN (SELECT max(id) FROM run WHERE outcome = 'passed' GROUP BY project_id, branch, pipeline)
                    AND id NOT IN (SELECT run_id FROM schedule WHERE retired_at IS NULL)
                    """, arguments: [cutoff.timeIntervalSince1970])
        }
    }
}
