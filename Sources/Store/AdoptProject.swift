import Events
import Foundation
import GRDB
import Projects

extension StoredProject {
    init(_ row: Row) {
        self.init(id: row["id"], name: row["name"], repository: row["repository"], url: row["url"])
    }
}

extension StoreReading {
    public func projects() async throws -> [StoredProject] {
        try await reader.read {
            try Row.fetchAll($0, sql: "SELECT * FROM project ORDER BY name").map(StoredProject.init)
        }
    }

    /// The project with this name. Without a name, the only project.
    public func project(named name: String?) async throws -> StoredProject {
        let all = try await projects()
        if name == nil, all.count == 1 { return all[0] }
        guard let found = all.first(where: { $0.name == name }) else {
            throw StoreError.noProject(name ?? "", known: all.map(\.name))
        }
        return found
    }
}

extension Store {
    /// Adds a repository and records its current refs, so that earlier pushes cause no events. Adopting it again only
    /// updates its URL.
    public func adopt(name: String, repository: String, url: String?, refs: [String: ObjectID], at time: Date)
        async throws -> StoredProject
    {
        try await pool.write { database in
            let known = try Int64.fetchOne(
                database, sql: "SELECT id FROM project WHERE repository = ?", arguments: [repository])
            try database.execute(
                sql: """
                    INSERT INTO project (name, repository, url, adopted_at) VALUES (?, ?, ?, ?)
                    ON CONFLICT (repository) DO UPDATE SET url = excluded.url
                    """, arguments: [name, repository, url, time.timeIntervalSince1970])
            let row = try Row.fetchOne(
                database, sql: "SELECT * FROM project WHERE repository = ?", arguments: [repository])
            guard let row else { throw StoreError.noProject(name, known: []) }
            let project = StoredProject(row)
            if known == nil {
                for (ref, tip) in refs {
                    try Self.store(RefMove(ref: ref, from: nil, to: tip), project: project.id, database)
                }
            }
            return project
        }
    }
}

extension StoreReading {
    /// Path of a project's repository, or of its mirror.
    public func repositoryPath(ofProject id: Int64) throws -> String? {
        try reader.read { try String.fetchOne($0, sql: "SELECT repository FROM project WHERE id = ?", arguments: [id]) }
    }
}
