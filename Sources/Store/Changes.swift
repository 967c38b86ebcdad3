import Changes
import Events
import Foundation
import GRDB
import Plans
import Runs

extension StoreReading {
    /// The window of a queue; `nil` if none was stored.
    public func window(project: Int64, target: String) async throws -> Int? {
        try await reader.read { database in
            try Int.fetchOne(
                database, sql: "SELECT size FROM queue_window WHERE project_id = ? AND target = ?",
                arguments: [project, target])
        }
    }

    /// Changes that are neither merged nor withdrawn, in the order in which they were opened.
    public func openChanges() async throws -> Readings<Change> {
        try await changes(where: "open = 1")
    }

    /// The latest changes, newest first.
    public func changes(limit: Int = 50) async throws -> Readings<Change> {
        try await changes(where: "id > (SELECT coalesce(max(id), 0) FROM change) - \(limit)", order: "DESC")
    }

    /// `nil` if there is no such change or it cannot be read.
    public func change(_ number: Int64) async throws -> Change? {
        try await changes(where: "id = \(number)").first
    }

    /// The changes that were last merged into a target, oldest first.
    public func lastMerged(project: Int64, target: String, limit: Int = 50) async throws -> [Change] {
        let numbers = try await reader.read { database in
            try Int64.fetchAll(
                database,
                sql: """
                    SELECT change.id FROM change JOIN change_fact ON change_id = change.id
                    WHERE project_id = ? AND target = ? AND kind = 'merged'
                    ORDER BY change_fact.id DESC LIMIT ?
                    """, arguments: [project, target, limit])
        }
        let found = try await changes(where: "id IN (\(numbers.map(String.init).joined(separator: ",")))")
        return numbers.reversed().compactMap { number in found.first { $0.number == number } }
    }

    /// The latest change of a topic, in any state.
    public func latestChange(key: String, target: String, project: Int64) async throws -> Change? {
        let number = try await reader.read { database in
            try Int64.fetchOne(
                database, sql: "SELECT max(id) FROM change WHERE project_id = ? AND target = ? AND key = ?",
                arguments: [project, target, key])
        }
        guard let number else { return nil }
        return try await change(number)
    }

    /// What happened to a change, with times, oldest first.
    public func facts(ofChange number: Int64) async throws -> [(fact: ChangeFact, at: Date)] {
        try await reader.read { database in
            try Row.fetchAll(
                database, sql: "SELECT fact, at FROM change_fact WHERE change_id = ? ORDER BY id", arguments: [number]
            ).map { (try Stored.value(ChangeFact.self, from: $0["fact"]), $0.date("at")) }
        }
    }

    private func changes(where condition: String, order: String = "ASC") async throws -> Readings<Change> {
        try await reader.read { database in
            let facts = Dictionary(
                grouping: try Row.fetchAll(
                    database,
                    sql: """
                        SELECT id, change_id, fact FROM change_fact
                        WHERE change_id IN (SELECT id FROM change WHERE \(condition)) ORDER BY id
                        """)
            ) { $0["change_id"] as Int64 }
            let rows = try Row.fetchAll(
                database, sql: "SELECT * FROM change WHERE \(condition) ORDER BY id \(order)")
            return try Readings(of: "change", rows) { row in
                var change = Change(
                    number: row["id"], project: row["project_id"], key: row["key"], target: row["target"])
                for fact in facts[change.number] ?? [] {
                    do {
                        change.apply(try Stored.value(ChangeFact.self, from: fact["fact"]), rank: fact["id"])
                    } catch {
                        throw UnreadableFact(id: fact["id"], reason: clause(of: error))
                    }
                }
                return change
            }
        }
    }
}

extension Store {
    /// Applies a proposal: opens a change, updates the head of an open change, or withdraws it. Handles the proposal's
    /// event in the same transaction.
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
                if let open { _ = try Self.append(.withdrawn, to: open, at: time, database) }
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
            let fact = ChangeFact.proposed(head: head, author: author, title: title, origin: proposal.origin)
            _ = try Self.append(fact, to: number, at: time, database)
        }
    }

    /// Stores what the gate decided, all or nothing.
    ///
    /// - Parameter window: the queue's new window, if it changes.
    /// - Returns: the facts with their ranks; facts of builds have the events that check them.
    public func write(_ write: GateWrite, project: Int64, target: String, window: Int? = nil, at time: Date)
        async throws -> [RankedFact]
    {
        try await pool.write { database in
            var facts = write.notes
            for build in write.builds {
                let event =
                    try build.event
                    ?? Self.insert(.checks(build.request), project: project, at: time, database).id
                facts += build.members.map { member in
                    let fact: ChangeFact =
                        build.request.isQueued ?? false
                        ? .building(
                            base: member.base, merge: member.merge, event: event,
                            tested: build.request.merge == member.merge ? nil : build.request.merge)
                        : .checking(base: member.base, merge: member.merge, event: event)
                    return GateWrite.Note(change: member.change, fact: fact)
                }
            }
            if let window { try Self.set(window: window, project: project, target: target, database) }
            return try facts.map { note in
                RankedFact(
                    change: note.change, fact: note.fact,
                    rank: try Self.append(note.fact, to: note.change, at: time, database))
            }
        }
    }

    private static func set(window: Int, project: Int64, target: String, _ database: Database) throws {
        try database.execute(
            sql: """
                INSERT INTO queue_window (project_id, target, size) VALUES (?, ?, ?)
                ON CONFLICT (project_id, target) DO UPDATE SET size = excluded.size
                """, arguments: [project, target, window])
    }

    private static func append(_ fact: ChangeFact, to change: Int64, at time: Date, _ database: Database) throws
        -> Int64
    {
        try database.cachedStatement(
            sql: "INSERT INTO change_fact (change_id, fact, at, kind, commit_id) VALUES (?, ?, ?, ?, ?)"
        ).execute(
            arguments: [change, try Stored.text(fact), time.timeIntervalSince1970] + ChangeFactColumns(fact).arguments)
        let rank = database.lastInsertedRowID
        let project = try Int64.fetchOne(
            database.cachedStatement(sql: "SELECT project_id FROM change WHERE id = ?"), arguments: [change])
        if let project { try tell(.change(change), project: project, at: time, database) }
        if fact.closes { try database.execute(sql: "UPDATE change SET open = 0 WHERE id = ?", arguments: [change]) }
        return rank
    }
}

/// Copies of parts of a change fact, stored in columns so that queries need not read its JSON.
struct ChangeFactColumns {
    let kind: String
    /// The commit that the target moves to.
    let commit: ObjectID?

    init(_ fact: ChangeFact) {
        kind = fact.kind
        switch fact {
        case .merging(let commit), .merged(let commit): self.commit = commit
        default: commit = nil
        }
    }

    /// Values for `change_fact(kind, commit_id)`.
    var arguments: StatementArguments { [kind, commit?.description] }
}

/// Facts and builds that the gate stores together.
public struct GateWrite: Sendable {
    public struct Note: Sendable, Hashable {
        public let change: Int64
        public let fact: ChangeFact

        public init(change: Int64, fact: ChangeFact) {
            self.change = change
            self.fact = fact
        }
    }

    /// A merge to check, with the merges of all the changes that it includes.
    public struct Build: Sendable {
        public let request: CheckRequest
        public let members: [(change: Int64, base: ObjectID, merge: ObjectID)]
        /// The earlier event that tested the same tree. Absent: the build must be tested.
        public let event: Int64?

        public init(
            request: CheckRequest, members: [(change: Int64, base: ObjectID, merge: ObjectID)], event: Int64? = nil
        ) {
            self.request = request
            self.members = members
            self.event = event
        }
    }

    public var notes: [Note] = []
    public var builds: [Build] = []

    public init(notes: [Note] = [], builds: [Build] = []) {
        self.notes = notes
        self.builds = builds
    }
}

/// A fact about a change, with its position among all facts.
public struct RankedFact: Sendable, Hashable {
    public let change: Int64
    public let fact: ChangeFact
    public let rank: Int64
}

/// The states of an event's runs, without their details.
public struct EventRuns: Sendable, Hashable {
    /// Absent until the event is handled.
    public let planning: PlanningRecord?
    public let runs: [EventRun]
}

public struct EventRun: Sendable, Hashable {
    public let id: Int64
    public let pipeline: String
    public let outcome: RunOutcome?
}

extension StoreReading {
    /// The planning results of events and the states of their runs.
    public func runs(ofEvents events: Set<Int64>) async throws -> [Int64: EventRuns] {
        try await reader.read { database in
            let list = events.sorted().map(String.init).joined(separator: ",")
            var runs: [Int64: [EventRun]] = [:]
            for row in try Row.fetchAll(
                database, sql: "SELECT id, event_id, pipeline, outcome FROM run WHERE event_id IN (\(list)) ORDER BY id"
            ) {
                runs[row["event_id"], default: []].append(
                    EventRun(
                        id: row["id"], pipeline: row["pipeline"],
                        outcome: (row["outcome"] as String?).flatMap(RunOutcome.init)))
            }
            let rows = try Row.fetchAll(database, sql: "SELECT id, planning FROM event WHERE id IN (\(list))")
            return try rows.reduce(into: [:]) { all, row in
                let planning = try (row["planning"] as String?).map { text in
                    try ifReadable { try Stored.value(PlanningRecord.self, from: text) }
                        ?? PlanningRecord(remark: "what was planned for it cannot be read")
                }
                all[row["id"]] = EventRuns(planning: planning, runs: runs[row["id"]] ?? [])
            }
        }
    }
}
