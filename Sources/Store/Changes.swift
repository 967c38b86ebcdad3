import Changes
import Events
import Foundation
import GRDB
import Plans

extension Store {
    /// Do what a proposal asks: open a change, give an open one a new head, or withdraw it; and handle its event, in one
    /// transaction.
    public func propose(_ proposal: Proposal, from event: StoredEvent, author: String, title: String, at time: Date)
        async throws
    {
        try await pool.write { database in
            guard try Self.markHandled(event.id, .init(), at: time, database) else { return }
            let open = try Int64.fetchOne(
                database,
                sql: "SELECT id FROM change WHERE project_id = ? AND target = ? AND key = ? AND open = 1",
                arguments: [event.project, proposal.target, proposal.key])
            guard let head = proposal.head else {
                if let open { try Self.append(.withdrawn, to: open, at: time, database) }
                return
            }
            let number: Int64
            if let open {
                number = open
            } else {
                try database.execute(
                    sql: "INSERT INTO change (project_id, key, target) VALUES (?, ?, ?)",
                    arguments: [event.project, proposal.key, proposal.target])
                number = database.lastInsertedRowID
            }
            try Self.append(.proposed(head: head, author: author, title: title), to: number, at: time, database)
        }
    }

    /// Ask for the checks of a merge: the event and the fact that refers to it, in one transaction.
    public func check(_ request: CheckRequest, of change: Change, at time: Date) async throws {
        try await pool.write { database in
            let event = try Self.insert(.checks(request), project: change.project, at: time, database)
            try Self.append(
                .checking(base: request.base, merge: request.merge, event: event.id), to: change.number,
                at: time, database)
        }
    }

    public func append(_ fact: ChangeFact, to change: Int64, at time: Date) async throws {
        try await pool.write { try Self.append(fact, to: change, at: time, $0) }
    }

    /// Changes that are neither merged nor withdrawn, in the order they were opened.
    public func openChanges() async throws -> [Change] {
        try await changes(where: "open = 1 ORDER BY id")
    }

    /// The latest changes, newest first.
    public func changes(limit: Int = 50) async throws -> [Change] {
        try await changes(where: "1 ORDER BY id DESC LIMIT \(limit)")
    }

    private func changes(where condition: String) async throws -> [Change] {
        try await pool.read { database in
            try Row.fetchAll(database, sql: "SELECT * FROM change WHERE \(condition)").map { row in
                let number: Int64 = row["id"]
                let facts = try String.fetchAll(
                    database,
                    sql: "SELECT fact FROM change_fact WHERE change_id = ? ORDER BY id", arguments: [number])
                return Change(
                    number: number, project: row["project_id"], key: row["key"], target: row["target"],
                    facts: try facts.map { try Stored.value(ChangeFact.self, from: $0) })
            }
        }
    }

    private static func append(_ fact: ChangeFact, to change: Int64, at time: Date, _ database: Database) throws {
        try database.execute(
            sql: "INSERT INTO change_fact (change_id, fact, at) VALUES (?, ?, ?)",
            arguments: [change, try Stored.text(fact), time.timeIntervalSince1970])
        switch fact {
        case .merged, .withdrawn:
            try database.execute(sql: "UPDATE change SET open = 0 WHERE id = ?", arguments: [change])
        case .proposed, .checking, .conflicted, .rejected: break
        }
    }
}

extension Store {
    /// The runs of the last 500 checks by change, oldest first.
    public func checkRuns() async throws -> [Int64: [Int64]] {
        try await pool.read { database in
            let rows = try Row.fetchAll(
                database,
                sql: """
                    SELECT run.id, event.event
                    FROM (SELECT * FROM event WHERE kind = 'checks' ORDER BY id DESC LIMIT 500) AS event
                    CROSS JOIN run ON run.event_id = event.id ORDER BY run.id
                    """)
            var runs: [Int64: [Int64]] = [:]
            for row in rows {
                guard case .checks(let request) = try Stored.value(Event.self, from: row["event"]) else { continue }
                runs[request.change, default: []].append(row["id"])
            }
            return runs
        }
    }
}
