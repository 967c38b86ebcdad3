import Events
import Foundation
import Git
import Home

/// The files of trees on disk, never changed once they are there, shared by all runs of a tree.
///
/// ```
/// WORKSPACES/TREE            all files of a tree
/// WORKSPACES/TREE.on.BASE    only what lies over the files of BASE to make those of TREE
/// ```
///
/// Most commits change a few files of many: they cost a layer of those few.
package actor Workspaces {
    private let folder: String
    private var inFlight: [ObjectID: Task<String, any Error>] = [:]
    /// The tree that was last written whole, by repository.
    private var bases: [String: ObjectID] = [:]

    /// More changed files than this make a tree worth writing whole: the next one will be near to it.
    static let largestLayer = 200

    package init(folder: String) { self.folder = folder }

    /// The folders that hold the files of `tree`, uppermost first, as overlayfs takes its `lowerdir`. Written if they are
    /// not there yet.
    package func workspace(of tree: ObjectID, in repository: String) async throws -> String {
        let path = try await find(tree, in: repository)
        for layer in path.split(separator: ":") { utimes(String(layer), nil) }
        return path
    }

    /// Remove workspaces that were last used before `cutoff`. Those of `trees` stay, and what they lie on, and what the next
    /// layer of a repository would lie on.
    ///
    /// - Returns: how many were removed.
    package func removeUnused(since cutoff: Date, keeping trees: Set<ObjectID>) async throws -> Int {
        var needed = Set(trees.map(\.description)).union(bases.values.map(\.description))
        let all = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        func isOld(_ name: String) -> Bool {
            let attributes = try? FileManager.default.attributesOfItem(atPath: "\(folder)/\(name)")
            return (attributes?[.modificationDate] as? Date ?? .distantFuture) < cutoff
        }
        let layers = all.filter { $0.contains(".on.") }
        let gone = layers.filter { !needed.contains(String($0.prefix(40))) && isOld($0) }
        needed.formUnion(layers.filter { !gone.contains($0) }.map { String($0.suffix(40)) })
        let unused = gone + all.filter { !$0.contains(".on.") && !needed.contains($0) && isOld($0) }
        // A new name first: what is half removed must not be found.
        for name in unused { rename("\(folder)/\(name)", "\(folder)/\(name).unused") }
        try await onOwnThread { [folder] in
            for name in unused { try? FileManager.default.removeItem(atPath: "\(folder)/\(name).unused") }
        }
        return unused.count
    }

    private func find(_ tree: ObjectID, in repository: String) async throws -> String {
        if exists("\(tree)") { return "\(folder)/\(tree)" }
        let base = bases[repository] ?? newestBase()
        if let base, exists("\(tree).on.\(base)") { return layered(tree, on: base) }
        if let task = inFlight[tree] { return try await task.value }
        let task = Task { [folder] in
            try await onOwnThread { try Self.write(tree, on: base, from: repository, in: folder) }
        }
        inFlight[tree] = task
        defer { inFlight[tree] = nil }
        let path = try await task.value
        if path == "\(folder)/\(tree)" { bases[repository] = tree }
        return path
    }

    private func exists(_ name: String) -> Bool { FileManager.default.fileExists(atPath: "\(folder)/\(name)") }

    private func layered(_ tree: ObjectID, on base: ObjectID) -> String {
        "\(folder)/\(tree).on.\(base):\(folder)/\(base)"
    }

    /// What an earlier daemon wrote whole last; another repository's is found out when it is compared with.
    private func newestBase() -> ObjectID? {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        func written(_ name: String) -> Date {
            let attributes = try? FileManager.default.attributesOfItem(atPath: "\(folder)/\(name)")
            return attributes?[.modificationDate] as? Date ?? .distantPast
        }
        return names.compactMap { ObjectID($0) }.max { written($0.description) < written($1.description) }
    }

    /// Written beside its place and renamed: a folder with its final name is always whole.
    private static func write(_ tree: ObjectID, on base: ObjectID?, from repository: String, in folder: String) throws
        -> String
    {
        let repository = try Repository(at: repository)
        if let base {
            let name = "\(folder)/\(tree).on.\(base)"
            let made = try place(at: name) {
                try repository.writeDifference(from: base, to: tree, into: $0, limit: largestLayer)
            }
            if made { return "\(name):\(folder)/\(base)" }
        }
        _ = try place(at: "\(folder)/\(tree)") {
            try repository.checkOut(tree: tree, into: $0)
            return true
        }
        return "\(folder)/\(tree)"
    }

    /// Fill a new folder, and give it its name if it was filled.
    private static func place(at path: String, _ fill: (String) throws -> Bool) throws -> Bool {
        let partial = "\(path).\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: partial, withIntermediateDirectories: true)
        do {
            if try fill(partial) {
                try FileManager.default.moveItem(atPath: partial, toPath: path)
                return true
            }
        } catch {
            // Somebody else may have been faster: then its folder is as good.
            guard FileManager.default.fileExists(atPath: path) else {
                try? FileManager.default.removeItem(atPath: partial)
                throw error
            }
        }
        try? FileManager.default.removeItem(atPath: partial)
        return FileManager.default.fileExists(atPath: path)
    }
}
