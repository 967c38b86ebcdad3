import Events
import Foundation
import Git
import Home

/// Checked-out trees on disk. They never change after they were written, and all runs of a tree share them.
///
/// ```
/// WORKSPACES/TREE            all files of a tree
/// WORKSPACES/TREE.on.BASE    only the files that differ from those of BASE
/// ```
///
/// Most commits change few files, so they cost only a layer with those files.
package actor Workspaces {
    private let folder: String
    private var inFlight: [ObjectID: Task<String, any Error>] = [:]
    /// The tree that was last written in full, by repository.
    private var bases: [String: ObjectID] = [:]

    /// A tree with more changed files than this is written in full. The next tree will probably be close to it.
    static let largestLayer = 200

    package init(folder: String) { self.folder = folder }

    /// The folders with the files of `tree`, topmost first, in the order of overlayfs `lowerdir`. They are written if
    /// they do not exist.
    package func workspace(of tree: ObjectID, in repository: String) async throws -> String {
        let path = try await find(tree, in: repository)
        for layer in path.split(separator: ":") { utimes(String(layer), nil) }
        return path
    }

    /// Removes workspaces last used before `cutoff`. Keeps those of `trees`, the bases that they lie on, and the base
    /// that the next layer of each repository would lie on.
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
        // Rename first, so that nobody finds a workspace that is partly removed.
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

    /// The tree that an earlier daemon last wrote in full. If it belongs to another repository, the comparison with it
    /// finds that out.
    private func newestBase() -> ObjectID? {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        func written(_ name: String) -> Date {
            let attributes = try? FileManager.default.attributesOfItem(atPath: "\(folder)/\(name)")
            return attributes?[.modificationDate] as? Date ?? .distantPast
        }
        return names.compactMap { ObjectID($0) }.max { written($0.description) < written($1.description) }
    }

    /// Writes to a temporary folder and renames it, so a folder with its final name is always complete.
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

    /// Fills a new folder, and gives it its final name if that succeeded.
    private static func place(at path: String, _ fill: (String) throws -> Bool) throws -> Bool {
        let partial = "\(path).\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: partial, withIntermediateDirectories: true)
        do {
            if try fill(partial) {
                try FileManager.default.moveItem(atPath: partial, toPath: path)
                return true
            }
        } catch {
            // Another process may have been faster; its folder is equivalent.
            guard FileManager.default.fileExists(atPath: path) else {
                try? FileManager.default.removeItem(atPath: partial)
                throw error
            }
        }
        try? FileManager.default.removeItem(atPath: partial)
        return FileManager.default.fileExists(atPath: path)
    }
}
