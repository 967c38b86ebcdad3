import Events
import Foundation
import Git

/// The files of trees, on disk: one folder a tree, never changed once it is there, shared by all runs of that tree.
actor Workspaces {
    private let folder: String
    private var inFlight: [ObjectID: Task<String, any Error>] = [:]

    init(folder: String) { self.folder = folder }

    /// The folder with the files of `tree`, written if it is not there yet.
    func workspace(of tree: ObjectID, in repository: String) async throws -> String {
        let path = "\(folder)/\(tree)"
        if FileManager.default.fileExists(atPath: path) { return path }
        if let task = inFlight[tree] { return try await task.value }
        let task = Task { try await onOwnThread { try Self.write(tree, from: repository, to: path) } }
        inFlight[tree] = task
        defer { inFlight[tree] = nil }
        return try await task.value
    }

    /// Written beside its place and renamed: a folder with the tree's name is always whole.
    private static func write(_ tree: ObjectID, from repository: String, to path: String) throws -> String {
        let partial = "\(path).\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: partial, withIntermediateDirectories: true)
        do {
            try Repository(at: repository).checkOut(tree: tree, into: partial)
            try FileManager.default.moveItem(atPath: partial, toPath: path)
        } catch {
            try? FileManager.default.removeItem(atPath: partial)
            guard FileManager.default.fileExists(atPath: path) else { throw error }
        }
        return path
    }
}
